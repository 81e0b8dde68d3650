"""A handshake that works, captured elsewhere, beside the configured one: the differences that may be tried, and with what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from lib import tokens
from lib.captures.conversion import converted
from lib.captures.reading import MAX_CHARACTERS, read
from lib.handshake import Handshake, configured
from lib.parameters import loading as params
from lib.parameters.hosts import host_of
from lib.parameters.loading import Parameters
from lib.parameters.production import unnamed_production
from lib.parameters.secrets import is_reference
from lib.whys.catalogue.factors import LIKELY_DIFFERENCES
from lib.whys.probes import Change, merged
from lib.whys.working_differences import Differences

PREFIX = "WORKING"
"""What the references of a working handshake begin with; they are resolved in memory alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Working:
    """The differences, most likely first; the values behind their references; and what was not taken over, in sentences.

    `bound`: the change to the working handshake's host with the credentials that are that host's own; nothing is sent there
    without all of it. `token` is the reference to its token, `algorithm` what that says it is signed with.
    """

    differences: tuple[Change, ...] = ()
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    told: tuple[str, ...] = ()
    bound: Change | None = None
    token: str | None = None
    algorithm: str | None = None


def compared(parameters: Parameters, handshake: Handshake) -> Working:
    """What `target.working` differs in; nothing without one. Raises `params.BadInput` where it cannot be read."""
    if parameters.target.working is None:
        return Working()
    found = converted(read(_text(parameters.target.working)), prefix=PREFIX, with_browser=True)
    document = {**found.document, "environment": parameters.environment}
    document["target"] = {**found.document["target"], "allow_hosts": [urlsplit(found.document["target"]["ws_url"]).netloc]}
    other = params.completed(document, "target.working")
    values = {name: found.secrets.get(name) or params.resolve(f"env:{name}", where="target.working") for name in _names(other)}
    sent = configured(other, environ=values)
    differences = Differences(handshake, other, sent, prefix=PREFIX)
    tried, told, bound = _permitted(parameters, handshake, sent, differences)
    # Files that the command trusts and presents are told by the import; they are no factor of a handshake.
    told += (
        ["the working command names files that it trusts or presents: target.tls is not changed"]
        if other.target.tls != (parameters.target.tls) and found.document["target"].get("tls")
        else []
    )
    algorithm = tokens.decode(sent.token).header.get("alg") if sent.token else None
    return Working(
        differences=tuple(sorted(tried, key=lambda change: LIKELY_DIFFERENCES.index(change.factor))),
        secrets={f"env:{name}": value for name, value in values.items()} | differences.cookies,
        told=tuple(told),
        bound=bound,
        token=other.token.issued,
        algorithm=algorithm if isinstance(algorithm, str) else None,
    )


def _permitted(
    parameters: Parameters, ours: Handshake, theirs: Handshake, found: Differences
) -> tuple[list[Change], list[str], Change | None]:
    """The differences that may be tried, what is told of the others, and the change that goes to a host of its own.

    A credential goes to no host but its own, unless `target.allow_hosts` names both, and under no weaker scheme than its own.
    """
    credentials, rest, address = found.of_credentials(), found.of_the_rest(), found.of_the_address()
    host, other = host_of(ours.url), host_of(theirs.url)
    named = {host_of(f"//{one}") for one in parameters.target.allow_hosts or ()}
    apart = host != other and not {host, other} <= named
    moving = [change for change in address if (apart and "host" in change.factors) or "url_scheme" in change.factors]
    staying = [change for change in address if change not in moving]
    if not moving or not (apart or credentials):
        return [*credentials, *rest, *address], [], None
    if why := _not_there(parameters, ours, other) if apart else None:
        left = " and ".join(change.name for change in [*moving, *credentials])
        return [*rest, *staying], [f"the working handshake goes to {other}, which is not tried ({left}): {why}"], None
    together = [*moving, *credentials]
    alters = tuple(dict.fromkeys(factor for change in together for factor in change.touched))
    # Under the configured scheme their credentials may go where ours does, under a safer one ours may.
    finer = () if apart else tuple(credentials if ours.url.startswith("wss:") else moving)
    change = Change(factor="host", factors=merged(together), alters=alters, finer=finer)
    told = [f"tried together, so that no credential goes where it does not belong: {change.name}"] if credentials else []
    return [*rest, *staying, change], told, change if apart else None


def _not_there(parameters: Parameters, ours: Handshake, host: str) -> str | None:
    """Why nothing may be sent to the working handshake's host, even with its own credentials."""
    if parameters.target.allow_hosts is not None and host not in parameters.permitted_hosts():
        return "target.allow_hosts must name both"
    if why := unnamed_production(host, parameters.permitted_hosts()):
        return f"it {why}"
    if ours.session is not None:
        return "what is said in the session could be a credential; target.allow_hosts must name both"
    cookies = [pair for name, text in ours.headers if name.lower() == "cookie" for pair in text.split(";") if pair.strip()]
    if any("=" not in pair for pair in cookies):
        return "a cookie without a name cannot be left out; target.allow_hosts must name both"
    if ours.tls.certificate is not None:
        return "the certificate that is presented is a credential; target.allow_hosts must name both"
    return None


def _text(reference: str) -> str:
    path = params.expanded(reference.removeprefix("file:"), where="target.working")
    try:
        return params.read_regular(params.ROOT / path, at_most=4 * MAX_CHARACTERS).decode("utf-8", "replace")
    except OSError as error:
        raise params.BadInput(
            "target.working", f"{path} cannot be read ({params.why_unreadable(error)})", "a file with a captured handshake"
        ) from None


def _names(parameters: Parameters) -> set[str]:
    return {reference.removeprefix("env:") for reference in parameters.references() if is_reference(reference)}
