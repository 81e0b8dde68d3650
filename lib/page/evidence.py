"""What evidence ids lead to: every observation, case, log entry and figure as a card with what was sent and what was answered."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from lib.page.notebook import Document
from lib.redaction.visible import in_html

_TAG = re.compile(r"(<script\b.*?</script>|<a\b.*?</a>|<[^>]*>)", re.DOTALL)
_BRACKETS = re.compile(r"\[([^\[\]\n]{1,4000})\]")


def anchor_of_evidence(identity: str) -> str:
    """The id of a card on the page."""
    return "e-" + re.sub(r"[^\w-]", "-", identity)


class Links:
    """Turns the ids of evidence into links, where there is a card that they lead to."""

    def __init__(self, evidence: Iterable[Document]):
        self.known = {str(one["id"]) for one in evidence}

    def one(self, identity: Any) -> str:
        """An id as HTML: a link where there is a card of it."""
        text = in_html(identity)
        if str(identity) not in self.known:
            return text
        # Of a case its name is enough to read; where it stands is told by what it leads to.
        short = in_html(str(identity).partition("::")[2]) or text
        title = f' title="{text}"' if short != text else ""
        return f'<a href="#{anchor_of_evidence(str(identity))}"{title}>{short}</a>'

    def listed(self, ids: Sequence[Any], n: int | None = None) -> str:
        """Ids in square brackets, and how many more there are; nothing where there are none."""
        if not ids:
            return ""
        more = f" and {n - len(ids)} more" if n and n > len(ids) else ""
        return f' <span class="evidence">[{", ".join(map(self.one, ids))}{more}]</span>'

    def within(self, text: str) -> str:
        """HTML of a notebook's output with the ids in it linked: those in square brackets, and cells that hold nothing else."""
        if not self.known:
            return text
        return "".join(part if place % 2 else self._linked(part) for place, part in enumerate(_TAG.split(text)))

    def _linked(self, text: str) -> str:
        if "[" in text:
            return _BRACKETS.sub(lambda found: f"[{self._ids(found[1])}]", text)
        return self._ids(text) if text.strip() else text

    def _ids(self, text: str) -> str:
        parts = [part.strip() for part in re.sub(r" and \d+ more$", "", text).split(",")]
        if not all(part in self.known for part in parts):
            return text
        return ", ".join(map(self.one, parts)) + "".join(re.findall(r" and \d+ more$", text))


def evidence_section(evidence: Sequence[Document], groups: Mapping[str, str]) -> str:
    """The cards, folded by group, with a search and a filter over all of them; nothing where there is no evidence."""
    parts = [_group(said, [one for one in evidence if one["kind"] == kind]) for kind, said in groups.items()]
    if not any(parts):
        return ""
    outcomes = sorted({str(one["outcome"]) for one in evidence if one["outcome"]})
    options = "".join(f"<option>{in_html(outcome)}</option>" for outcome in outcomes)
    controls = (
        '<p class="finder"><label>Search <input type="search" id="find"></label> '
        f'<label>Outcome <select id="outcome"><option value="">all</option>{options}</select></label> '
        '<span id="found" role="status"></span></p>'
    )
    return f'<section id="evidence"><h2>Evidence: what each id stands for</h2>{controls}{"".join(parts)}</section>'


def _group(said: str, cards: Sequence[Document]) -> str:
    if not cards:
        return ""
    return f'<details class="group"><summary>{in_html(said)} ({len(cards)})</summary>{"".join(map(_card, cards))}</details>'


def _card(one: Document) -> str:
    parts = [_lines(name, one[key]) for key, name in (("request", "sent"), ("answer", "answered"), ("log", "the servers' logs"))]
    outcome = in_html(one["outcome"])
    said = f"<strong>{in_html(one['id'])}</strong> {in_html(one['said'])} <small>{outcome}</small>"
    back = '<p><a href="#top">back to the answer</a></p>'
    return (
        f'<details class="card" id="{anchor_of_evidence(str(one["id"]))}" data-outcome="{outcome}">'
        f"<summary>{said}</summary>{''.join(parts)}{back}</details>"
    )


def _lines(name: str, lines: Sequence[Any]) -> str:
    if not lines:
        return ""
    return f'<h3>{in_html(name)}</h3><pre tabindex="0">{in_html(chr(10).join(map(str, lines)))}</pre>'
