"""A record's page in a real browser that has no network: nothing is missing, nothing complains, the answer is what one sees."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait

from lib.figures.display.table import Table
from lib.page.page import page as written
from tests.browser.conftest import Browser, network_events

pytestmark = [pytest.mark.xdist_group("browser"), pytest.mark.timeout(300)]
SIZES = {"desk": (1300, 900), "telephone": (400, 800)}
FIGURE = "application/vnd.plotly.v1+json"
WAIT_S = 20


def outputs(record: Path, kind: str) -> int:
    """How many outputs of a kind the notebooks of a record hold."""
    cells = [cell for path in record.glob("*.ipynb") for cell in json.loads(path.read_text())["cells"]]
    return sum(kind in output.get("data", {}) for cell in cells for output in cell.get("outputs", []))


def test_nothing_is_asked_of_a_network_and_nothing_complains(browse: Browser, record: Path) -> None:
    """The page loads itself and nothing else; the console stays empty."""
    page = browse(record / "index.html")
    assert page.get_log("browser") == []
    messages = [event["request"]["url"] for event in network_events(page, "requestWillBeSent")]
    beside = [(record / "index.html").as_uri(), (record.parent / f"{record.name}.retracted.html").as_uri()]
    assert [url for url in messages if not url.startswith("data:")] == beside


def test_a_foreign_address_would_have_been_noticed(browse: Browser, record: Path, tmp_path: Path) -> None:
    """The same page with one foreign picture in it is caught by the console, so the test above can fail."""
    spoilt = tmp_path / "index.html"
    spoilt.write_text(
        (record / "index.html").read_text().replace("</header>", '<img src="https://example.com/pixel.png"></header>', 1)
    )
    assert browse(spoilt).get_log("browser")


def test_the_answer_is_seen_without_scrolling(browse: Browser, record: Path) -> None:
    """Headline, verdict and every cause lie within the first 900 pixels."""
    page = browse(record / "index.html")
    causes = page.find_elements(By.CSS_SELECTOR, ".causes > li")
    found = {cause["id"] for cause in json.loads((record / "data" / "diagnosis.json").read_text())["causes"]}
    assert {cause.find_element(By.TAG_NAME, "strong").text for cause in causes} == found
    assert found
    for element in [page.find_element(By.TAG_NAME, "h1"), page.find_element(By.CSS_SELECTOR, ".verdict"), *causes]:
        assert element.is_displayed()
        assert element.rect["y"] + element.rect["height"] <= 900


def test_every_figure_of_the_notebooks_is_drawn(browse: Browser, record: Path) -> None:
    """As many figures as the notebooks hold are drawn by plotly, each with marks in it, and their still pictures step back."""
    page = browse(record / "index.html")
    page.execute_script("document.querySelectorAll('details.notebook').forEach(one => one.open = true)")
    wanted = outputs(record, FIGURE)
    drawn = (
        "return [...document.querySelectorAll('.js-plotly-plot')].filter(f => f.querySelector('.plot path, .plot rect')).length"
    )
    WebDriverWait(page, WAIT_S).until(lambda page: page.execute_script(drawn) == wanted)
    assert wanted > 0
    assert not [still for still in page.find_elements(By.CSS_SELECTOR, "figure.plot .still") if still.is_displayed()]


def test_no_button_offers_to_send_a_figure_away(browse: Browser, record: Path) -> None:
    """plotly's toolbar, with its offer to share a chart on a foreign server, is not there: a record is private."""
    page = browse(record / "index.html")
    page.execute_script("document.querySelectorAll('details.notebook').forEach(one => one.open = true)")
    WebDriverWait(page, WAIT_S).until(lambda page: page.find_elements(By.CSS_SELECTOR, ".js-plotly-plot .main-svg"))
    assert page.find_elements(By.CSS_SELECTOR, ".modebar-btn") == []


def test_the_five_notebooks_are_one_click_away(browse: Browser, record: Path) -> None:
    """Each entry of the table of contents leads to its notebook's section, and from there to the notebook's file."""
    page = browse(record / "index.html")
    names = sorted(path.name for path in record.glob("*.ipynb"))
    links = page.find_elements(By.CSS_SELECTOR, "nav a")
    assert len(links) == len(names) == 5
    for link, name in zip(links, names, strict=True):
        link.click()
        section = page.find_element(By.CSS_SELECTOR, ":target")
        WebDriverWait(page, WAIT_S).until(lambda page: section.find_element(By.CSS_SELECTOR, ".file a").is_displayed())  # noqa: B023
        assert abs(page.execute_script("return arguments[0].getBoundingClientRect().top", section)) < 2
        assert section.find_element(By.CSS_SELECTOR, ".file a").get_attribute("href") == (record / name).as_uri()


