"""Which parameters a command line stands for: a file, -p, an address, a token and a captured request, all at once."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from lib.captures import conversion, reading
from lib.captures.conversion import Converted
from lib.captures.request import Captured
from lib.parameters import loading as params
from lib.parameters.guesses import rest_url_of
from lib.parameters.hosts import host_of
from lib.parameters.model import Parameters

DEFAULT_FILE = "params/embedded.yaml"


def overrides(given: argparse.Namespace) -> dict[str, Any]:
    """The values of -p KEY VALUE."""
    return {key: params.parse_value(value, key=key) for key, value in given.overrides}


def loaded(given: argparse.Namespace) -> Parameters:
    """The parameters of -f and -p, for the verbs that take no more."""
    file = given.file or DEFAULT_FILE
    if not getattr(given, "allow_commands", False):
        params.refuse_foreign_commands(file, overrides(given), accepted="--allow-commands beside it")
    return params.load(file, overrides(given))


def composed(given: argparse.Namespace, tell: Callable[[str], None]) -> Parameters:
    """The parameters of -f, -p, the captured request, the address and the token, the later winning; what is guessed is told.

    An address alone needs no file: its host is the environment, base.yaml the rest, and no built-in system is started.
    """
    if not (given.url or given.token or given.request or given.working):
        return loaded(given)
    named = given.file or (None if given.url or given.request else DEFAULT_FILE)
    if named and not given.allow_commands:
        params.refuse_foreign_commands(named, overrides(given), accepted="--allow-commands beside it")
    document: dict[str, Any] = params.read_yaml(params.parameters_path(named)) if named else {}
    for key, value in overrides(given).items():
        document = params.set_dotted(document, key, value)
    if given.request:
        captured = imported(given.request, given.entry, with_browser=True)
        params.set_variables(captured.secrets)  # in this process alone: they are written nowhere
        document = _over(document, captured.document)
        for line in captured.told:
            tell(line)
    if given.url:
        document = _addressed(document, given.url, tell)
    if given.token:
        document = params.set_dotted(document, "token.issued", given.token)
    if given.working:
        document = params.set_dotted(
            document, "target.working", f"file:{params.expanded(given.working, where='--working').absolute()}"
        )
    return params.completed(_named(document, tell) if given.url or given.request else document, "the command line")


def imported(source: str, entry: int | None, *, with_browser: bool = False) -> Converted:
    """What a captured request becomes; `source` is a file, or - for standard input."""
    captured = (
        reading.read(sys.stdin.read(reading.MAX_CHARACTERS + 1), entry=entry)
        if source == "-"
        else reading.read_file(params.expanded(source, where="the captured request"), entry=entry)
    )
    return conversion.converted(captured, with_browser=with_browser)


def parameter_file(given: argparse.Namespace, tell: Callable[[str], None]) -> dict[str, Any]:
    """The document that `params --from` prints: valid as a parameter file, its credentials as references."""
    found = imported(given.source, given.entry)
    document = _over(params.read_yaml(params.parameters_path(given.file)) if given.file else {}, found.document)
    for key, value in overrides(given).items():
        document = params.set_dotted(document, key, value)
    document = {"environment": None} | _named(document, tell)
    params.completed(document, "the captured request")
    kept = params.keep(found.secrets, Path(given.store)) if given.store else {}
    references = {f"env:{name}": reference for name, reference in kept.items()}
    for line in found.told:
        tell(re.sub(r"\benv:\w+", lambda found: references.get(found[0], found[0]), line))
    for name in () if kept else found.secrets:
        tell(f"before use: export {name}=…")
    return _referring(document, references)


def _referring(value: Any, references: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _referring(item, references) for key, item in value.items()}
    return references.get(value, value) if isinstance(value, str) else value


def _over(document: Mapping[str, Any], captured: Mapping[str, Any]) -> dict[str, Any]:
    """The document with what was captured laid over it, group by group."""
    result = dict(document)
    for group, content in captured.items():
        if not isinstance(result.get(group) or {}, dict):
            raise params.BadInput(group, f"found a {type(result[group]).__name__}", "a map")
        result[group] = {**(result.get(group) or {}), **content}
    return result


def _named(document: dict[str, Any], tell: Callable[[str], None]) -> dict[str, Any]:
    """The document with an environment's name and a REST address, where it has none."""
    if not document.get("environment"):
        target = document.get("target")
        document = {**document, "environment": environment_of(str(target.get("ws_url") if isinstance(target, dict) else ""))}
    return with_guesses(document, tell)


def _addressed(document: dict[str, Any], url: str, tell: Callable[[str], None]) -> dict[str, Any]:
    """The document at another address, whose credentials are kept in memory as those of a captured request are."""
    if not re.match(r"wss?://[^/?#]", url):
        raise params.BadInput("URL", "it is no WebSocket address", "an address such as wss://api.staging.example/ws")
    address = Captured(url=url, form="the address")
    try:
        found = conversion.converted(address, prefix="ADDRESS", has_token=bool(document.get("token")))
    except ValueError:  # what cannot be read as an address is refused with everything else
        found = None
    if found is None or not found.secrets:
        return params.set_dotted(document, "target.ws_url", url)
    params.set_variables(found.secrets)
    for line in found.told:
        tell(line)
    return _over(document, found.document)


def environment_of(url: str) -> str:
    """The name that an address gives to an environment: its host."""
    try:
        return re.sub(r"[^A-Za-z0-9._-]", "-", host_of(url)) or "target"
    except ValueError:
        return "target"  # the address itself is refused with everything else


def with_guesses(document: dict[str, Any], tell: Callable[[str], None]) -> dict[str, Any]:
    """The document with the REST address guessed from the WebSocket's, where none is given; what is guessed is told."""
    target = document.get("target") or {}
    if not isinstance(target, dict) or "rest_url" in target or not isinstance(target.get("guessed") or {}, dict):
        return document  # what is no group is refused with everything else
    try:
        guess = rest_url_of(str(target.get("ws_url")))
    except ValueError:
        return document
    base = params.read_yaml(params.ROOT / "params" / "base.yaml")["target"]
    paths = " and ".join(str(target.get(key, base[key])) for key in ("health_path", "protected_path"))
    tell(f"guessed from the address: target.rest_url {guess}, with {paths} (-p target.rest_url null asks nothing over REST)")
    guesses = {"rest_url": guess, **{key: base[key] for key in ("health_path", "protected_path") if key not in target}}
    document = params.set_dotted(document, "target.guessed", {**(target.get("guessed") or {}), **guesses})
    return params.set_dotted(document, "target.rest_url", guess)
