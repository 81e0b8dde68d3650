# PYTHON_ARGCOMPLETE_OK
"""The command line: `python -m lib VERB`. Parses, runs one verb, and turns what came of it into an exit status.

Standard output holds the answer, or with `--json -` one JSON document and nothing else; progress and people's text then go to
standard error. Heavy libraries are imported by the verbs, so that `--help` and refusals are immediate.
"""

from __future__ import annotations

import signal

if __name__ == "__main__":
    # Until somebody listens, an interrupt ends this at once: what Python raises for it is lost in the callbacks of imports.
    signal.signal(signal.SIGINT, signal.SIG_DFL)

import argparse
import contextlib
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lib.rounds import interrupts, parent_death, surroundings

HEALTHY, FINDINGS, BAD_INPUT, COULD_NOT, INTERRUPTED = 0, 1, 2, 3, 130

VERBS = {
    "round": "every notebook in sequence, into DIR/round-NN/",
    "suite": "the suite alone",
    "whys": "the diagnosis alone, no notebook",
    "params": "parameters from a captured request (cURL, HAR, fetch, websocat, wscat, raw), on standard output",
    "logs": "the round's exchanges beside the servers' log entries",
    "performance": "the measurement alone",
    "compare": "two rounds side by side",
    "verify": "a record against its manifest",
    "retract": "marks a claim of an earlier round as withdrawn, beside its record",
    "serve": "the built-in staging system in the foreground, until interrupted",
}
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
        if not isinstance(failure, OSError):
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
    sys.stdout = sys.stdout or open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115  (as long as the process)
    sys.stderr = sys.stderr or open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115  (as long as the process)


def parser() -> argparse.ArgumentParser:
    """The arguments of all verbs."""
    outer = argparse.ArgumentParser(
        prog="python -m lib",
        description="Finds out why a WebSocket is refused, and proves it.",
        epilog="exit status: 0 healthy, 1 findings, 2 bad input, 3 it could not be done, 130 interrupted",
    )
    outer.add_argument("--version", action=_Version, nargs=0, help="print the version")
    verbs = outer.add_subparsers(dest="verb", required=True, metavar="VERB")
    for name, does in VERBS.items():
        verb = verbs.add_parser(name, help=does, description=does[0].upper() + does[1:] + ".")
        _add_common(verb, name)
    return outer


