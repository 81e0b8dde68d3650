"""`python -m lib.performance.users [options of Locust]`: Locust with our users, its own command line and UI otherwise."""

from __future__ import annotations

import sys
from pathlib import Path

from lib.parameters import loading as params


def main() -> None:
    """Runs Locust without gevent's patches, which asyncio would not survive; only sleeping is patched, for Locust's master
    sleeps."""
    if any(option.startswith("--processes") for option in sys.argv):
        sys.exit(
            "--processes: it forks, which our event loop does not survive; accepted: performance.load.workers, or "
            "processes with --worker"
        )
    params.set_variables({"LOCUST_SKIP_MONKEY_PATCH": "1"})
    from gevent.monkey import patch_time

    patch_time()
    from locust.main import main as locust

    sys.argv[1:1] = ["--locustfile", str(Path(__file__).with_name("locustfile.py"))]
    locust()


if __name__ == "__main__":
    main()
