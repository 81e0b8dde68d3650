"""The parameters of an investigation: read from YAML, refused when wrong, secrets kept as references.

`load` is what every verb and notebook calls. Shapes and meanings stand in `params/base.yaml`, which is also where every
default is read from. Beside `references` this is the only room that reads `os.environ`.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any, get_args

from pydantic import ValidationError

from lib.parameters import yaml_text
from lib.parameters.certificates import keys_in
from lib.parameters.errors import BadInput
from lib.parameters.guesses import with_values
from lib.parameters.model import Parameters, RuleBroken
from lib.parameters.plain import NotPlain, check_plain
from lib.parameters.secrets import ROOT, expanded, keep, read_regular, resolve, resolved, value_of, why_unreadable
from lib.redaction.names import is_secret, tells_secret

__all__ = [
    "ROOT",
    "BadInput",
    "Parameters",
    "completed",
    "dotted_keys",
    "expanded",
    "investigation_of_parent",
    "keep",
    "known_secrets",
    "load",
    "parameters_path",
    "parse_value",
    "provide",
    "pseudonym_key",
    "read_regular",
    "read_yaml",
    "refuse_foreign_commands",
    "resolve",
    "resolved",
    "set_dotted",
    "set_variables",
    "validated",
    "value_of",
    "variable",
    "why_unreadable",
]

MIN_UNREFERENCED_CHARACTERS = 8
"""A shorter value of a variable that no parameter names may be any word."""
FREE_MAPS = frozenset(
    {
        "token.claims",
        "headers",
        "target.query",
        "alternatives.claims",
        "objectives",
        "suite.env",
        "features",
        "performance.figures",
    }
)
MAX_FILE_BYTES = 262_144
_MAY_BE_SECRET = re.compile(
    r"secret|token\.(?:issued|command|oauth2|login)|header|target\.query|session\.(?:send|payload)|evidence\.users", re.IGNORECASE
)
"""Parameters of which a refusal shows no text."""


def load(environment: str | Path = "embedded", overrides: Mapping[str, Any] | None = None, *, root: Path = ROOT) -> Parameters:
    """The parameters that a name in params/ or a path, and dotted overrides, resolve to.

    Raises `BadInput` for a missing file, unknown keys, wrong types and values that could never be sent. Secrets stay references.
    """
    path = parameters_path(environment, root=root)
    given = read_yaml(path)
    for key, value in (overrides or {}).items():
        given = set_dotted(given, str(key), value)
    return completed(given, path.name, root=root)


def completed(given: Mapping[str, Any], source: str, *, root: Path = ROOT) -> Parameters:
    """The parameters in a document that names only what differs from params/base.yaml."""
    return validated(_merge(read_yaml(root / "params" / "base.yaml"), dict(given), prefix=""), source)


def validated(document: Mapping[str, Any], source: str) -> Parameters:
    """The parameters in a complete document; `source` says in a refusal where it came from."""
    try:
        check_plain(document)
        return Parameters.model_validate(document)
    except NotPlain as error:
        raise BadInput(f"{error.key} ({source})", error.found, error.accepted) from None
    except RuleBroken as error:
        raise BadInput(f"{error.key} ({source})", error.found, error.accepted) from None
    except ValidationError as error:
        raise _refusal(error, source) from None


def parameters_path(environment: str | Path, *, root: Path = ROOT) -> Path:
    """The YAML file that a name (`staging`) or a path (`params/staging.yaml`) stands for; `BadInput` if there is none."""
    name = str(environment)
    if re.fullmatch(r"[A-Za-z0-9_-]+", name):
        path = root / "params" / f"{name}.yaml"
    else:
        path = expanded(name, where="environment")
        path = path if path.is_absolute() or os.path.exists(path) else root / path
    try:
        is_there = path.is_file()
    except OSError:  # a folder that may not be entered: reading the file says so
        is_there = True
    if not is_there:
        known = ", ".join(sorted(found.stem for found in (root / "params").glob("*.yaml") if found.stem != "base"))
        raise BadInput("environment", f"there is no parameter file {path}", f"a path to a YAML file, or one of {known}")
    return path


COMMANDS = ("logs.command", "token.command")
"""Parameters that name programs to be run here."""


def refuse_foreign_commands(
    environment: str | Path, overrides: Mapping[str, Any] | None = None, *, accepted: str, root: Path = ROOT
) -> None:
    """Raises `BadInput` where a file outside the project names a command, and no override one in its place."""
    path = parameters_path(environment, root=root).resolve()
    if path.is_relative_to(root):
        return
    document = read_yaml(path)
    for key in COMMANDS:
        group, _, name = key.partition(".")
        given = document.get(group)
        if isinstance(given, Mapping) and given.get(name) and key not in (overrides or {}):
            raise BadInput(key, f"a command from {path.name}, which lies outside the project", accepted)


def read_yaml(path: Path) -> dict[str, Any]:
    """The mapping in a YAML file of at most 256 KiB; `BadInput` says where it is not one."""
    try:
        text = read_regular(path, at_most=MAX_FILE_BYTES + 1)
        if len(text) > MAX_FILE_BYTES:
            raise BadInput(str(path), "the file is larger than 256 KiB", "a parameter file")
        document = yaml_text.parse(text.decode("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(str(path), f"it cannot be read ({why_unreadable(error)})", "a readable UTF-8 file") from None
    except yaml_text.NotUsable as error:
        raise BadInput(str(path), str(error), "the keys of params/base.yaml") from None
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise BadInput(str(path), f"it holds {_name(document)}", "a mapping with the keys of params/base.yaml")
    return with_values(document, lambda: read_yaml(ROOT / "params" / "base.yaml")["target"])


def parse_value(text: str, *, key: str) -> Any:
    """The VALUE of `-p KEY VALUE`, read as YAML."""
    try:
        return yaml_text.parse(text)
    except yaml_text.NotUsable as error:
        raise BadInput(f"-p {key}", f"of the value, {error}", "a YAML value such as 2, null, [] or '{users: 5}'") from None


def set_dotted(document: Mapping[str, Any], key: str, value: Any) -> dict[str, Any]:
    """A copy of `document` with the value at a dotted key, groups created where they are absent or null."""
    result = deepcopy(dict(document))
    *groups, last = key.split(".")
    if not last or not all(groups):
        raise BadInput(key, "a part of the key is empty", "a dotted key of params/base.yaml")
    place = result
    for depth, group in enumerate(groups, start=1):
        if place.get(group) is None:
            place[group] = {}
        place = place[group]
        if not isinstance(place, dict):
            raise BadInput(key, f"{'.'.join(groups[:depth])} is {_name(place)}, not a group", "a dotted key of params/base.yaml")
    place[last] = value
    return result


def dotted_keys(document: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """The dotted keys of a document, groups left out."""
    for key, value in document.items():
        if isinstance(value, Mapping) and value:
            yield from dotted_keys(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}"


def provide(name: str, make: Callable[[], str]) -> str:
    """The environment variable of this name, made and set for this process and its children where it is unset."""
    if not os.environ.get(name):
        os.environ[name] = make()
    return os.environ[name]


def investigation_of_parent() -> dict[str, Any] | None:
    """What the round that started this process handed on in the variable `INVESTIGATION`, if one did."""
    text = os.environ.get("INVESTIGATION")
    return json.loads(text) if text else None


def variable(name: str) -> str | None:
    """What an environment variable holds, if anything."""
    return os.environ.get(name) or None


def set_variables(values: Mapping[str, str | None]) -> dict[str, str | None]:
    """Sets (None: removes) environment variables for this process and its children; returns what stood there before."""
    before = {name: os.environ.get(name) for name in values}
    for name, value in values.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
    return before


def known_secrets(parameters: Parameters, environ: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """The values behind all references that can be read, and those of variables whose names tell of a secret, for redaction."""
    found = []
    for reference in parameters.references():
        try:
            found.append(resolve(reference, where="", environ=environ))
        except BadInput:
            continue
    found += keys_in(parameters.target.tls)
    return tuple(dict.fromkeys([*found, *secrets_by_name(os.environ if environ is None else environ)]))


def pseudonym_key(parameters: Parameters) -> str | None:
    """What the parameters give to make pseudonyms with; raises `BadInput` where it cannot be read."""
    return resolve(parameters.redact.key, where="redact.key") if parameters.redact.key else None


def secrets_by_name(environ: Mapping[str, str]) -> Iterator[str]:
    """The values of variables whose names tell of a secret, whether or not a parameter refers to them."""
    for name, value in environ.items():
        if name == "PWD" and value.startswith("/"):  # the shell's folder, which may have blanks or quotes in its name
            continue
        tells = tells_secret(name)
        if tells and len(value) >= MIN_UNREFERENCED_CHARACTERS and value.strip() == value and is_secret(value, tells, loose=True):
            yield value


def _merge(base: Any, given: Any, *, prefix: str) -> Any:
    if not isinstance(base, dict) or not isinstance(given, dict) or prefix in FREE_MAPS:
        return given
    merged = dict(base)
    for key, value in given.items():
        path = f"{prefix}.{key}" if prefix else str(key)
        merged[key] = _merge(base[key], value, prefix=path) if key in base else value
    return merged


def _refusal(error: ValidationError, file: str) -> BadInput:
    first = error.errors()[0]
    location = first["loc"][:2] + first["loc"][3:4] if first["loc"][0] == "objectives" else first["loc"]
    if location[0] == "session" and location[-1] in ("text", "map"):
        location = location[:-1]
    # So without pydantic's own tags.
    where = ".".join(str(part) for part in location if part != "[key]") or "the parameters"
    if first["type"] == "extra_forbidden":
        return BadInput(f"{where} ({file})", "there is no such parameter", _known_keys(first["loc"]))
    if first["type"] == "missing":
        return BadInput(f"{where} ({file})", "it is not set", "a value: nothing stands in for it")
    if first["type"] == "model_type":
        return BadInput(f"{where} ({file})", f"found {_name(first['input'])}", _known_keys((*first["loc"], "")))
    accepted = str((first.get("ctx") or {}).get("accepted") or re.sub(_PYDANTIC, "", first["msg"]))
    accepted = _ACCEPTED.get(accepted, accepted)
    shown = first["input"]
    found = f"found {type(shown).__name__} {shown!r}" if isinstance(shown, (int, float, bool)) else f"found {_name(shown)}"
    if isinstance(shown, str) and not _MAY_BE_SECRET.search(where):
        found = f"found the text {shown[:80]!r}"
    return BadInput(f"{where} ({file})", found, accepted)


_PYDANTIC = re.compile(r"^(?:Input should be|\w+ should have|String should) ")
_ACCEPTED = {
    "a valid string": "a text",
    "a valid integer": "a whole number",
    "a valid number": "a number",
    "a valid boolean": "true or false",
    "a valid dictionary": "a map",
    "a valid list": "a list",
    "a valid datetime": "a moment such as 2026-11-24T03:20:00Z",
}
"""Pydantic's words in YAML's."""


def _name(value: Any) -> str:
    known = {
        str: "a text",
        dict: "a map",
        list: "a list",
        type(None): "null",
        int: "a number",
        float: "a number",
        bool: "true or false",
    }
    return known.get(type(value), f"a {type(value).__name__}")


def _group(annotation: Any) -> Any:
    """The group of parameters that a key holds, also where it may be null or is a list of them."""
    inside = [_group(part) for part in get_args(annotation)]
    return next((part for part in inside if hasattr(part, "model_fields")), annotation)


def _known_keys(location: tuple[int | str, ...]) -> str:
    model: Any = Parameters
    for part in location[:-1]:
        named = isinstance(part, str) and part in model.model_fields  # else a list's place, or a map's own name
        model = _group(model.model_fields[str(part)].annotation) if named else model
    return "one of " + ", ".join(field.alias or name for name, field in model.model_fields.items())
