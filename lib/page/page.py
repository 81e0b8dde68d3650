"""The record as one page: the answer first, then the notebooks as they ran; it opens without a network and runs no foreign
script."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from lib.page.evidence import Links, evidence_section
from lib.page.notebook import Document, Rendering, anchor_of, cells_of, joined, trouble
from lib.parameters.secrets import read_regular
from lib.redaction.visible import in_html
from lib.whys.catalogue.index import meaning

if TYPE_CHECKING:
    from lib.records.record import Record

STYLE, DRAWING, READING = (
    Path(__file__).with_name(name).read_text(encoding="utf-8") for name in ("page.css", "page.js", "reading.js")
)
"""How the page looks, the lines that draw its figures, and those that open, find and sort: no font, no address."""

BESIDE = '<div id="retracted"></div>'
"""Where the page shows what was withdrawn later: the record is sealed, so that stands beside it, and is looked for."""
MOST_NOTEBOOK_BYTES = 64 << 20
"""A page of more would open in no browser."""
_SAID = f"This notebook has more than {MOST_NOTEBOOK_BYTES >> 20} MB: it is not shown here."
TOO_LARGE: Document = {"cells": [{"cell_type": "markdown", "source": _SAID}]}
TITLE = re.compile(r"^#\s+(.+)$", re.MULTILINE)


def write_page(
    record: Record,
    *,
    report: Document | None,
    steps: Sequence[Document] = (),
    why: str | None = None,
    evidence: Sequence[Document] = (),
    groups: Mapping[str, str] | None = None,
) -> Path:
    """Writes index.html from the notebooks in a record; `steps` say what became of each, `why` what ended the round early.

    `evidence` are the cards that ids lead to, `groups` the headings of their kinds.
    """
    names = sorted({path.name for path in record.folder.glob("*.ipynb")} | {str(step["notebook"]) for step in steps})
    notebooks = {name: _notebook(record.folder / name) for name in names}
    text, trusted = page(notebooks, report=report, steps=steps, why=why, evidence=evidence, groups=groups)
    return record.write_text("index.html", text, trusted=trusted)


def page(
    notebooks: Mapping[str, Document | None],
    *,
    report: Document | None,
    steps: Sequence[Document] = (),
    why: str | None = None,
    evidence: Sequence[Document] = (),
    groups: Mapping[str, str] | None = None,
) -> tuple[str, dict[str, str]]:
    """The page with markers in it, and the code and pictures to put in their places; a notebook that is None is said to be
    missing."""
    links, rendering = Links(evidence), Rendering()
    states = {str(step["notebook"]): step for step in steps}
    sections = [_folded(rendering, name, document, states.get(name, {}), links) for name, document in notebooks.items()]
    titles = [
        (anchor_of(name), title_of(name, document), states.get(name, {}).get("state")) for name, document in notebooks.items()
    ]
    top = first_screen(report, steps=steps, why=why, links=links)
    named = {"plotly": _plotly_js(), "drawing": DRAWING} if rendering.has_figures else {}
    code = {rendering.marker(name): text for name, text in {**named, "reading": READING}.items()}
    shown = overview(report, links) + evidence_section(evidence, groups or {})
    body = f"{BESIDE}<header>{top}</header>{_navigation(titles)}<main>{shown}{''.join(sections)}</main>{_footer()}"
    scripts = "".join(f"<script>{marker}</script>" for marker in code)
    text = f'<!doctype html><html lang="en" id="top"><head>{_head(report, code)}</head><body>{body}{scripts}</body></html>\n'
    return text, {**rendering.pictures, **code}


def _head(report: Document | None, code: Mapping[str, str]) -> str:
    permitted = " ".join(f"'sha256-{_hash(text)}'" for text in code.values())
    policy = (
        f"default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src {permitted}; object-src 'self' file:; "
        "frame-src 'self' file:; base-uri 'none'; form-action 'none'"
    )
    name = report["answer"]["title"] if report else "A round without a report"
    meta = (
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}"><meta name="color-scheme" content="light dark">'
    )
    return f"{meta}<title>{in_html(name)}</title><style>{STYLE}</style>"


def _folded(rendering: Rendering, name: str, document: Document | None, step: Document, links: Links) -> str:
    inner = links.within(rendering.notebook(name, document, step))
    summary = f"<summary>{in_html(title_of(name, document))}</summary>"
    return f'<section id="{anchor_of(name)}"><details class="notebook">{summary}{inner}</details></section>'


def first_screen(report: Document | None, *, steps: Sequence[Document], why: str | None, links: Links) -> str:
    """The top of the page: what was asked, what came back, what it is, what decides it, what changed, what to do; and what went
    wrong on our side."""
    troubles = [f"The round was not finished: {why}."] if why else []
    troubles += [trouble(step) for step in steps if step.get("state") not in {"completed", "kept"}]
    warned = "".join(f'<p class="trouble">{in_html(text)}</p>' for text in troubles)
    if report is None:
        return f"<h1>This round left no report</h1>{warned or '<p>Nothing is known of it but the notebooks below.</p>'}"
    found, verdict = report["answer"], str(report.get("verdict") or "not investigated")
    rows = [("Asked", _sentence(found["asked"], links)), ("Came back", _sentence(found["came_back"], links))]
    rows.append(("It is", _it_is(report, links)))
    rows += [("Decided by", _sentence(found["pair"], links))] if found["pair"] else []
    rows += [("Changed", _sentence(found["since"], links) + _earlier(report))] if found["since"] else []
    listed = "".join(f"<dt>{name}</dt><dd>{said}</dd>" for name, said in rows if said)
    return (
        f'<p class="eyebrow">Round {in_html(report["round"])} · {in_html(report["environment"])}</p>'
        f'<p><span class="verdict {in_html(verdict.replace(" ", "-"))}">{in_html(found["badge"])}</span></p>'
        f"<h1>{in_html(report['headline'])}</h1>{warned}"
        f"<dl>{listed}</dl>{_steps(found['next'], links)}{_areas(report, links)}"
    )


def _earlier(report: Document) -> str:
    number = (report.get("changes") or {}).get("round")
    return f' <a href="../round-{number:02d}/index.html">its page</a>' if isinstance(number, int) else ""


def overview(report: Document | None, links: Links) -> str:
    """What the round says in short, what it retracts, what stays open, and the whole plan."""
    if report is None:
        return ""
    retracted = [{**one, "text": f"{one['claim']}: {one['text']}"} for one in report.get("retracted") or ()]
    later = [{**one, "text": f"{one['action']} {one['text']}"} for one in report["actions"][len(report["answer"]["next"]) :]]
    return (
        _listed("In short", report["summary"]["sentences"], links)
        + _listed("Since the round before", (report.get("changes") or {}).get("sentences") or (), links)
        + _listed("Earlier claims that no longer hold", retracted, links)
        + _listed("Questions still open", report["next_steps"]["open"], links)
        + _listed("After that", later, links)
    )


def _it_is(report: Document, links: Links) -> str:
    causes = (report.get("diagnosis") or {}).get("causes") or ()
    rows = [_cause(cause, said, links) for cause, said in zip(causes, report["answer"]["it_is"], strict=False)]
    others = [f"<li>{_sentence(said, links)}</li>" for said in report["answer"]["it_is"][len(rows) :]]
    shown = f'<ul class="causes">{"".join(rows)}</ul>' if rows else ""
    return shown + (f"<ul>{''.join(others)}</ul>" if others else "")


def _cause(cause: Document, said: Document, links: Links) -> str:
    text = in_html(str(said["text"]).removeprefix(str(cause["id"])))
    because = f"{in_html(cause['because'])}{links.listed(said['evidence'], said['evidence_n'])}"
    return f"<li><strong>{in_html(cause['id'])}</strong>{text} Evidence: {because}</li>"


def _steps(steps: Sequence[Document], links: Links) -> str:
    rows = "".join(f"<li><strong>{in_html(one['action'])}</strong> {_sentence(one, links)}</li>" for one in steps)
    return f"<h2>What to do next</h2><ol>{rows}</ol>" if rows else ""


def _areas(report: Document, links: Links) -> str:
    rows = "".join(
        f'<tr><th scope="row"><a href="#area-{place}">{in_html(area["area"])}</a></th>'
        f'<td><span class="state {in_html(str(area["state"]).replace(" ", "-"))}">{in_html(area["state"])}</span></td>'
        f"<td>{_sentence(area['answer'], links)}</td></tr>"
        for place, area in enumerate(report["next_steps"]["areas"], start=1)
    )
    details = "".join(_area(place, area, links) for place, area in enumerate(report["next_steps"]["areas"], start=1))
    head = '<thead><tr><th scope="col">area</th><th scope="col">verdict</th><th scope="col">why</th></tr></thead>'
    return f'<h2>By area</h2><div class="scrolls"><table class="areas">{head}<tbody>{rows}</tbody></table></div>{details}'


def _area(place: int, area: Document, links: Links) -> str:
    excluded = "".join(
        f"<li>{in_html(name)} is excluded by{links.listed(by)}: {in_html(meaning(name))}</li>"
        for name, by in area["excluded"].items()
    )
    left = "".join(f"<li>{in_html(name)} is not excluded: {in_html(meaning(name))}</li>" for name in area["open"])
    asked = "" if area["asked"] else " unasked"
    return (
        f'<details class="area{asked}" id="area-{place}"><summary>{in_html(area["area"])}: {in_html(area["question"])}</summary>'
        f"<ul>{left}{excluded}</ul></details>"
    )


def _listed(heading: str, sentences: Sequence[Document], links: Links) -> str:
    rows = "".join(f"<li>{_sentence(one, links)}</li>" for one in sentences)
    return f"<h2>{in_html(heading)}</h2><ul>{rows}</ul>" if rows else ""


def _sentence(one: Document, links: Links) -> str:
    return f"{in_html(one['text'])}{links.listed(one['evidence'], one.get('evidence_n'))}"


def _navigation(titles: Sequence[tuple[str, str, str | None]]) -> str:
    noted = {state: f" <small>({state})</small>" for state in ("crashed", "missing")}
    links = "".join(
        f'<li><a href="#{anchor}">{in_html(title)}</a>{noted.get(state or "", "")}</li>' for anchor, title, state in titles
    )
    return f'<nav aria-label="Notebooks"><ol>{links}</ol></nav>' if links else ""


def _footer() -> str:
    files = {name: name for name in ("data/report.json", "data/diagnosis.json", "junit.xml", "manifest.json")}
    files["../index.html"] = "all rounds"
    return f"<footer><p>{' · '.join(f'<a href={json.dumps(path)}>{name}</a>' for path, name in files.items())}</p></footer>"


def title_of(name: str, document: Document | None) -> str:
    """A notebook's title, its file's name where it has none."""
    prose = [joined(cell.get("source")) for cell in cells_of(document) if cell.get("cell_type") == "markdown"]
    found = next((match for text in prose if (match := TITLE.search(text))), None)
    return found[1].strip() if found else name.removesuffix(".ipynb")


def _notebook(path: Path) -> Document | None:
    try:
        content = read_regular(path, at_most=MOST_NOTEBOOK_BYTES + 1)  # never waits, as a pipe in its place would
        if len(content) > MOST_NOTEBOOK_BYTES:
            return TOO_LARGE
        document = json.loads(content)
    except (OSError, RecursionError, TypeError, ValueError):
        return None
    return document if isinstance(document, Mapping) else None


def _plotly_js() -> str:
    from importlib import resources

    return (
        (resources.files("plotly") / "package_data" / "plotly.min.js")
        .read_text(encoding="utf-8")
        .replace("</script", "<\\/script")
    )


def _hash(code: str) -> str:
    return base64.b64encode(hashlib.sha256(code.encode("utf-8")).digest()).decode()