def test_from_the_headline_to_the_bytes_and_back(browse: Browser, record: Path) -> None:
    """An id on the first screen opens its observation with what was sent and what was answered, and the way back is there."""
    page = browse(record / "index.html")
    page.find_element(By.CSS_SELECTOR, "header dl .evidence a").click()
    card = page.find_element(By.CSS_SELECTOR, "details.card:target")
    WebDriverWait(page, WAIT_S).until(lambda page: card.find_element(By.TAG_NAME, "pre").is_displayed())
    said = [part.text for part in card.find_elements(By.TAG_NAME, "pre")]
    assert said[0].startswith("GET ws://127.0.0.1")
    assert said[1].startswith("HTTP 403")
    card.find_element(By.LINK_TEXT, "back to the answer").click()
    assert page.execute_script("return scrollY") == 0


def test_a_figure_leads_to_its_rows_by_the_keyboard_alone(browse: Browser, record: Path) -> None:
    """Enter on a figure's name opens the samples that it was computed from; the browser's own way back leads back."""
    page = browse(record / "index.html")
    link = page.find_element(By.CSS_SELECTOR, "main a[href='#e-api_response_ms']")
    link.send_keys(Keys.ENTER)
    card = page.find_element(By.CSS_SELECTOR, "details.card:target")
    WebDriverWait(page, WAIT_S).until(lambda page: card.find_element(By.TAG_NAME, "pre").is_displayed())
    assert len(re.findall(r"\d ms trace [0-9a-f]{32}", card.text)) >= 10
    page.back()
    assert page.find_elements(By.CSS_SELECTOR, "details.card:target") == []


def test_tables_are_sorted_by_the_keyboard_alone(browse: Browser, record: Path) -> None:
    """Enter on a heading sorts by its column, once more the other way round."""
    page = browse(record / "index.html")
    table = page.find_element(By.CSS_SELECTOR, "table.areas")
    button = table.find_element(By.CSS_SELECTOR, "thead button")
    orders = []
    for _ in range(2):
        button.send_keys(Keys.ENTER)
        orders.append([row.text for row in table.find_elements(By.CSS_SELECTOR, "tbody th")])
    assert orders[0] == sorted(orders[0]) == orders[1][::-1]


def test_evidence_can_be_found_and_filtered(browse: Browser, record: Path) -> None:
    """The filter leaves the cards of one outcome, the search those that hold the words."""
    page = browse(record / "index.html")
    page.find_element(By.ID, "outcome").send_keys("failed")
    page.find_element(By.ID, "find").send_keys("lifecycle")
    shown = [card.get_attribute("id") for card in page.find_elements(By.CSS_SELECTOR, ".card") if card.is_displayed()]
    module = "e-test_3_agent_pipeline_staging"
    assert shown == [module, f"{module}-py--test_real_agent_lifecycle_monitoring"]  # the module's card lists its cases


def test_links_within_the_record_lead_somewhere(browse: Browser, record: Path) -> None:
    """Every link that is shown names a place on the page or a file beside it, and every place that is named is there."""
    page = browse(record / "index.html")
    assert page.execute_script(DANGLING) == []
    shown = [link for link in page.find_elements(By.CSS_SELECTOR, "a[href]") if link.is_displayed()]
    for reference in {link.get_dom_attribute("href") for link in shown}:
        place, _, anchor = reference.partition("#")
        if place:
            assert (record / place).is_file(), reference
        else:
            assert page.find_elements(By.ID, anchor), reference


