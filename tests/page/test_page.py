"""The record as a page: the answer on top, nothing from outside, and readable whatever became of the notebooks."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import os
import re
from html.parser import HTMLParser

import pytest

from lib.figures.display.chart import Series
from lib.figures.display.plot import Plot
from lib.page.evidence import Links
from lib.page.page import page, write_page
from lib.records.record import Record
from lib.reports.report import round_report
from tests import sample_round as sample

HOSTILE = "<script>alert(1)</script><img src=http://evil.example/x onerror=alert(1)>"
CHART = Plot(title=HOSTILE, x_title="ms", y_title="n", series=[Series(name="a", kind="points", x=[1], y=[2])])
LINKS = ["01-suite-run.ipynb", "junit.xml", "manifest.json", "../index.html"]
COMPLETED = {"notebook": "01-suite-run.ipynb", "state": "completed"}


class Elements(HTMLParser):
    """Every element of a page with its attributes."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, attrs))


def report(**changes):
    whole = {"suite": sample.suite(), "diagnosis": sample.diagnosis(), "logs": sample.logs(), "performance": sample.performance()}
    return round_report(parameters=sample.parameters(), round_number=1, **{**whole, **changes})


def code(*outputs, source="show.answer()"):
    return {"cell_type": "code", "source": [source], "outputs": list(outputs)}


def shown(**data):
    return {"output_type": "display_data", "data": {name.replace("__", "/"): value for name, value in data.items()}}


def notebook(*cells, title="# What works here?"):
    return {"cells": [{"cell_type": "markdown", "source": [title, "\n\nSome *prose*."]}, *cells]}


def rendered(*cells, **given):
    text, trusted = page({"01-suite-run.ipynb": notebook(*cells)}, report=given.pop("report", None), **given)
    return text, trusted


def test_the_answer_stands_before_the_notebooks():
    """Headline, what was asked, causes with what they mean and their evidence, the next step and the areas come first, then
    the way to the notebooks."""
    text, _ = rendered(report=report())
    first = (
        "<h1>3 of 7 cases",
        "Asked",
        "secret-mismatch</strong>",
        "another key",
        "[whys-4, whys-5]",
        "What to do next",
        "By area",
        "<nav",
        "<section",
    )
    places = [text.index(words) for words in first]
    assert places == sorted(places)


def test_notebooks_are_named_by_their_questions():
    """The navigation leads to each notebook under its title."""
    text, _ = rendered()
    assert '<a href="#01-suite-run">What works here?</a>' in text
    assert '<section id="01-suite-run">' in text


@pytest.mark.parametrize(
    "output",
    [
        shown(text__html=HOSTILE),
        shown(text__markdown=HOSTILE),
        shown(text__plain=HOSTILE),
        {"output_type": "stream", "name": HOSTILE, "text": [HOSTILE]},
        {"output_type": "error", "traceback": [HOSTILE]},
        {"output_type": "display_data", "data": CHART._repr_mimebundle_()},
        {
            "output_type": "display_data",
            "data": {"application/vnd.plotly.v1+json": {"data": [{"name": HOSTILE}], "layout": {}}},
        },
    ],
)
def test_what_a_server_said_is_never_markup(output):
    """In whatever form a hostile body reaches the page, it runs nothing and loads nothing."""
    text, _ = rendered(code(output, source=HOSTILE))
    elements = Elements()
    elements.feed(text)
    attributes = [attribute for tag, found in elements.seen for attribute in found if tag != "meta"]
    assert [name for name, _ in attributes if name.startswith("on")] == []
    assert [
        value for name, value in attributes if name in {"src", "href"} and not value.startswith(("data:image/", "#", "data/"))
    ] == LINKS
    assert [dict(found).get("type") for tag, found in elements.seen if tag == "script"] in (
        [None],
        ["application/json", None, None, None],
    )


def test_a_figures_data_cannot_end_its_element():
    """The data of a figure stands in a script element, so it must not contain what a browser takes for its end."""
    figure = {"data": [{"name": "</script x"}], "layout": {}}
    text, _ = rendered(code(shown(**{"application__vnd.plotly.v1+json": figure})))
    assert "</script x" not in text
    assert "\\u003c/script x" in text


def test_a_hostile_report_stays_text():
    """Signatures, remedies and reasons are escaped on top of the page too."""
    text, _ = rendered(report=report(suite=sample.suite(sample.case("m", HOSTILE, "failed", signature=HOSTILE))), why=HOSTILE)
    assert HOSTILE not in text
    assert html.escape(HOSTILE) in text


def test_plotly_is_brought_once():
    """Several figures share one library, and each is also there as a still picture."""
    figure = {"output_type": "display_data", "data": CHART._repr_mimebundle_()}
    text, trusted = rendered(code(figure), code(figure))
    assert len(trusted) == 3
    assert all(text.count(marker) == 1 for marker in trusted)
    assert text.count('type="application/json"') == text.count('class="chart"') == 2


