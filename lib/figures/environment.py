"""What a notebook's second cell shows: the environment that was opened, and what its parameters resolved to.

Secrets appear as the references that the parameters hold; what is none and looks like one is redacted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lib.figures.display.table import Prose, Stack, Table, as_html
from lib.parameters.certificates import UNVERIFIED
from lib.parameters.guesses import guesses_told
from lib.redaction.redact import redact_value

ADDRESSES = {
    "rest_url": "REST",
    "ws_url": "WebSocket",
    "auth_url": "auth service",
    "logs_endpoint": "logs",
    "project": "log project",
    "filter": "log filter",
}


@dataclass(frozen=True, repr=False)
class Folded:
    """Something long behind its summary: folded in HTML, in full elsewhere.

    `method`: it is the same in every round, so that the record's page need not print it.
    """

    summary: str
    content: Table | Stack
    method: bool = False

    def _repr_html_(self) -> str:
        kind = ' class="method"' if self.method else ""
        return f"<details{kind}><summary>{as_html(self.summary)}</summary>{self.content._repr_html_()}</details>"

    def _repr_markdown_(self) -> str:
        return f"{Prose([self.summary])._repr_markdown_()}\n{self.content._repr_markdown_()}"

    def __repr__(self) -> str:
        return f"{self.summary}\n{self.content!r}"


def _credential(token: Mapping[str, Any]) -> str:
    if token["secret"]:
        return f"a token for {token['user'] or 'no user'}, signed by {token['secret']}"
    if token["command"]:
        return f"the token that `{' '.join(token['command'])}` prints"
    if token["oauth2"]:
        return f"a token of {token['oauth2']['url']}"
    if token["login"]:
        return f"the token of a login, {token['login']['request']}"
    return f"the token behind {token['issued']}" if token["issued"] else "no credential"


def opened(here: Any) -> Stack:
    """The environment and round, the addresses in use, and each parameter by its dotted key."""
    document = redact_value(here.parameters.model_dump(mode="json", by_alias=True), here.secrets)
    target, token = document["target"], document["token"]
    faults = document["embedded"]["faults"] if document["environment"] == "embedded" else None
    built_in = "" if faults is None else f" The built-in system has the faults that it was given: {', '.join(faults) or 'none'}."
    written = "results go into the round's record" if here.record else "run alone: nothing is written but this notebook's output"
    sentences = [
        f"Environment {document['environment']}, round {here.round_number}; {written}.{built_in}",
        f"Each handshake goes to {target['ws_url']} with {_credential(token)} (carrier: {token['carrier']}).",
    ]
    if session := document["session"]:
        spoken = session["protocol"] or "a first message of its own"
        sentences.append(f"Then its session speaks {spoken}: accepted means that the session was granted.")
    if not target["tls"]["verify"]:
        sentences.append(f"{UNVERIFIED[0].upper()}{UNVERIFIED[1:]}.")
    if guesses := guesses_told(target):
        sentences.append(f"{guesses[0].upper()}{guesses[1:]}.")
    addresses = {"rest_url": target["rest_url"], "ws_url": target["ws_url"]} | redact_value(dict(here.addresses), here.secrets)
    known = [(name, addresses[key]) for key, name in ADDRESSES.items() if addresses.get(key)]
    parameters = [(key, _shown(value)) for key, value in leaves(document)]
    return Stack(
        [
            Prose(sentences),
            Folded(
                f"The addresses in use, and all {len(parameters)} parameters as they resolved",
                Stack([Table(known, ["address", "value"]), Table(parameters, ["parameter", "value"])]),
            ),
        ]
    )


def leaves(document: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Dotted keys with their values, in the order of the document; an empty map is a value of its own."""
    for key, value in document.items():
        if isinstance(value, Mapping) and value:
            yield from leaves(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _shown(value: Any) -> Any:
    # A number in a column of texts would stand to the right.
    return "null" if value is None else str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value
