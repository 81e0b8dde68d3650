"""Known weaknesses of the pinned libraries, and how many of these the vulnerability database was able to say anything of.

`python -m tests.audit` ends with 0 where each library was looked up and none has a known weakness, 1 where one has, 3 where some
or all could not be looked up: a database that knows none of them finds no weakness either.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
WITHIN_S = 600
SHOWN = 5
FINDINGS, COULD_NOT = 1, 3


def judged(report: Mapping[str, Any]) -> tuple[int, list[str]]:
    """Status and lines of what pip-audit found, given its JSON."""
    libraries = report.get("dependencies", [])
    unknown = [library["name"] for library in libraries if "skip_reason" in library]
    weak = [
        f"{library['name']} {library['version']}: {found['id']}, mended in {', '.join(found['fix_versions']) or 'no version yet'}"
        for library in libraries
        for found in library.get("vulns", [])
    ]
    asked = len(libraries) - len(unknown)
    known = f"; known weaknesses: {len(weak)}" if asked else ""
    lines = [*weak, f"{asked} of {len(libraries)} pinned libraries were looked up{known}"]
    if unknown:
        more = f" and {len(unknown) - SHOWN} more" if len(unknown) > SHOWN else ""
        lines.append(f"not in the database, so that nothing is known of them: {', '.join(unknown[:SHOWN])}{more}")
    if libraries and not asked:
        lines.append(
            "none was found: what was asked is no vulnerability database, as a mirror that serves packages alone is none"
        )
    return FINDINGS if weak else COULD_NOT if unknown or not libraries else 0, lines


def main() -> int:
    """Asks, and says what came of it."""
    with tempfile.TemporaryDirectory() as folder:
        document = Path(folder) / "report.json"
        wanted = ["-r", "requirements.txt", "--require-hashes", "--disable-pip", "--progress-spinner", "off"]
        tool = [str(Path(sys.executable).parent / "uv"), "tool", "run", "pip-audit"]
        command = [*tool, *wanted, "--format", "json", "--output", str(document)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=WITHIN_S, check=False)
        if not document.is_file():
            last = next((line for line in reversed(done.stderr.splitlines()) if line.strip()), f"it ended with {done.returncode}")
            print(f"could not be done: pip-audit wrote no report: {last}")
            return COULD_NOT
        status, lines = judged(json.loads(document.read_text()))
    print(*lines, sep="\n")
    return status


if __name__ == "__main__":
    sys.exit(main())
