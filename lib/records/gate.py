"""The last look before a record is published: every file is decoded and read once more for what must not stand in it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree

from lib.records import parquet
from lib.redaction.redact import secrets_in

JOINED = " as a whole"


class Leak(NamedTuple):
    """A secret in a record: the file, the place in it, and what kind of secret; never the secret."""

    file: str
    place: str
    kind: str

    def __str__(self) -> str:
        return f"{self.file}, {self.place}: {self.kind}"


def leaks(folder: Path, secrets: Iterable[str] = ()) -> list[Leak]:
    """Where in a record a known secret stands, or what has the shape or the name of one; the first of each file."""
    known, found, clean = tuple(secrets), [], set[tuple[str, bool]]()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = path.relative_to(folder).as_posix()
        texts = [("its name", name), *_texts(path)]
        # What words give away counts in documents alone, where each text stands as it was when it was redacted.
        named = path.suffix in {".json", ".ipynb", ".parquet"}
        if leak := _first(texts, known, named, clean):
            found.append(Leak(name, *leak))
    return found


def _first(
    texts: Iterable[tuple[str, str]], known: tuple[str, ...], named: bool, clean: set[tuple[str, bool]]
) -> tuple[str, str] | None:
    """Place and kind of the first secret; `clean` holds what was read before, as the files of a record say most things again."""
    for place, text in texts:
        read = text, named and not place.endswith(JOINED)
        if read in clean:
            continue
        if kinds := secrets_in(text, known, by_name=read[1]):
            return place, kinds[0]
        clean.add(read)
    return None


def withhold(folder: Path, secrets: Iterable[str] = ()) -> list[Leak]:
    """Takes the files that leak out of a record, which is then no complete one; says which they were."""
    found = leaks(folder, secrets)
    for leak in found:
        (folder / leak.file).unlink()
    return found


def _texts(path: Path) -> Iterator[tuple[str, str]]:
    content = path.read_bytes()
    try:
        if path.suffix == ".parquet":
            for number, row in enumerate(parquet.from_parquet(content)):
                yield from _strings(row, f"row {number}")
        elif path.suffix in {".json", ".ipynb"}:
            yield from _strings(json.loads(content), "")
        elif path.suffix == ".xml":
            yield from _of_elements(ElementTree.fromstring(content))  # noqa: S314  (what stands in our own record)
        elif path.suffix == ".html":
            yield from _of_page(content.decode("utf-8"))
        else:
            yield from (("line " + str(number), line) for number, line in enumerate(content.decode("utf-8").splitlines(), 1))
    except (ValueError, RecursionError, OSError, ElementTree.ParseError):
        yield "its bytes", content.decode("utf-8", "replace")


def _strings(value: Any, place: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, dict):
        for key, item in value.items():
            inside = f"{place}.{key}".lstrip(".")
            yield inside, str(key)
            if not str(key).startswith("image/") or key == "image/svg+xml":
                yield from _strings(item, inside)
    elif isinstance(value, list):
        if value and all(isinstance(item, str) for item in value):
            yield f"{place}{JOINED}", "".join(value)  # a notebook's texts are lists of their lines
        for number, item in enumerate(value):
            yield from _strings(item, f"{place}[{number}]")


def _of_elements(root: ElementTree.Element) -> Iterator[tuple[str, str]]:
    for number, element in enumerate(root.iter(), 1):
        place = f"element {number} ({element.tag})"
        yield from ((place, text) for text in (element.tag, element.text, element.tail) if text and text.strip())
        yield from ((f"{place}, {name}", part) for name, value in element.attrib.items() for part in (name, value))


def _of_page(text: str) -> Iterator[tuple[str, str]]:
    page = _Page()
    page.feed(text)
    page.close()
    yield from page.texts


class _Page(HTMLParser):
    """The texts and attributes of a page; a script that is no data is library code, whose hash the page itself states."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.texts: list[tuple[str, str]] = []
        self._code = False

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self._code = tag == "script" and dict(attributes).get("type") != "application/json"
        pictures = ("data:image/png", "data:image/jpeg")
        self.texts += [(self._place(name), value) for name, value in attributes if value and not value.startswith(pictures)]

    def handle_endtag(self, tag: str) -> None:
        self._code = False

    def handle_data(self, data: str) -> None:
        if not self._code and data.strip():
            self.texts.append((self._place("text"), data))

    def handle_comment(self, data: str) -> None:
        self.texts.append((self._place("comment"), data))

    def _place(self, what: str) -> str:
        return f"{what} in line {self.getpos()[0]}"
