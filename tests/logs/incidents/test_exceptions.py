"""Exceptions of many languages: the innermost words, and the frame of own code."""

from __future__ import annotations

import pytest

from lib.logs.incidents.exceptions import frame_of, innermost, stack_in

STACKS = {
    "java": ("java.lang.RuntimeException: outer\n\tat com.acme.A.b(A.java:9)\nCaused by: java.sql.SQLException: no "
    "connection\n\tat org.apache.X.y(X.java:1)\n"
             "\tat com.acme.Db.open(Db.java:17)\n", ("SQLException", "no connection"), "Db.java:17"),
    "node": ("Error: outer\n    at f (/app/node_modules/x/i.js:1:2)\n    at g (/app/src/db.js:3:5) {\n  [cause]: "
    "Error: connect ECONNREFUSED\n}",
             ("Error", "connect ECONNREFUSED"), "/app/src/db.js:3"),
    "dotnet": ("Unhandled exception. System.Exception: outer\n ---> System.InvalidOperationException: No connection "
    "string\n   at A.B() in /src/B.cs:line 12",
               ("InvalidOperationException", "No connection string"), "/src/B.cs:12"),
    "python": ('Traceback (most recent call last):\n  File "/app/a.py", line 3, in f\n  File '
    '"/usr/lib/python3.11/x.py", line 9, in g\nKeyError: \'user\'',
               ("KeyError", "'user'"), "/app/a.py:3"),
    "go": ("panic: runtime error: index out of range [3]\n\ngoroutine 1 "
    "[running]:\nruntime.gopanic()\n\t/usr/local/go/src/runtime/panic.go:88\n"
           "main.run()\n\t/app/main.go:10 +0x1d", (None, "panic: runtime error: index out of range [3]"), "/app/main.go:10"),
    "rust": ("thread 'main' panicked at src/main.rs:10:5:\nno database", (None, "no database"), "src/main.rs:10"),
    "php": ("PHP Fatal error:  Uncaught PDOException: no driver in /var/www/db.php:3\nStack trace:\n#0 "
    "/var/www/index.php(9): f()\n  thrown in /var/www/db.php on line 3",
            ("PDOException", "no driver"), "/var/www/db.php:3"),
    "ruby": ("app/models/user.rb:12:in `load': undefined method `x' for nil (NoMethodError)\n\tfrom app/x.rb:1:in `y'",
             ("NoMethodError", "undefined method `x' for nil"), "app/models/user.rb:12"),
}  # fmt: skip


@pytest.mark.parametrize("language", STACKS)
def test_the_innermost_cause_is_the_title_and_the_first_own_frame_is_where(language: str) -> None:
    """Not the wrapper's words, and no frame of a library."""
    text, cause, frame = STACKS[language]
    assert (innermost(text), frame_of(text)) == (cause, frame)


def test_a_stack_of_libraries_alone_has_no_frame_of_ones_own() -> None:
    """None is said rather than a line that nobody here wrote."""
    assert frame_of("Error: x\n    at f (/app/node_modules/a.js:1:1)\n    at g (node:net:3:1)") is None


@pytest.mark.parametrize(
    "payload",
    [
        {"message": "m", "stack_trace": STACKS["java"][0]},
        {"exception": {"type": "SQLException", "message": "no connection"}},
        {"err": {"type": "X", "message": "m", "cause": {"type": "SQLException", "message": "no connection"}}},
        {"error": {"stack_trace": STACKS["java"][0]}},
        {"error": {"stack": STACKS["java"][0], "message": "outer"}},
    ],
)
def test_an_exception_is_found_in_whatever_field(payload: dict[str, object]) -> None:
    """As text, as an object, with a cause inside."""
    assert innermost(stack_in(payload)) == ("SQLException", "no connection")


def test_an_object_called_error_that_says_nothing_is_none() -> None:
    """One formatter attaches it to each line."""
    assert stack_in({"message": "ok", "error": {"message": "Missing field", "type": None}}) == ""