def test_without_figures_plotly_stays_away():
    """A page of tables carries the one script that opens, finds and sorts, and permits no other."""
    text, trusted = rendered(code(shown(text__html="<table></table>")))
    assert len(trusted) == 1
    assert text.count("<script") == 1
    assert len(re.findall(r"'sha256-", text)) == 1


def test_only_the_scripts_that_are_ours_are_permitted(tmp_path):
    """The page's policy names the hash of each script in it, as written to disk, and allows no address."""
    record = Record(tmp_path, secrets=["plotly-is-no-secret"])
    record.write_notebook(
        "01-suite-run.ipynb", json.dumps(notebook(code({"output_type": "display_data", "data": CHART._repr_mimebundle_()})))
    )
    text = write_page(record, report=report(), steps=[COMPLETED]).read_text()
    scripts = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    hashes = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts]
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)[1]
    assert [f"'sha256-{found}'" in policy for found in hashes] == [True, True, True]
    assert "default-src 'none'" in policy
    assert re.search(r"https?:", policy) is None


def test_nothing_is_loaded_from_outside(tmp_path):
    """Apart from plotly's own code no address of another host stands in the page."""
    record = Record(tmp_path)
    record.write_notebook("01-suite-run.ipynb", json.dumps(notebook(code(shown(text__plain="plain")))))
    text = write_page(record, report=report(), steps=[COMPLETED]).read_text()
    assert re.findall(r"(?:src|href|action)=[\"']?(?:[a-z]+:)?//", text) == []
    assert "@import" not in text
    assert "url(" not in text


def test_a_crashed_and_a_missing_notebook_are_told():
    """What we failed to do stands at the top and at its place, and the others are there."""
    steps = [COMPLETED, {"notebook": "02-five-whys-403.ipynb", "state": "crashed", "cell": 3, "error": "ValueError: x"}]
    crash = code({"output_type": "error", "ename": "ValueError", "evalue": "x", "traceback": ["\x1b[31mValueError\x1b[0m: x"]})
    notebooks = {"01-suite-run.ipynb": notebook(), "02-five-whys-403.ipynb": notebook(crash), "03-log-correlation.ipynb": None}
    text, _ = page(notebooks, report=None, steps=steps, why="the built-in staging system ended")
    assert text.count("02-five-whys-403.ipynb crashed in cell 3: ValueError: x") == 2
    assert "<h1>03-log-correlation.ipynb</h1>" in text
    assert "The round was not finished: the built-in staging system ended." in text
    assert '<pre class="error">ValueError: x</pre>' in text


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"cells": 1}', '{"cells": [1, {"cell_type": "code", "outputs": [null, {}]}]}']
)
def test_a_broken_notebook_does_not_break_the_page(tmp_path, content):
    """A file that is no notebook is passed over, and the rest is written."""
    (tmp_path / "01-suite-run.ipynb").write_text(content)
    (tmp_path / "02-five-whys-403.ipynb").write_text(json.dumps(notebook(title="# Why?")))
    text = write_page(Record(tmp_path), report=None).read_text()
    assert ">Why?</a>" in text


def test_a_pipe_in_a_notebooks_place_is_not_waited_for(tmp_path):
    """Nobody may ever write to it."""
    os.mkfifo(tmp_path / "01-suite-run.ipynb")
    assert "01-suite-run" in write_page(Record(tmp_path), report=None).read_text()


def test_a_notebook_too_large_to_show_is_said_to_be(tmp_path):
    """A terabyte in its place is not read, and the page does not say that it was not run."""
    with (tmp_path / "01-suite-run.ipynb").open("wb") as stream:
        stream.truncate(1 << 40)
    text = write_page(Record(tmp_path), report=None).read_text()
    assert "has more than 64 MB: it is not shown here" in text
    assert "It was not run" not in text


def test_code_is_folded():
    """The code of a cell is there for who wants it, closed."""
    text, _ = rendered(code(source="run = 1"))
    assert '<details class="code"><summary>code</summary>' in text


def test_pictures_are_put_in_after_redaction(tmp_path):
    """A picture's base64 is no text to redact, and comes out as it went in."""
    picture = base64.b64encode(b"\x89PNG eyJ" + bytes(range(256))).decode()
    record = Record(tmp_path)
    (tmp_path / "01.ipynb").write_text(json.dumps(notebook(code(shown(image__png=picture)))))
    assert f"data:image/png;base64,{picture}" in write_page(record, report=None).read_text()


def test_a_very_long_output_is_cut():
    """A page stays readable however much a cell printed, and says what it left out."""
    text, _ = rendered(code(shown(text__plain="x" * 300_000)))
    assert "200000 further characters are in the notebook" in text


