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

from lib.page.notebook import Document, Rendering, anchor_of, cells_of, escaped, joined, trouble
from lib.whys.catalogue.index import meaning

if TYPE_CHECKING:
    from lib.records.record import Record

STYLE, DRAWING = (Path(__file__).with_name(name).read_text(encoding="utf-8") for name in ("page.css", "page.js"))
"""How the page looks, and the few lines that draw its figures: no font, no address."""

TITLE = re.compile(r"^#\s+(.+)$", re.MULTILINE)


def write_page(record: Record, *, report: Document | None, steps: Sequence[Document] = (), why: str | None = None) -> Path:
    """Writes index.html from the notebooks in a record; `steps` say what became of each, `why` what ended the round early."""
    names = sorted({path.name for path in record.folder.glob("*.ipynb")} | {str(step["notebook"]) for step in steps})
    notebooks = {name: _notebook(record.folder / name) for name in names}
    text, trusted = page(notebooks, report=report, steps=steps, why=why)
    return record.write_text("index.html", text, trusted=trusted)


def page(
    notebooks: Mapping[str, Document | None], *, report: Document | None, steps: Sequence[Document] = (), why: str | None = None
) -> tuple[str, dict[str, str]]:
    """The page with markers in it, and the code and pictures to put in their places; a notebook that is None is said to be
    missing."""
    rendering = Rendering()
    states = {str(step["notebook"]): step for step in steps}
    sections = [rendering.notebook(name, document, states.get(name, {})) for name, document in notebooks.items()]
    titles = [
        (anchor_of(name), _title(name, document), states.get(name, {}).get("state")) for name, document in notebooks.items()
    ]
    top = answer(report, steps=steps, why=why)
    code = (
        {rendering.marker(name): text for name, text in (("plotly", _plotly_js()), ("drawing", DRAWING))}
        if rendering.has_figures
        else {}
    )
    scripts = "".join(f"<script>{marker}</script>" for marker in code)
    permitted = " ".join(f"'sha256-{_hash(text)}'" for text in code.values()) or "'none'"
    policy = (
        f"default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src {permitted}; base-uri 'none'; "
        "form-action 'none'"
    )
    name = f"Round {report['round']} · {report['environment']}" if report else "A round without a report"
    body = f"<header>{top}</header>{_navigation(titles)}<main>{overview(report)}{''.join(sections)}</main>{_footer()}"
    meta = (
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}"><meta name="color-scheme" content="light dark">'
    )
    head = f"{meta}<title>{escaped(name)}</title><style>{STYLE}</style>"
    text = f'<!doctype html><html lang="en"><head>{head}</head><body>{body}{scripts}</body></html>\n'
    return text, {**rendering.pictures, **code}


def answer(report: Document | None, *, steps: Sequence[Document], why: str | None) -> str:
    """The top of the page: headline, verdict, causes with evidence, what to do next, and what went wrong on our side."""
    troubles = [f"The round was not finished: {why}."] if why else []
    troubles += [trouble(step) for step in steps if step.get("state") not in {"completed", "kept"}]
    warned = "".join(f'<p class="trouble">{escaped(text)}</p>' for text in troubles)
    if report is None:
        return f"<h1>This round left no report</h1>{warned or '<p>Nothing is known of it but the notebooks below.</p>'}"
    verdict = str(report.get("verdict") or "not investigated")
    return (
        f'<p class="eyebrow">Round {escaped(report["round"])} · '
        f"{escaped(report['environment'])}</p><h1>{escaped(report['headline'])}</h1>"
        f'<p><span class="verdict '
        f'{escaped(verdict)}">{escaped(verdict)}</span></p>{warned}{_causes(report)}{_actions(report["actions"])}'
    )


def overview(report: Document | None) -> str:
    """What the round says in short, what changed since the one before, and what stays open."""
    if report is None:
        return ""
    retracted = [{**one, "text": f"{one['claim']}: {one['text']}"} for one in report.get("retracted") or ()]
    return (
        _listed("In short", report["summary"]["sentences"])
        + _listed("Since the round before", (report.get("changes") or {}).get("sentences") or ())
        + _listed("Earlier claims that no longer hold", retracted)
        + _listed("Questions still open", report["next_steps"]["open"])
    )


def _causes(report: Document) -> str:
    found = report.get("diagnosis") or {}
    rows = [_cause(cause) for cause in found.get("causes") or ()]
    return f'<h2>What is wrong</h2><ul class="causes">{"".join(rows)}</ul>' if rows else ""


def _cause(cause: Document) -> str:
    kind = f"<small>({escaped(cause['layer'])}, {escaped(cause['strength'])})</small>"
    because = f"{escaped(cause['because'])}{_evidence(cause['evidence'])}"
    return f"<li><strong>{escaped(cause['id'])}</strong> {kind}: {escaped(meaning(cause['id']))}.<br>Evidence: {because}</li>"


def _actions(actions: Sequence[Document]) -> str:
    rows = "".join(
        f"<li><strong>{escaped(one['action'])}</strong> {escaped(one['text'])}{_evidence(one['evidence'])}</li>"
        for one in actions
    )
    return f"<h2>What to do next</h2><ol>{rows}</ol>" if rows else ""


def _listed(heading: str, sentences: Sequence[Document]) -> str:
    rows = "".join(f"<li>{escaped(one['text'])}{_evidence(one['evidence'], one.get('evidence_n'))}</li>" for one in sentences)
    return f"<h2>{escaped(heading)}</h2><ul>{rows}</ul>" if rows else ""


def _evidence(ids: Sequence[str], n: int | None = None) -> str:
    if not ids:
        return ""
    more = f" and {n - len(ids)} more" if n and n > len(ids) else ""
    return f' <span class="evidence">[{escaped(", ".join(str(one) for one in ids))}{more}]</span>'


def _navigation(titles: Sequence[tuple[str, str, str | None]]) -> str:
    noted = {state: f" <small>({state})</small>" for state in ("crashed", "missing")}
    links = "".join(
        f'<li><a href="#{anchor}">{escaped(title)}</a>{noted.get(state or "", "")}</li>' for anchor, title, state in titles
    )
    return f'<nav aria-label="Notebooks"><ol>{links}</ol></nav>' if links else ""


def _footer() -> str:
    files = ("data/report.json", "data/diagnosis.json", "junit.xml", "manifest.json")
    return f"<footer><p>{' · '.join(f'<a href={json.dumps(name)}>{name}</a>' for name in files)}</p></footer>"


def _title(name: str, document: Document | None) -> str:
    prose = [joined(cell.get("source")) for cell in cells_of(document) if cell.get("cell_type") == "markdown"]
    found = next((match for text in prose if (match := TITLE.search(text))), None)
    return found[1] if found else name.removesuffix(".ipynb")


def _notebook(path: Path) -> Document | None:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
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
