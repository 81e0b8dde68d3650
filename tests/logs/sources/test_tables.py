"""Tables by whatever separator, and gcloud's YAML."""

from __future__ import annotations

import pytest

from lib.logs.sources.buffer import Broken, Buffer, Record
from lib.logs.sources.tables import is_header, journal_entries, table_rows, w3c_row, yaml_documents
from lib.parameters.errors import BadInput


def rows(text: str, delimiter: str = ",") -> tuple[list[Record], list[str]]:
    """The rows of a table, and what was reported."""
    said: list[str] = []
    return list(table_rows(Buffer(iter((text,))), said.append, delimiter)), said


def test_flat_columns_become_the_objects_that_they_stand_for() -> None:
    """A label's name may have dots of its own; a payload's dots are levels."""
    found, _ = rows("timestamp,labels.a.b/c,jsonPayload.error.code\nT,one,7\n")
    assert found == [{"timestamp": "T", "labels": {"a.b/c": "one"}, "jsonPayload": {"error": {"code": "7"}}}]


def test_a_row_that_is_too_short_is_said() -> None:
    """A file that ends within a row loses that row aloud."""
    found, said = rows("timestamp;message\nT;boom\nT\n", ";")
    assert found == [{"timestamp": "T", "message": "boom"}]
    assert said[0].startswith("row 3 has 1 of 2 columns")


def test_a_table_without_time_and_message_is_refused() -> None:
    """Columns of something else are named in the refusal."""
    with pytest.raises(BadInput, match="price"):
        rows("name,price\na,1\n")


def test_a_message_of_several_lines_is_one_field_of_a_verbose_journal() -> None:
    """Its further lines are indented, an empty one stands among them, and a zone may be a number."""
    began = "Thu 2026-02-19 21:33:24.000001 -03 [s=0a1b;i=1]"
    text = f"{began}\n    PRIORITY=3\n    MESSAGE=Traceback:\n            a = b\n\n            ValueError: audience\n    _PID=7\n"
    (entry,) = journal_entries(Buffer(iter((text,))))
    assert entry["MESSAGE"].splitlines() == ["Traceback:", "a = b", "", "ValueError: audience"]
    assert (entry["timestamp"], entry["_PID"]) == ("2026-02-19 21:33:24.000001 -03", "7")


def test_a_list_of_columns_is_no_csvlog() -> None:
    """The twelfth column of a header may be called error."""
    columns = [*"abcdefghijk", "error", *"mnopqrst", "timestamp", "message"]
    found, _ = rows(",".join(columns) + "\n" + ",".join(["1"] * 20 + ["T", "boom"]) + "\n")
    assert (found[0]["timestamp"], found[0]["message"]) == ("T", "boom")


def test_a_header_names_columns_and_a_sentence_does_not() -> None:
    """What begins with words of a message is no header."""
    assert is_header("Time,Message")
    assert not is_header("at this time, message was lost")


def test_yaml_documents_are_entries_and_aliases_are_not_expanded() -> None:
    """Each document is an entry; one with aliases could grow without bound and is named as unread."""
    text = "insertId: a\ntimestamp: '2026-02-19T21:33:24Z'\n---\nx: &a\n  - b\ny: *a\n"
    found = list(yaml_documents(Buffer(iter((text,))), lambda _: None))
    assert found[0] == {"insertId": "a", "timestamp": "2026-02-19T21:33:24Z"}
    assert isinstance(found[1], Broken)


def test_a_row_below_its_columns_names_is_an_object() -> None:
    """What stands empty is left out, time and duration are told as others tell them; a line of other columns is none."""
    columns = ["date", "time", "cs-method", "cs-uri-stem", "sc-status", "sc-substatus", "time-taken"]
    row = w3c_row("2026-02-19 21:33:24 GET /ws 502 - 12", columns)
    assert row == {
        "cs-method": "GET",
        "cs-uri-stem": "/ws",
        "sc-status": "502",
        "timestamp": "2026-02-19 21:33:24",
        "latency_ms": 12.0,
    }
    assert w3c_row("2026-02-19 21:33:24 GET", columns) is None


@pytest.mark.parametrize(
    "giant",
    [
        '"' + ("z" * 99_999 + "\n") * 170 + '"',
        '"' + "z" * 17_000_000 + '"',
        "z" * 17_000_000,
        '"never closed\n' + ("z" * 99_999 + "\n") * 170,
        '"' + ('one, ""two""' * 10_000 + "\n") * 150 + '"',
    ],
    ids=["many lines", "one line", "unquoted", "never closed", "quotes inside"],
)
def test_a_row_too_long_to_hold_is_one_piece_and_the_others_are_read(giant: str) -> None:
    """Its lines are taken for no rows, and those behind it are not lost."""
    text = "".join(f"2026-11-29T10:00:0{n}Z,{giant if n == 2 else 'boom'}\n" for n in range(1, 5))
    found, said = rows(f"timestamp,message\n{text}")
    assert [row.what if isinstance(row, Broken) else row["timestamp"][-3:] for row in found] == [
        "01Z", "a row longer than can be held", "03Z", "04Z"
    ]  # fmt: skip
    assert said == []