class _Version(argparse.Action):
    """Looks the version up only when it is asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *rest: Any) -> None:
        from importlib.metadata import version

        print(version("websocket-investigation"))
        parser.exit()


def _keys(prefix: str, **_: Any) -> list[str]:
    """The dotted keys of the parameters, for the shell to complete -p with."""
    from lib.parameters.loading import ROOT, dotted_keys, read_yaml

    return [key for key in dotted_keys(read_yaml(ROOT / "params" / "base.yaml")) if key.startswith(prefix)]


def _add_common(verb: argparse.ArgumentParser, name: str) -> None:
    if name == "compare":
        verb.add_argument("rounds", nargs=2, metavar="ROUND", help="a round's folder, or its number below outputs/")
    elif name == "verify":
        verb.add_argument("folder", metavar="DIR", help="a round's folder")
    elif name == "retract":
        verb.add_argument("round", metavar="ROUND", help="a round's folder, or its number below outputs/")
        verb.add_argument("claim", metavar="CLAIM", help="the claim's words, or a part that only one claim has")
        verb.add_argument("--because", required=True, metavar="TEXT", help="why it does not hold")
    else:
        several: dict[str, Any] = {"dest": "files", "action": "append"} if name == "round" else {"dest": "file"}
        verb.add_argument("-f", **several, default=None, metavar="FILE", help="parameters (default: params/embedded.yaml)")
        verb.add_argument(
            "-p",
            dest="overrides",
            action="append",
            nargs=2,
            default=[],
            metavar=("KEY", "VALUE"),
            help="override one, e.g. -p budget.seconds 30",
        ).completer = _keys  # type: ignore[attr-defined]
    if name not in {"compare", "verify", "serve", "params"}:
        allowed = "run the commands that a parameter file outside the project names"
        verb.add_argument("--allow-commands", action="store_true", help=allowed)
    if name == "whys":
        verb.add_argument("url", nargs="?", metavar="URL", help="the WebSocket's address, e.g. wss://api.staging.example/ws")
        verb.add_argument("--token", metavar="REF", help="a real token, as env:NAME or file:PATH")
        verb.add_argument(
            "--request", metavar="FILE|-", help="a captured request, kept in memory: cURL, HAR, fetch, websocat, wscat, raw"
        )
        verb.add_argument("--working", metavar="FILE", help="a captured handshake that works: which difference matters")
        verb.add_argument("--pytest", type=Path, metavar="FILE", help="write the handshake there as a regression test")
        verb.add_argument(
            "-v", dest="verbose", action="store_true", help="say also what each observation excluded, and how to repeat it"
        )
        verb.add_argument("--for", dest="duration", metavar="DURATION", help="watch for a rare refusal so long, e.g. 2h")
        verb.add_argument("--markdown", type=Path, metavar="FILE", help="write the answer there in ten lines for a ticket")
    if name not in {"compare", "verify", "retract", "serve"}:
        verb.add_argument("-q", dest="quiet", action="store_true", help="say nothing of what is done meanwhile")
    if name == "params":
        verb.add_argument(
            "--from", dest="source", required=True, metavar="FILE|-", help="the captured request; - is standard input"
        )
        verb.add_argument("--store", metavar="DIR", help="keep its credentials in files there, which nobody else can read")
    if name in {"whys", "params"}:
        verb.add_argument("--entry", type=int, metavar="N", help="which one, where it holds several")
    if name == "logs":
        verb.add_argument("--round", metavar="DIR", help="join the exchanges of this finished round, e.g. outputs/round-01")
    if name == "round":
        verb.add_argument("--number", type=int, default=1, metavar="N", help="the round's number (default: %(default)s)")
        verb.add_argument("--out", default="outputs", metavar="DIR", help="where rounds are kept (default: %(default)s)")
        verb.add_argument(
            "--only", action="append", default=[], metavar="NN", help="only this notebook, e.g. 02; may be repeated"
        )
        verb.add_argument("--skip", action="append", default=[], metavar="NN", help="not this notebook; may be repeated")
        verb.add_argument("--resume", action="store_true", help="go on with a round that was not finished")
        verb.add_argument(
            "--summary", metavar="FILE", help="append a summary in Markdown ($GITHUB_STEP_SUMMARY gets one by itself)"
        )
        verb.add_argument(
            "--jobs", type=int, default=1, metavar="N", help="with several -f: so many at a time (default: %(default)s)"
        )
        verb.add_argument("--until", choices=["healthy"], help="repeat until a round is healthy")
        verb.add_argument(
            "--after", metavar="COMMAND", help="with --until: what deploys; without it a changed revision is waited for"
        )
        verb.add_argument("--max", type=int, metavar="N", help="with --until: so many rounds at the most (default: 5)")
    if name != "serve":
        verb.add_argument("--json", dest="json_to", metavar="PATH|-", help="write the result as JSON there; - is standard output")


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
    if outcome.document is not None:
        try:
            write(shown(outcome.document))
        except OSError as error:
            if json_to == "-":
                raise
            status, told = COULD_NOT, f"could not be done: --json {json_to} cannot be written ({error.strerror})"
        except ValueError as failure:
            return _could_not(failure)
    print(printable(outcome.text), file=sys.stderr if json_to == "-" else sys.stdout, flush=True)
    if told:
        _progress(told)
    return status


def _could_not(failure: Exception) -> int:
    text = str(failure) if getattr(failure, "is_sentence", False) else f"{type(failure).__name__}: {failure}"
    if isinstance(failure, OSError) and failure.strerror:
        text = f"{failure.strerror}{f' ({failure.filename})' if failure.filename else ''}"
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
    text = json.dumps(document, ensure_ascii=False, allow_nan=False, indent=indent)
    try:
        text.encode((sys.stdout.encoding or "utf-8") if indent is None else "utf-8")
    except UnicodeEncodeError:
        return json.dumps(document, allow_nan=False, indent=indent)  # says the same in ASCII
    return text


def _progress(line: str) -> None:
    from lib.cli.terminal import printable

    with contextlib.suppress(OSError):  # where standard error is full, the status still says it
        print(printable(line), file=sys.stderr, flush=True)


def _silent(line: str) -> None:
    """What -q leaves out."""


if __name__ == "__main__":
    sys.exit(main())
