"""The arguments of all verbs; what is none of them is told in one sentence. Light, so that `--help` is immediate."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

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
MAX_NAME, MAX_PATH = 255, 4095
"""Bytes of one name in a path, and of all of it: no file system here takes more."""
MAX_QUOTED = 40
_ACCEPTED = "; accepted: "


def parser() -> argparse.ArgumentParser:
    """The arguments of all verbs."""
    outer = _Parser(
        prog="python -m lib",
        description="Finds out why a WebSocket is refused, and proves it.",
        epilog="exit status: 0 healthy, 1 findings, 2 bad input, 3 it could not be done, 130 interrupted",
    )
    outer.add_argument("--version", action=_Version, nargs=0, help="print the version")
    verbs = outer.add_subparsers(dest="verb", required=True, metavar="VERB")
    for name, does in VERBS.items():
        verb = verbs.add_parser(name, help=does, description=does[0].upper() + does[1:] + ".")
        _add_arguments(verb, name)
        outer.usages[name] = verb
    return outer


class _Parser(argparse.ArgumentParser):
    """Refuses as everything here refuses: what, where, what would be accepted. No value is repeated that stands in no option's
    place: it may be a secret."""

    def __init__(self, **settings: Any):
        super().__init__(**settings)
        self.usages: dict[str, argparse.ArgumentParser] = {}

    def parse_args(self, args: Sequence[str] | None = None, namespace: Any = None) -> Any:  # type: ignore[override]  # argparse has overloads
        given, unknown = self.parse_known_args(args, namespace)
        if unknown:
            verb = self.usages.get(given.verb, self)
            options = [part.partition("=")[0][:MAX_QUOTED] for part in unknown if part.startswith("-")]
            found = f"there is no option {options[0]!a}" if options else f"{len(unknown)} more than it takes"
            self.error(f"argument {given.verb}: {found}{_ACCEPTED}{_usage(verb)}")
        return given

    def print_help(self, file: Any = None) -> None:
        print(self.format_help(), end="", file=file, flush=True)  # argparse's own says nothing where that cannot be written

    def error(self, message: str) -> NoReturn:
        from lib.cli.terminal import printable
        from lib.parameters.errors import BadInput

        found = re.fullmatch(r"argument (\S+?): (.*)", message, re.DOTALL)
        where, what = (found[1], found[2]) if found else ("the command line", message)
        what, _, accepted = what.partition(_ACCEPTED)
        if choice := re.fullmatch(r"invalid choice: (.*) \(choose from (.*)\)", what, re.DOTALL):
            what, accepted = f"found {choice[1][: MAX_QUOTED + 2]}", choice[2].replace("'", "")
        refusal = BadInput(where, what, accepted or _usage(self))
        self.exit(2, printable(f"bad input: {refusal}") + "\n")


class _Once(argparse.Action):
    """Keeps a file; a second one, which counts beside the first in a round, would replace it in silence."""

    def __call__(self, parser: argparse.ArgumentParser, namespace: Any, values: Any, option: str | None = None) -> None:
        if option and getattr(namespace, self.dest, self.default) != self.default:
            raise argparse.ArgumentError(self, f"it is given twice{_ACCEPTED}one value")
        setattr(namespace, self.dest, values)


class _Version(argparse.Action):
    """Looks the version up only when it is asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *rest: Any) -> None:
        from importlib.metadata import version

        print(version("websocket-investigation"), flush=True)
        parser.exit()


def _text(value: str) -> str:
    if not value:  # such as a shell's variable that is not set
        raise argparse.ArgumentTypeError(f"it is empty{_ACCEPTED}a value, or no such argument")
    return value


def _value(value: str) -> str:
    if not value:
        raise argparse.ArgumentTypeError(
            f"KEY or VALUE is empty{_ACCEPTED}a dotted key and a YAML value: null, or '\"\"' for no text"
        )
    return value


def _path(value: str) -> str:
    path = os.fsencode(_text(value))
    if len(path) > MAX_PATH or any(len(name) > MAX_NAME for name in path.split(b"/")):
        raise argparse.ArgumentTypeError(f"the path {_quoted(value)} is longer than that of any file{_ACCEPTED}a path")
    return value


def _file(value: str) -> Path:
    return Path(_path(value))


def _whole(value: str) -> int:
    if not re.fullmatch(r"[+-]?[0-9]{1,15}", value):
        raise argparse.ArgumentTypeError(f"found {_quoted(value)}{_ACCEPTED}a whole number")
    return int(value)


def _quoted(text: str) -> str:
    return repr(text if len(text) <= MAX_QUOTED else f"{text[:MAX_QUOTED]}…")


def _usage(verb: argparse.ArgumentParser) -> str:
    return " ".join(verb.format_usage().split()).removeprefix("usage: ")


def _keys(prefix: str, **_: Any) -> list[str]:
    """The dotted keys of the parameters, for the shell to complete -p with."""
    from lib.parameters.loading import ROOT, dotted_keys, read_yaml

    return [key for key in dotted_keys(read_yaml(ROOT / "params" / "base.yaml")) if key.startswith(prefix)]


