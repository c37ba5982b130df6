"""A server of the site that was built, and a browser."""

import shutil

import pytest
from built_site import SITE, served
from selenium import webdriver

PROGRAMS = ("chromium", "chromedriver")
PACKAGES = "apt-get install chromium chromium-driver"


@pytest.fixture(scope="session")
def site():
    if not (SITE / "index.html").is_file():
        pytest.fail("the site is not built; run: make docs", pytrace=False)
    with served(SITE) as address:
        yield address


@pytest.fixture(scope="session")
def browser():
    paths = [shutil.which(program) for program in PROGRAMS]
    if None in paths:
        pytest.fail(f"no {' or no '.join(PROGRAMS)}; on Debian: {PACKAGES}", pytrace=False)
    options = webdriver.ChromeOptions()
    options.binary_location = paths[0]
    for argument in (
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--hide-scrollbars",
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",  # nothing from elsewhere
    ):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options, webdriver.ChromeService(paths[1]))
    driver.set_page_load_timeout(60)
    yield driver
    driver.quit()
