"""The site as a reader sees it: no errors, nothing that sticks out, and a search that finds."""

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select, WebDriverWait

PAGES = [
    "index.html",
    "gallery.html",
    "tasks/PerceptualDecisionMaking-v0.html",
    "tasks/ReadySetGo-v0.html",
    "tasks/yang19.dms-v0.html",
    "tutorials/delayed_match_to_sample.html",
    "reference/index.html",
    "reference/training.html",
    "solved.html",
]
OVERFLOW = """
const width = document.documentElement.clientWidth;
const wide = document.documentElement.scrollWidth > width;
return !wide ? [] : [...document.querySelectorAll("body *")]
    .filter(one => one.getBoundingClientRect().right > width + 1)
    .map(one => one.tagName + "." + one.className);
"""
CHOOSE = """
arguments[0].value = arguments[1];
arguments[0].dispatchEvent(new Event("input", {bubbles: true}));
"""
NOT_LOADED = """
return [...document.images].filter(one => one.complete && !one.naturalWidth).map(one => one.src);
"""

CUT_OFF = """
return [...document.querySelectorAll(".task-numbers table")]
    .map(one => [one.scrollWidth, one.parentElement.clientWidth]);
"""


def wait(browser, condition, seconds=20):
    return WebDriverWait(browser, seconds).until(lambda _: condition())


LOADED = """
return document.readyState === "complete"
    && location.href.split("#")[0] === arguments[0]
    && performance.getEntriesByType("navigation")[0].loadEventEnd > 0;
"""


def visit(browser, address):
    """Go to a page, and wait for all of it; `get` returns early where a machine is busy."""
    browser.get("about:blank")  # so that a page that is open already is loaded anew
    browser.get(address)
    wait(browser, lambda: browser.execute_script(LOADED, address), seconds=60)


def resize(browser, width):
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False},
    )


@pytest.mark.parametrize("width", [1280, 400])
@pytest.mark.parametrize("page", PAGES)
def test_no_error_no_missing_picture_and_nothing_that_sticks_out(browser, site, page, width):
    resize(browser, width)
    browser.get_log("browser")
    visit(browser, f"{site}/{page}")
    assert browser.execute_script(NOT_LOADED) == []
    assert browser.execute_script(OVERFLOW) == []
    assert [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"] == []


def test_what_sticks_out_or_is_missing_is_noticed(browser, site):
    resize(browser, 400)
    visit(browser, f"{site}/index.html")
    browser.execute_script(
        "document.body.insertAdjacentHTML('beforeend',"
        '\'<div class="far" style="width: 900px">x</div><img id="gone" src="gone.png">\')'
    )
    wait(browser, lambda: browser.execute_script(NOT_LOADED))
    assert "DIV.far" in browser.execute_script(OVERFLOW)
    errors = [one for one in browser.get_log("browser") if one["level"] == "SEVERE"]
    assert any("gone.png" in error["message"] for error in errors)


def test_tables_of_numbers_are_seen_whole_on_a_narrow_screen(browser, site):
    resize(browser, 400)
    visit(browser, f"{site}/choose_a_task.html")
    room = browser.execute_script(CUT_OFF)
    assert len(room) > 5
    assert all(needed <= given for needed, given in room), room


@pytest.mark.parametrize(
    ("words", "id"),
    [
        ("Roitman", "perceptualdecisionmaking.roitman02-v0"),
        ("Britten", "PerceptualDecisionMaking-v0"),
        ("Daw two step", "DawTwoStep-v0"),
    ],
)
def test_the_search_box_finds_a_task_by_its_author(browser, site, words, id):
    resize(browser, 1280)
    visit(browser, f"{site}/index.html")
    browser.find_element(By.CSS_SELECTOR, "button.search-button__button").click()
    box = browser.find_element(By.CSS_SELECTOR, "#pst-search-dialog input[name=q]")
    wait(browser, box.is_displayed)
    box.send_keys(words, Keys.ENTER)
    found = f"#search-results a[href*='tasks/{id}.html']"
    wait(browser, lambda: browser.find_elements(By.CSS_SELECTOR, found))


class TestGallery:
    def shown(self, browser):
        cards = browser.find_elements(By.CSS_SELECTOR, ".task-card:not([hidden])")
        return {card.get_attribute("data-id") for card in cards}

    @pytest.fixture
    def gallery(self, browser, site):
        resize(browser, 1280)
        visit(browser, f"{site}/gallery.html")
        return browser

    def test_it_begins_with_every_task_and_says_how_many(self, gallery):
        shown = self.shown(gallery)
        assert len(shown) > 60
        count = gallery.find_element(By.ID, "gallery-count").text
        assert count.endswith(f"of {len(shown)} tasks")

    @pytest.mark.parametrize("by", ["paradigm", "tag", "species", "loop", "learning"])
    def test_each_select_box_shows_the_cards_that_have_what_is_chosen(self, gallery, by):
        data = "data-tags" if by == "tag" else f"data-{by}"
        has = {
            card.get_attribute("data-id"): card.get_attribute(data).split()
            for card in gallery.find_elements(By.CSS_SELECTOR, ".task-card")
        }
        box = gallery.find_element(By.ID, f"filter-{by}")
        options = Select(box).options
        values = [one.get_attribute("value") for one in options if one.get_attribute("value")]
        for value in {values[0], values[-1]}:
            gallery.execute_script(CHOOSE, box, value)
            have = {id for id, of_card in has.items() if value in of_card}
            assert have
            assert self.shown(gallery) == have
            count = gallery.find_element(By.ID, "gallery-count").text
            assert count == f"{len(have)} of {len(has)} tasks"

    def test_words_show_the_tasks_of_an_author_and_no_words_show_all_again(self, gallery):
        every = self.shown(gallery)
        box = gallery.find_element(By.ID, "filter-text")
        box.send_keys("Britten")
        wait(gallery, lambda: len(self.shown(gallery)) < len(every))
        assert "PerceptualDecisionMaking-v0" in self.shown(gallery)
        box.send_keys(Keys.BACKSPACE * len("Britten"))
        wait(gallery, lambda: self.shown(gallery) == every)