def _add_arguments(verb: argparse.ArgumentParser, name: str) -> None:
    if name in _POSITIONAL:
        _POSITIONAL[name](verb)
    else:
        _add_parameters(verb, several=name == "round")
    if name not in {"compare", "verify", "serve", "params"}:
        allowed = "run the commands that a parameter file outside the project names"
        verb.add_argument("--allow-commands", action="store_true", help=allowed)
    if name in _OF_ITS_OWN:
        _OF_ITS_OWN[name](verb)
    if name not in {"compare", "verify", "retract", "serve"}:
        verb.add_argument("-q", dest="quiet", action="store_true", help="say nothing of what is done meanwhile")
    if name in {"whys", "params"}:
        verb.add_argument("--entry", type=_whole, metavar="N", help="which one, where it holds several")
    if name != "serve":
        told = "write the result as JSON there; - is standard output"
        verb.add_argument("--json", dest="json_to", type=_path, metavar="PATH|-", help=told)


def _add_parameters(verb: argparse.ArgumentParser, *, several: bool) -> None:
    kept: dict[str, Any] = {"dest": "files", "action": "append"} if several else {"dest": "file", "action": _Once}
    told = "parameters (default: params/embedded.yaml)"
    verb.add_argument("-f", **kept, default=None, type=_path, metavar="FILE", help=told)
    told = "override one, e.g. -p budget.seconds 30; of one that comes twice the later counts"
    override = verb.add_argument(
        "-p", dest="overrides", action="append", nargs=2, type=_value, default=[], metavar=("KEY", "VALUE"), help=told
    )
    override.completer = _keys  # type: ignore[attr-defined]  # argcomplete looks for it there


def _compare(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("rounds", nargs=2, type=_path, metavar="ROUND", help="a round's folder, or its number below outputs/")


def _verify(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("folder", type=_path, metavar="DIR", help="a round's folder")


def _retract(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("round", type=_path, metavar="ROUND", help="a round's folder, or its number below outputs/")
    verb.add_argument("claim", type=_text, metavar="CLAIM", help="the claim's words, or a part that only one claim has")
    verb.add_argument("--because", required=True, type=_text, metavar="TEXT", help="why it does not hold")


def _whys(verb: argparse.ArgumentParser) -> None:
    told = "the WebSocket's address, e.g. wss://api.staging.example/ws"
    verb.add_argument("url", nargs="?", type=_text, metavar="URL", help=told)
    verb.add_argument("--token", type=_text, metavar="REF", help="a real token, as env:NAME or file:PATH")
    told = "a captured request, kept in memory: cURL, HAR, fetch, websocat, wscat, raw"
    verb.add_argument("--request", type=_path, metavar="FILE|-", help=told)
    told = "a captured handshake that works: which difference matters"
    verb.add_argument("--working", type=_path, metavar="FILE", help=told)
    verb.add_argument("--pytest", type=_file, metavar="FILE", help="write the handshake there as a regression test")
    told = "say also what each observation excluded, and how to repeat it"
    verb.add_argument("-v", dest="verbose", action="store_true", help=told)
    told = "watch for a rare refusal so long, e.g. 2h"
    verb.add_argument("--for", dest="duration", type=_text, metavar="DURATION", help=told)
    verb.add_argument("--markdown", type=_file, metavar="FILE", help="write the answer there in ten lines for a ticket")


def _params(verb: argparse.ArgumentParser) -> None:
    told = "the captured request; - is standard input"
    verb.add_argument("--from", dest="source", required=True, type=_path, metavar="FILE|-", help=told)
    told = "keep its credentials in files there, which nobody else can read"
    verb.add_argument("--store", type=_path, metavar="DIR", help=told)


def _logs(verb: argparse.ArgumentParser) -> None:
    told = "join the exchanges of this finished round, e.g. outputs/round-01"
    verb.add_argument("--round", type=_path, metavar="DIR", help=told)


def _round(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--number", type=_whole, default=1, metavar="N", help="the round's number (default: %(default)s)")
    verb.add_argument("--out", type=_path, default="outputs", metavar="DIR", help="where rounds are kept (default: %(default)s)")
    for option, told in (
        ("--only", "only this notebook, e.g. 02; may be repeated"),
        ("--skip", "not this notebook; may be repeated"),
    ):
        verb.add_argument(option, action="append", type=_text, default=[], metavar="NN", help=told)
    verb.add_argument("--resume", action="store_true", help="go on with a round that was not finished")
    told = "append a summary in Markdown ($GITHUB_STEP_SUMMARY gets one by itself)"
    verb.add_argument("--summary", type=_path, metavar="FILE", help=told)
    told = "with several -f: so many at a time (default: %(default)s)"
    verb.add_argument("--jobs", type=_whole, default=1, metavar="N", help=told)
    verb.add_argument("--until", choices=["healthy"], help="repeat until a round is healthy")
    told = "with --until: what deploys; without it a changed revision is waited for"
    verb.add_argument("--after", type=_text, metavar="COMMAND", help=told)
    verb.add_argument("--max", type=_whole, metavar="N", help="with --until: so many rounds at the most (default: 5)")


_POSITIONAL = {"compare": _compare, "verify": _verify, "retract": _retract}
_OF_ITS_OWN = {"whys": _whys, "params": _params, "logs": _logs, "round": _round}
