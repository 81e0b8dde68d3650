# PYTHON_ARGCOMPLETE_OK
"""The command line: `python -m lib VERB`. Parses, runs one verb, and turns what came of it into an exit status.

Standard output holds the answer, or with `--json -` one JSON document and nothing else; progress and people's text then go to
standard error. Heavy libraries are imported by the verbs, so that `--help` and refusals are immediate.
"""

from __future__ import annotations

import os
import signal
import sys

if sys.version_info < (3, 11) or os.name != "posix":
    sys.stderr.write(
        "could not be done: Python 3.11 or newer on Linux, macOS or WSL2 is needed, and this is Python "
        f"{sys.version_info.major}.{sys.version_info.minor} on {sys.platform} (`make` builds .venv/ with what is needed)\n"
    )
    raise SystemExit(3)

if __name__ == "__main__":
    # Until somebody listens, an interrupt ends this at once: what Python raises for it is lost in the callbacks of imports.
    signal.signal(signal.SIGINT, signal.SIG_DFL)

import argparse
import contextlib
import io
import json
from collections.abc import Callable
from typing import Any

from lib.cli.arguments import VERBS, parser
from lib.rounds import interrupts, parent_death, surroundings

__all__ = ["VERBS", "main", "parser"]

HEALTHY, FINDINGS, BAD_INPUT, COULD_NOT, INTERRUPTED = 0, 1, 2, 3, 130

EXERCISING = frozenset({"suite", "whys", "logs", "performance", "serve"})
"""Verbs that start programs, which put things aside; a round takes its own folder for that."""


def main(arguments: list[str] | None = None) -> int:
    """Runs one verb; returns the exit status of the contract."""
    given = argparse.Namespace(verb=next(iter(sys.argv[1:] if arguments is None else arguments), None))
    try:
        _open_standard_streams()  # before anything else takes their numbers
        interrupts.listen(lambda: _interrupted(given.verb))
        parent_death.obey()
        verbs = parser()
        if "_ARGCOMPLETE" in os.environ:
            import argcomplete

            argcomplete.autocomplete(verbs)
        verbs.parse_args(arguments, given)
        status = _run(given)
    except BaseException as failure:
        if isinstance(failure, KeyboardInterrupt | BaseExceptionGroup) or interrupts.came():
            status = _interrupted(given.verb)
            interrupts.over(status)
            return status
        if isinstance(failure, ModuleNotFoundError) and not str(failure.name).startswith("lib"):
            told = f"this Python ({sys.executable}) has no {failure.name}; `make` builds .venv/bin/python with what is needed"
            sys.stderr.write(f"could not be done: {told}\n")
            return COULD_NOT
        if not isinstance(failure, OSError) or os.environ.get("INVESTIGATION_TRACEBACK"):
            raise
        # Our own output cannot be written; the interpreter would complain again while flushing at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        if not isinstance(failure, BrokenPipeError):  # whoever read it has gone, and knows
            _progress(f"could not be done: standard output cannot be written ({failure.strerror})")
        return COULD_NOT
    else:
        interrupts.over()
        return status
    finally:
        surroundings.clear()


def _interrupted(verb: str | None) -> int:
    """Says so, leaves nothing behind, and gives the status: for `serve` it is the end that it waits for."""
    surroundings.clear()
    if verb == "serve":
        return HEALTHY
    with contextlib.suppress(OSError):
        os.write(2, b"interrupted\n")  # no import and no stream, which whoever hangs may hold
    return INTERRUPTED


def _open_standard_streams() -> None:
    """Closed streams are opened on nothing: the next file or socket would take their number, and `print` another stream."""
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_WRONLY if number == 2 else os.O_RDONLY)  # what should be answered there fails, and is told
    sys.stdin = sys.stdin or open(0, encoding="utf-8", closefd=False)  # noqa: SIM115  (as long as the process)
    sys.stdout = sys.stdout or open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115  (as long as the process)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a letter that its encoding lacks is no failure
    sys.stderr = sys.stderr or open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115  (as long as the process)


def _run(given: argparse.Namespace) -> int:
    from lib.parameters.loading import BadInput

    json_to = getattr(given, "json_to", None)
    try:
        write = _destination(json_to)
        from lib.cli import verbs
        from lib.cli.terminal import printable, shown

        quiet = getattr(given, "quiet", False)
        if getattr(given, "duration", None):
            interrupts.allow(interrupts.PATIENCE_WITH_RESULTS_S)
        elif given.verb == "round":
            interrupts.allow(interrupts.PATIENCE_WITH_RECORD_S)
        with surroundings.temporary_folder() if given.verb in EXERCISING else contextlib.nullcontext():
            outcome = verbs.RUN[given.verb](given, _silent if quiet else _progress)
    except BadInput as refusal:
        _progress(f"bad input: {refusal}")
        return BAD_INPUT
    except Exception as failure:
        if interrupts.came():
            raise
        return _could_not(failure)
    status, told = int(outcome.status), ""
    if outcome.document is not None and json_to is not None:  # of many cases it weighs more than all the rest
        try:
            write(shown(outcome.document))
        except OSError as error:
            if json_to == "-":
                raise
            status, told = COULD_NOT, f"could not be done: --json {json_to} cannot be written ({error.strerror})"
        except ValueError as failure:
            return _could_not(failure)
    if json_to == "-":
        _progress(outcome.text)
    else:
        print(printable(outcome.text), flush=True)
    if told:
        _progress(told)
    return status


def _could_not(failure: Exception) -> int:
    text = str(failure) if getattr(failure, "is_sentence", False) else f"{type(failure).__name__}: {failure}"
    if isinstance(failure, OSError) and failure.strerror:
        text = f"{failure.strerror}{f' ({failure.filename})' if failure.filename else ''}"
        text = "the working directory is not there any more" if isinstance(failure, FileNotFoundError) and not _folder() else text
    if isinstance(failure, MemoryError):
        text = "the system gives this process no more memory (ulimit -v, or a container's limit)"
    _progress(f"could not be done: {text}")
    if os.environ.get("INVESTIGATION_TRACEBACK"):
        raise failure
    return COULD_NOT


def _destination(json_to: str | None) -> Callable[[dict[str, Any]], None]:
    """Where the document goes; refused before anything is sent if it could not be written."""
    if json_to is None:
        return lambda document: None
    if json_to == "-":
        return lambda document: print(_as_json(document, None), flush=True)
    from lib.cli.destinations import destination

    write = destination(json_to, option="--json", accepted="a file in an existing folder, or -")
    return lambda document: write(_as_json(document, 1) + "\n")


def _as_json(document: dict[str, Any], indent: int | None) -> str:
    from lib.redaction.visible import in_json

    text = in_json(json.dumps(document, ensure_ascii=False, allow_nan=False, indent=indent))
    try:
        text.encode((sys.stdout.encoding or "utf-8") if indent is None else "utf-8")
    except UnicodeEncodeError:
        return json.dumps(document, allow_nan=False, indent=indent)  # says the same in ASCII
    return text


def _folder() -> str | None:
    try:
        return os.getcwd()
    except OSError:
        return None


def _progress(line: str) -> None:
    from lib.cli.terminal import printable

    with contextlib.suppress(OSError):  # where standard error is full, the status still says it
        print(printable(line), file=sys.stderr, flush=True)


def _silent(line: str) -> None:
    """What -q leaves out."""


if __name__ == "__main__":
    answered = main()
    interrupts.over(answered)
    sys.exit(answered)
