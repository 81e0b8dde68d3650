"""Runs inside the suite's own process: standard library and pytest only. `-p lib.suite.plugin` loads its hooks.

There it goes by a name of its own, so that the suite's own `lib` is what `lib` means.
"""

import sys
import types

NAME = "investigation_suite"

if NAME not in sys.modules:
    _package = types.ModuleType(NAME, __doc__)
    _package.__path__ = list(__path__)
    sys.modules[NAME] = _package

pytest_plugins = (NAME + ".hooks",)
