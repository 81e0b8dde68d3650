"""Runs inside the suite's own process: standard library and pytest only. `-p lib.suite.plugin` loads its hooks."""

pytest_plugins = ("lib.suite.plugin.hooks",)