DANGLING = """
return [...document.querySelectorAll('a[href^="#"]')].map(link => decodeURIComponent(link.hash.slice(1)))
  .filter(name => !document.getElementById(name));
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_nothing_is_wider_than_the_screen(browse: Browser, record: Path, size: str, scheme: str) -> None:
    """Neither on a desk nor on a telephone does the page scroll sideways; wide tables scroll within themselves."""
    page = browse(record / "index.html", *SIZES[size], scheme)
    wide, screen = page.execute_script("return [document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert wide <= screen <= SIZES[size][0]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground(browse: Browser, record: Path, scheme: str) -> None:
    """In both schemes headings, prose, tables and links have a contrast of 4.5 at least."""
    page = browse(record / "index.html", scheme=scheme)
    dark = page.execute_script("return getComputedStyle(document.body).backgroundColor") == "rgb(20, 24, 31)"
    assert dark == (scheme == "dark")
    faint = page.execute_script(FAINT)
    assert faint == []


FAINT = """
const rgb = colour => colour.match(/[\\d.]+/g).map(Number);
const light = colour => colour.slice(0, 3).map(v => v / 255)
  .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
  .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
const ground = node => {
  for (; node; node = node.parentElement) {
    const found = rgb(getComputedStyle(node).backgroundColor);
    if (found.length < 4 || found[3] > 0) return found;
  }
  return [255, 255, 255];
};
return [...document.querySelectorAll('h1,h2,h3,p,li,td,th,a,small,summary,.evidence')]
  .filter(node => node.textContent.trim() && node.checkVisibility() && !node.closest('.plotly-graph'))
  .filter(node => { const pair = [light(rgb(getComputedStyle(node).color)), light(ground(node))].sort((a, b) => b - a);
    return (pair[0] + 0.05) / (pair[1] + 0.05) < 4.5; }).slice(0, 5).map(node => node.outerHTML.slice(0, 200));
"""


def test_a_whole_round_prints_on_few_pages(browse: Browser, record: Path) -> None:
    """A round can be handed on as a PDF: folded detail is printed, and what each notebook repeats is printed once."""
    page = browse(record / "index.html")
    printed = base64.b64decode(page.execute_cdp_cmd("Page.printToPDF", {})["data"])
    assert 10 < len(re.findall(rb"/Type\s*/Page[^s]", printed)) <= 30
    page.execute_script("dispatchEvent(new Event('beforeprint'))")
    repeated = "return [...document.querySelectorAll('details.repeated')].filter(one => one.open).length"
    assert page.execute_script(repeated) == 0
    tables = page.execute_script("return [...document.querySelectorAll('details[open] > summary')].map(one => one.textContent)")
    assert len([text for text in tables if text.endswith("parameters as they resolved")]) == 1
    assert len(page.find_elements(By.CSS_SELECTOR, "table.roomy")) > 20
    # What is cited has its card on paper, so that a link of the PDF leads there; what is the same in every round has not.
    shown = "return [...document.querySelectorAll('#evidence .card')].every(one => one.checkVisibility())"
    assert page.execute_script(shown)
    assert not page.find_element(By.CSS_SELECTOR, "details.method").get_property("open")
    page.execute_script("dispatchEvent(new Event('afterprint'))")
    assert page.find_elements(By.CSS_SELECTOR, "details.repeated") == []


def test_paper_is_light(browse: Browser, record: Path) -> None:
    """Whoever reads in the dark prints black on white all the same."""
    page = browse(record / "index.html", scheme="dark")
    dark = {"name": "prefers-color-scheme", "value": "dark"}
    page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print", "features": [dark]})
    colours = "const found = getComputedStyle(document.body); return [found.backgroundColor, found.color]"
    assert page.execute_script(colours) == ["rgb(255, 255, 255)", "rgb(29, 36, 48)"]
    page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})


def test_a_long_table_says_on_paper_how_much_is_left_out(browse: Browser, tmp_path: Path) -> None:
    """A table of hundreds of rows is shortened for the printer, with the number of those that only the page shows."""
    rows = [{"n": n} for n in range(300)]
    cell = {
        "cell_type": "code",
        "source": "",
        "outputs": [{"output_type": "display_data", "data": {"text/html": Table(rows)._repr_html_()}}],
    }
    text, trusted = written({"01.ipynb": {"cells": [cell]}}, report=None)
    for marker, code in trusted.items():
        text = text.replace(marker, code, 1)
    (tmp_path / "index.html").write_text(text)
    page = browse(tmp_path / "index.html")
    page.execute_script("dispatchEvent(new Event('beforeprint'))")
    assert len(page.find_elements(By.CSS_SELECTOR, "tr.unprinted")) == 240
    assert "240 further rows are not printed" in page.page_source
    page.execute_script("dispatchEvent(new Event('afterprint'))")
    assert "further rows are not printed" not in page.find_element(By.TAG_NAME, "main").get_attribute("textContent")
