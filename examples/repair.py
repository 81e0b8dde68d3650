"""Stands for a deployment: takes the first fault out of a parameter file of the embedded system, so that its next
round has one less.

`python examples/repair.py FILE`; ends with 1 where no fault is left to repair.
"""

from __future__ import annotations

import sys
from pathlib import Path

import yaml


def main(path: Path) -> int:
    """Repairs one fault; returns the exit status."""
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    faults = document["embedded"]["faults"]
    if not faults:
        print("no fault is left", file=sys.stderr)
        return 1
    print(f"repaired {faults.pop(0)}", file=sys.stderr)
    path.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
