"""Starts pytest as `python -m pytest` does, but lets the suite's folder come first on the path only once pytest and its plug-ins
are imported: a suite's own `logging.py` or `queue.py` takes no place of the standard library's.

Run as a program: `python start.py ARGUMENTS`. Standard library and pytest only.
"""

import sys


def main() -> int:
    """Runs pytest with the arguments of the command line; its exit status."""
    safe_path = getattr(sys.flags, "safe_path", False)
    if not safe_path:
        del sys.path[0]  # This file's folder, which is nobody's to import from.
    import os

    import pytest

    sys.argv[0] = os.path.join(os.path.dirname(pytest.__file__), "__main__.py")
    if safe_path:
        return pytest.main()
    folder, others = os.getcwd(), ("site-packages", "dist-packages")
    behind = [number for number, path in enumerate(sys.path) if os.path.basename(path) in others]
    sys.path.insert(behind[0] if behind else len(sys.path), folder)

    class SuiteFirst:
        """Before the suite's first file is imported."""

        @pytest.hookimpl(tryfirst=True)
        def pytest_load_initial_conftests(self) -> None:
            sys.path.remove(folder)
            sys.path.insert(0, folder)

    return pytest.main(plugins=[SuiteFirst()])


if __name__ == "__main__":
    sys.exit(main())
