"""One round's folder: what is written to it is redacted, written atomically, and sealed when the round ends."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from lib.facts import Exchange, rfc3339, utc_now
from lib.parameters.loading import ROOT, resolved
from lib.parameters.secrets import read_regular
from lib.records import manifest, parquet
from lib.records.locks import Lock, folder_locked
from lib.redaction.pseudonyms import key_name
from lib.redaction.redact import redact_text, redact_value
from lib.redaction.visible import in_json

if TYPE_CHECKING:
    import pandas

TEMPORARY = ".writing-"
MOST_BYTES = 32 << 20
"""Of a document, a table or a notebook that is read: as objects they take several times that."""
NOT_AS_WRITTEN = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""What reading the documents of a record raises that somebody has written to."""


class Record:
    """A round's folder. Every text that goes in is redacted of `secrets` and of whatever looks like one; nothing is half
    written."""

    def __init__(self, folder: Path, *, secrets: Iterable[str] = ()):
        self.folder = Path(folder)
        self._secrets = tuple(secrets)
        self.lock: Lock | None = None

    @property
    def secrets(self) -> tuple[str, ...]:
        """What may not stand here, with what this process has learnt since: a token may be got while a round goes on."""
        return tuple(dict.fromkeys((*self._secrets, *resolved())))

    def __repr__(self) -> str:
        return f"Record({str(self.folder)!r})"

    def write_json(self, name: str, document: Any) -> Path:
        """A document as data/NAME.json, or at the relative path that `name` is when it ends in .json."""
        text = in_json(json.dumps(self.shown(document), ensure_ascii=False, indent=1, allow_nan=False))
        return self._write(_json_path(name), _encoded(text + "\n"))

    def write_text(self, rel: str, text: str, *, trusted: Mapping[str, str] | None = None) -> Path:
        """A text at a relative path. `trusted` maps markers in it to library code that takes their place as it is, unredacted."""
        text = redact_text(text, self.secrets)
        for marker, code in (trusted or {}).items():
            text = text.replace(marker, code, 1)
        return self._write(rel, _encoded(text))

    def write_bytes(self, rel: str, content: bytes) -> Path:
        """Bytes at a relative path: redacted where they are UTF-8 text, else refused (ValueError) where a known secret stands
        in them."""
        try:
            return self.write_text(rel, content.decode("utf-8"))
        except UnicodeDecodeError:
            if any(secret.encode() in content for secret in self.secrets if len(secret) >= 6):
                raise ValueError(f"{rel} holds a known secret and cannot be redacted") from None
            return self._write(rel, content)

    def write_notebook(self, rel: str, text: str) -> Path:
        """A notebook's JSON, each of its strings redacted, so that it stays a notebook; what is no JSON is redacted as text."""
        try:
            notebook = json.loads(text)
        except ValueError:
            return self.write_text(rel, text)
        shown = in_json(json.dumps(_redacted_notebook(notebook, self.secrets), ensure_ascii=False, indent=1))
        return self._write(rel, _encoded(shown + "\n"))

    def write_xml(self, rel: str, text: str) -> Path:
        """An XML document, each of its texts redacted, so that it stays one. Raises ParseError (ElementTree) where it is none."""
        root = ElementTree.fromstring(text)  # noqa: S314  (our own writers')
        for element in root.iter():
            element.text, element.tail = (part and redact_text(part, self.secrets) for part in (element.text, element.tail))
            element.attrib.update({name: redact_text(value, self.secrets) for name, value in element.attrib.items()})
        shown = ElementTree.tostring(root, encoding="unicode")
        return self._write(rel, _encoded(f'<?xml version="1.0" encoding="utf-8"?>\n{shown}\n'))

    def write_frame(self, name: str, rows: Sequence[Mapping[str, Any]], columns: Iterable[str] = ()) -> Path:
        """Rows as data/NAME.parquet, nested values as JSON text; `columns` stand there even without rows."""
        redacted = [redact_value(dict(row), self.secrets) for row in rows]
        return self._write(f"data/{name}.parquet", parquet.to_parquet(redacted, columns))

    def append_exchanges(self, exchanges: Iterable[Exchange], source: str) -> Path:
        """Adds to data/exchanges.parquet what one notebook exchanged, in place of what the same source had written before."""
        new = [parquet.exchange_row(exchange, source) for exchange in exchanges]
        with folder_locked(self._folder()):
            kept = [row for row in self.read_rows("exchanges") or [] if row["source"] != source]
            return self.write_frame("exchanges", [*kept, *new], columns=("source", *parquet.EXCHANGE_COLUMNS))

    def exchanges(self, source: str | None = None) -> list[Exchange]:
        """What was exchanged in this round so far, by one source or by all."""
        rows = self.read_rows("exchanges") or []
        return [parquet.exchange_of(row) for row in rows if source in (None, row["source"])]

    def shown(self, document: Any) -> Any:
        """A document as it would be written: what JSON can hold, redacted."""
        return redact_value(parquet.jsonable(document), self.secrets)

    def read_json(self, name: str) -> Any | None:
        """The document under a name as `write_json` takes it; None where there is none."""
        content = self._read(_json_path(name))
        return None if content is None else json.loads(content)

    def stated(self, name: str) -> dict[str, Any]:
        """The document under a name in a record that may be anybody's: empty where it cannot be read."""
        try:
            document = self.read_json(name)
        except (OSError, *NOT_AS_WRITTEN):
            return {}
        return document if isinstance(document, dict) else {}

    def read_rows(self, name: str) -> list[dict[str, Any]] | None:
        """The rows of data/NAME.parquet with nested values restored; None where there is no such file."""
        content = self._read(f"data/{name}.parquet")
        return None if content is None else parquet.from_parquet(content)

    def read_frame(self, name: str) -> pandas.DataFrame | None:
        """The same as a DataFrame; None where there is no such file."""
        rows = self.read_rows(name)
        if rows is None:
            return None
        import pandas

        return pandas.DataFrame(rows)

    def has_completed(self, notebook: str) -> bool:
        """Whether an executed notebook lies here whose every cell of code came to its end without an error."""
        try:
            cells = json.loads(self._read(notebook) or b"{}").get("cells", [])
            code = [cell for cell in cells if cell.get("cell_type") == "code"]
            states = {(cell.get("metadata", {}).get("papermill") or {}).get("status") for cell in code}
            failed = any(output.get("output_type") == "error" for cell in code for output in cell.get("outputs", ()))
        except (OSError, *NOT_AS_WRITTEN):
            return False
        return states == {"completed"} and not failed

    def seconds_of(self, notebook: str) -> float:
        """How long an executed notebook took, as papermill noted it; 0 where it noted nothing."""
        try:
            noted = json.loads(self._read(notebook) or b"{}").get("metadata", {}).get("papermill") or {}
            return float(noted.get("duration") or 0.0)
        except (OSError, *NOT_AS_WRITTEN):
            return 0.0

    def seal(
        self,
        parameters: Mapping[str, Any],
        versions: Mapping[str, str] | None = None,
        previous: Path | None = None,
        *,
        finished: bool = True,
        now: datetime | None = None,
    ) -> Path:
        """Writes manifest.json over all files as they stand. Sealed but not `finished`, the record verifies and can still be
        continued."""
        self._clear()
        begun = manifest.read(self.folder) if (self.folder / manifest.NAME).exists() else {}
        cited = None if previous is None else {"folder": previous.name, "manifest_sha256": manifest.file_hash(previous)}
        moment = rfc3339(now or utc_now())
        document = {
            "schema": 1,
            "environment": begun.get("environment", parameters.get("environment")),
            "round": begun.get("round"),
            "started_at": begun.get("started_at", moment),
            "finished_at": moment if finished else None,
            "parameters": parameters,
            "versions": dict(versions or manifest.versions()),
            "revision": manifest.revision(ROOT),
            "previous": cited,
            "pseudonyms": key_name(),
            "files": manifest.file_hashes(self.folder),
        }
        return self._write_manifest(document)

    def leave(self) -> None:
        """Seals what there is of a round that was broken off: as it began, with the files as they stand, still to be continued.

        Nothing is looked up for it, as whoever ends us does not wait.
        """
        self._clear()
        self._write_manifest({**manifest.read(self.folder), "files": manifest.file_hashes(self.folder)})

    def release(self) -> None:
        """Lets others claim this round again."""
        if self.lock is not None:
            self.lock.release()
            self.lock = None

    def begin(self, environment: str, number: int, parameters: Mapping[str, Any] | None, now: datetime) -> None:
        """Writes the manifest of a round that has begun, so that whoever finds the folder knows whose it is."""
        opening = {"schema": 1, "environment": environment, "round": number, "started_at": rfc3339(now), "finished_at": None}
        made_by = {"versions": manifest.versions(), "revision": manifest.revision(ROOT)}
        self._write_manifest({**opening, "parameters": parameters, **made_by, "files": {}})

    def _clear(self) -> None:
        """Removes what was half written by somebody who was ended."""
        for left in self.folder.rglob(f"{TEMPORARY}*"):
            left.unlink(missing_ok=True)

    def _write_manifest(self, document: Mapping[str, Any]) -> Path:
        # Redacted before the digest is taken, or the digest would be that of another document.
        shown = self.shown(document)
        shown["files"] = document["files"]
        text = json.dumps({**shown, "digest": manifest.digest(shown)}, ensure_ascii=False, indent=1, allow_nan=False)
        return self._write(manifest.NAME, _encoded(in_json(text) + "\n"))

    def _folder(self) -> Path:
        self.folder.mkdir(parents=True, exist_ok=True)
        return self.folder

    def _path(self, rel: str) -> Path:
        resolved = Path(os.path.realpath(self.folder / rel))  # also where links lead in a circle
        if not rel or "\\" in rel or not resolved.is_relative_to(os.path.realpath(self.folder)):
            raise ValueError(f"{rel!r} leads out of the record")
        return self.folder / rel

    def _write(self, rel: str, content: bytes) -> Path:
        path = self._path(rel)
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=TEMPORARY, dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(content)
            Path(temporary).chmod(0o644)
            Path(temporary).replace(path)
        except BaseException as error:
            Path(temporary).unlink(missing_ok=True)
            if isinstance(error, OSError) and error.filename is None:
                error.filename = str(path)  # a full disk does not say where it is
            raise
        return path

    def _read(self, rel: str) -> bytes | None:
        try:
            content = read_regular(self._path(rel), at_most=MOST_BYTES + 1)  # never waits, as a pipe in its place would
        except (FileNotFoundError, NotADirectoryError):
            return None
        if len(content) > MOST_BYTES:
            raise ValueError(f"{rel} has more than {MOST_BYTES >> 20} MB, which no round writes")
        return content


def _json_path(name: str) -> str:
    return name if name.endswith(".json") else f"data/{name}.json"


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def _redacted_notebook(value: Any, secrets: tuple[str, ...], *, key: str = "") -> Any:
    # Strings one by one: a notebook's structure has secret-like names of its own, and pictures are no text.
    if isinstance(value, str):
        return value if key.startswith("image/") and key != "image/svg+xml" else redact_text(value, secrets)
    if isinstance(value, dict):
        return {redact_text(name, secrets): _redacted_notebook(item, secrets, key=name) for name, item in value.items()}
    if isinstance(value, list):
        return [_redacted_notebook(item, secrets, key=key) for item in value]
    return value
