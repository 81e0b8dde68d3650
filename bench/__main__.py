"""`python -m bench [NAME…]`: runs every benchmark (or those whose name contains NAME) and prints the table.

A run of all writes the table into bench/README.md. Exit status 1 where a goal was not reached.
"""

from __future__ import annotations

import importlib
import os
import platform
import re
import sys
from datetime import UTC, datetime
from pathlib import Path

from bench.table import Row, markdown, missed

FOLDER = Path(__file__).parent
README = FOLDER / "README.md"
MARKS = ("<!-- table -->", "<!-- end of table -->")


def main(wanted: list[str]) -> int:
    """Runs, prints, writes."""
    rows: list[Row] = []
    for name in sorted(path.stem for path in FOLDER.glob("*.py")):
        if name.startswith("_") or (wanted and not any(word in name for word in wanted)):
            continue
        run = getattr(importlib.import_module(f"bench.{name}"), "run", None)
        if run is not None:
            print(f"{name} …", file=sys.stderr, flush=True)
            rows += run()
    table = markdown(rows)
    print(table)
    if not wanted:
        _write(table)
    return 1 if missed(rows) else 0


def _write(table: str) -> None:
    text = README.read_text(encoding="utf-8")
    start, end = (text.index(mark) for mark in MARKS)
    stamp = f"{datetime.now(UTC):%Y-%m-%d} · {_machine()}"
    README.write_text(f"{text[:start]}{MARKS[0]}\n{stamp}\n\n{table}\n{text[end:]}", encoding="utf-8")


def _machine() -> str:
    model = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text()) if Path("/proc/cpuinfo").exists() else None
    cpu = model[1].strip() if model else platform.processor() or platform.machine()
    return f"{os.cpu_count()} × {cpu}, {platform.system()}, Python {platform.python_version()}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
