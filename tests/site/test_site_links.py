"""Every link within the site leads somewhere, and every page can be reached."""

import urllib.error
import urllib.request

import pytest
import site_links as links
from built_site import SITE, served


def status(address):
    try:
        with urllib.request.urlopen(urllib.request.Request(address, method="HEAD")) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def broken(pages, address):
    """Return each link that does not answer 200, with the page that has it."""
    first = {path: here for here, path, _ in links.links(pages)}
    answers = {path: status(f"{address}/{urllib.request.quote(path)}") for path in first}
    return [f"{first[path]}: {path} ({code})" for path, code in answers.items() if code != 200]


@pytest.fixture(scope="module")
def pages(site):
    return links.read(SITE)


def test_links_pictures_scripts_and_styles_answer_200(pages, site):
    assert len(pages) > 200
    assert not broken(pages, site)


def test_anchors_of_links_exist(pages):
    assert not links.without_anchor(pages)


def test_every_page_is_reached_from_the_home_page(pages):
    assert set(pages) - links.reached(pages) <= {"search.html"}


def test_pictures_have_words_that_are_no_names_of_files(pages):
    words = {here: page.words for here, page in pages.items() if page.words}
    assert words
    wrong = [
        (here, one)
        for here, found in words.items()
        for one in found
        if one is None or one.endswith((".png", ".svg", ".gif"))
    ]
    assert wrong == []


def test_a_broken_link_a_missing_picture_and_a_missing_anchor_are_found(tmp_path):
    (tmp_path / "index.html").write_text(
        '<a href="gone.html"></a><img src="gone.png"><a href="there.html#a"></a>'
        '<a href="there.html#b"></a><a href="https://example.org/gone">elsewhere</a>'
    )
    (tmp_path / "there.html").write_text('<p id="a"></p>')
    (tmp_path / "alone.html").write_text("")
    pages = links.read(tmp_path)
    with served(tmp_path) as address:
        found = broken(pages, address)
    assert found == ["index.html: gone.html (404)", "index.html: gone.png (404)"]
    assert links.without_anchor(pages) == ["index.html: there.html#b"]
    assert links.reached(pages) == {"index.html", "there.html"}
