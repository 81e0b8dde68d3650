"""Which parameters the arguments of `whys` stand for: a file, -p, an address, a token and a captured request, all at once."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from lib.parameters import loading as params
from lib.parameters.model import Parameters, host_of

DEFAULT_FILE = "params/embedded.yaml"


def overrides(given: argparse.Namespace) -> dict[str, Any]:
    """The values of -p KEY VALUE."""
    return {key: params.parse_value(value, key=key) for key, value in given.overrides}


def loaded(given: argparse.Namespace) -> Parameters:
    """The parameters of -f and -p, for the verbs that take no more."""
    return params.load(given.file or DEFAULT_FILE, overrides(given))


def composed(given: argparse.Namespace, tell: Callable[[str], None]) -> Parameters:
    """The parameters of -f, -p, the address and the token, the later of them winning; what is guessed is told.

    An address alone needs no file: its host is the environment, base.yaml the rest, and no built-in system is started.
    """
    if not (given.url or given.token):
        return loaded(given)
    named = given.file or (None if given.url else DEFAULT_FILE)
    document: dict[str, Any] = params.read_yaml(params.parameters_path(named)) if named else {}
    for key, value in overrides(given).items():
        document = params.set_dotted(document, key, value)
    if given.url:
        document = _addressed(document, given.url, tell)
    if given.token:
        document = params.set_dotted(document, "token.issued", given.token)
    return params.completed(document, "the command line")


def _addressed(document: dict[str, Any], url: str, tell: Callable[[str], None]) -> dict[str, Any]:
    if not re.match(r"wss?://[^/?#]", url):
        raise params.BadInput("URL", "it is no WebSocket address", "an address such as wss://api.staging.example/ws")
    document = params.set_dotted(document, "target.ws_url", url)
    if "environment" not in document:
        document = params.set_dotted(document, "environment", environment_of(url))
    return with_guesses(document, tell)


def environment_of(url: str) -> str:
    """The name that an address gives to an environment: its host."""
    return re.sub(r"[^A-Za-z0-9._-]", "-", host_of(url)) or "target"


def with_guesses(document: dict[str, Any], tell: Callable[[str], None]) -> dict[str, Any]:
    """The document with the REST address guessed from the WebSocket's, where none is given; what is guessed is told."""
    target: Mapping[str, Any] = document.get("target") or {}
    if "rest_url" in target:
        return document
    parts = urlsplit(str(target.get("ws_url")))
    guess = f"{'https' if parts.scheme == 'wss' else 'http'}://{parts.netloc}"
    base = params.read_yaml(params.ROOT / "params" / "base.yaml")["target"]
    paths = " and ".join(str(target.get(key, base[key])) for key in ("health_path", "protected_path"))
    tell(f"guessed from the address: target.rest_url {guess}, with {paths} (-p target.rest_url null asks nothing over REST)")
    return params.set_dotted(document, "target.rest_url", guess)