def test_secrets_do_not_reach_the_page(tmp_path):
    """What is written passes the record's redaction once more."""
    (tmp_path / "01.ipynb").write_text(json.dumps(notebook(code(shown(text__plain="the key canary-4711")))))
    assert "canary-4711" not in write_page(Record(tmp_path, secrets=["canary-4711"]), report=None).read_text()


EVIDENCE = [
    {"id": "whys-4", "kind": "handshake", "said": "key other", "outcome": "accepted", "request": ["GET ws://x/ws"],
     "answer": ["HTTP 101", HOSTILE], "log": ["ERROR app [i1] no"]},
]  # fmt: skip


def test_an_id_leads_to_what_was_sent_and_answered():
    """Where there is a card for an id, the id is a link to it; every link within the page leads to an id that is there."""
    figure = shown(**{"application__vnd.plotly.v1+json": {"data": [{"name": "[whys-4]"}], "layout": {}}})
    output = code(shown(text__html="<p>It opens [whys-4, whys-5].</p><p>It opens [whys-4].</p><td>whys-4</td>"), figure)
    text, _ = rendered(output, report=report(), evidence=EVIDENCE, groups={"handshake": "Handshakes"})
    assert '<a href="#e-whys-4">whys-4</a>, whys-5' in text
    assert '[<a href="#e-whys-4">whys-4</a>]' in text
    anchors, ids = set(re.findall(r'href="#([^"]+)"', text)), set(re.findall(r'id="([^"]+)"', text))
    assert {"e-whys-4", "area-1", "01-suite-run"} <= anchors <= ids
    assert "GET ws://x/ws" in text
    assert HOSTILE not in text


def test_the_tab_says_what_it_is():
    """The title begins with the symptom and the verdict, so that a row of tabs can be told apart."""
    text, _ = rendered(report=report())
    title = re.search(r"<title>(.*?)</title>", text)[1]
    assert title == "the handshake is answered 403 · proved: secret-mismatch + user-unknown · round 1 · embedded"


NARROWED = {
    "candidates": ["origin-refused", "edge-policy"],
    "works_with": {
        "changes": {"origin": "https://app.example"},
        "accepted": 2,
        "refused": 0,
        "without": {"origin": {"accepted": 0, "refused": 2}},
        "explained_by": {"origin": ["origin-refused", "edge-policy"]},
        "placebo": None,
    },
    "leads": [{"id": "edge-policy", "because": "the answer names a firewall", "evidence": ["whys-1"]}],
    "next_probe": {
        "set": {"alternatives.origins": ["https://b.example"]},
        "splits": ["origin-refused"],
        "reads": "Opens: it is.",
    },
}


def test_a_narrowed_round_is_as_readable_as_a_proved_one():
    """The proved change, what explains it, what speaks for which, and the next probe as a command stand on the first screen."""
    text, _ = rendered(report=report(diagnosis=sample.diagnosis("narrowed", **NARROWED)))
    first = html.unescape(text[: text.index("<nav")])
    for said in (
        "narrowed: origin-refused or edge-policy",
        "With origin https://app.example it was accepted twice",
        "Speaks for edge-policy: the answer names a firewall",
        "The evidence leaves 2 open: origin-refused (the Origin is not accepted), edge-policy (",
        "-p alternatives.origins '[https://b.example]'",
    ):
        assert said in first


@pytest.mark.parametrize("verdict", ["ambiguous", "healthy", "unreachable", "stated", "inferred"])
def test_no_verdict_breaks_the_page(verdict):
    """Whatever the diagnosis leaves null, each verdict has its badge."""
    found = sample.diagnosis(verdict, next_probe=None, leads=[], works_with=None, healthy=None)
    assert f'class="verdict {verdict}"' in rendered(report=report(diagnosis=found))[0]


def test_what_is_left_open_is_said_once_and_with_its_meaning():
    """A single factor that the open causes explain is not told a second time; the pair reads as a sentence."""
    pair = {"refused": "whys-1", "accepted": "whys-4", "difference": ["origin"]}
    found = sample.diagnosis("narrowed", **{**NARROWED, "minimal_pair": pair})
    text, _ = rendered(report=report(diagnosis=found))
    first = html.unescape(text[: text.index("<h2>What to do next")])
    assert "is explained by" not in first
    assert "refused as configured; accepted with key other" in first


def test_a_case_is_named_by_its_name_and_leads_to_its_card():
    """Where it stands is in the link's title: five node ids would fill a telephone's screen."""
    assert Links([{"id": "a/test_m.py::test_x"}]).one("a/test_m.py::test_x") == (
        '<a href="#e-a-test_m-py--test_x" title="a/test_m.py::test_x">test_x</a>'
    )
