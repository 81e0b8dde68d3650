"""Cloud Run as its API tells it now: one service, the revisions that serve, and who may invoke it. Nothing is changed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from google.api_core.exceptions import GoogleAPICallError
from google.auth.exceptions import GoogleAuthError

from lib.configuration.located import Map, located
from lib.configuration.readers import cloud_run
from lib.configuration.shape import Configuration, Count, Service, Source, merged
from lib.parameters.errors import BadInput

CALL_TIMEOUT_S = 30.0
MOST_PAGES = 20
"""Of revisions; a service keeps up to a thousand, and those that serve are among the newest."""
_UNANSWERED = {
    "Timeout": f"no answer within {CALL_TIMEOUT_S:g} s",
    "SSLError": "no connection with TLS comes about",
    "InvalidURL": "evidence.configuration's endpoint is no address",
    "ConnectionError": "nobody can be reached at the API's address, or the connection broke",
}
_PERMISSION = re.compile(r"\brun\.[a-zA-Z]+\.[a-zA-Z]+\b")

Call = Callable[..., Any]


def read_service(project: str, region: str, service: str, *, endpoint: str | None = None) -> Configuration:
    """What the API says of a service; what it refuses is told as refused, with the permission that is wanted."""
    name = f"projects/{project}/locations/{region}/services/{service}"
    refused: list[str] = []
    try:
        ways = _transports(_endpoint(endpoint))
    except GoogleAuthError as error:
        return Configuration(refused=(_why(error, name, ""),))
    try:
        parts = list(_told(ways, name, refused))
    finally:
        for way in ways:
            way.close()
    told = merged(Configuration(services=(part,)) for part in parts)
    return replace(told, sources=(Source(name, cloud_run.KIND, is_live=True),) if parts else (), refused=tuple(refused))


def _told(ways: tuple[Any, Any], name: str, refused: list[str]) -> Iterator[Service]:
    from google.cloud import run_v2

    services, revisions = run_v2.ServicesClient(transport=ways[0]), run_v2.RevisionsClient(transport=ways[1])
    document = _asked(services.get_service, refused, name, "run.services.get", request={"name": name})
    if document is None:
        return
    found = list(cloud_run.read(document, name, Count()))
    yield from found
    policy = _asked(services.get_iam_policy, refused, name, "run.services.getIamPolicy", request={"resource": name})
    if policy is not None:
        yield cloud_run.policy(policy, name.rpartition("/")[2], name)
    yield from _revisions(
        revisions, name, {one.name for part in found for one in part.revisions if one.percent and not one.secrets}, refused
    )


def _revisions(client: Any, service: str, wanted: set[str], refused: list[str]) -> Iterator[Service]:
    """The revisions that serve and of which nothing is known yet, page by page until they are found."""
    if not wanted:
        return
    try:
        pages = client.list_revisions(parent=service, retry=None, timeout=CALL_TIMEOUT_S).pages
        for number, page in enumerate(pages, 1):
            for revision in page.revisions:
                document = _document(revision)
                if str(document.get("name", "")).rpartition("/")[2] in wanted:
                    yield from cloud_run.read(document, service, Count())
                    wanted.discard(str(document["name"]).rpartition("/")[2])
            if not wanted or number >= MOST_PAGES:
                return
    except Exception as error:
        refused.append(_why(error, service, "run.revisions.list"))


def _asked(call: Call, refused: list[str], name: str, permission: str, **arguments: Any) -> Map | None:
    try:
        return _document(call(**arguments, retry=None, timeout=CALL_TIMEOUT_S))
    except Exception as error:
        refused.append(_why(error, name, permission))
        return None


def _why(error: Exception, name: str, permission: str) -> str:
    """An error in words of our own: the service's may quote what was sent."""
    if isinstance(error, GoogleAPICallError):
        wanted = next(iter(_PERMISSION.findall(str(error))), permission)
        hint = f"; the account needs {wanted}" if error.code == 403 else ""
        return f"{name}: the API answers {int(error.code or 0)} {type(error).__name__}{hint}"
    if isinstance(error, GoogleAuthError):
        return f"{name}: no credentials (gcloud auth application-default login)"
    return f"{name}: {_unanswered(error)}"


def _unanswered(error: Exception) -> str:
    """What ended a call that the API did not answer."""
    kinds = {kind.__name__ for kind in type(error).__mro__}  # of a library that is Google's to choose
    told = next((told for kind, told in _UNANSWERED.items() if kind in kinds), None)
    return told or f"what answers is no such API ({type(error).__name__})"


def _document(message: Any) -> Map:
    """A message as the API's JSON has it."""
    from google.protobuf.json_format import MessageToDict

    plain = type(message).pb(message) if hasattr(type(message), "pb") else message
    document: Map = located(MessageToDict(plain))
    return document


def _transports(endpoint: str | None) -> tuple[Any, Any]:
    """The two ways to the API, over REST; plain http and no credentials where the endpoint says http."""
    from google.auth.credentials import AnonymousCredentials
    from google.cloud.run_v2.services.revisions.transports import RevisionsRestTransport
    from google.cloud.run_v2.services.services.transports import ServicesRestTransport

    options: dict[str, Any] = {}
    parts = urlsplit(endpoint or "")
    if parts.scheme == "http":
        options["credentials"] = AnonymousCredentials()  # type: ignore[no-untyped-call]  # the library's, without types
    if endpoint:
        options |= {"host": parts.netloc, "url_scheme": parts.scheme}
    ways = (ServicesRestTransport(**options), RevisionsRestTransport(**options))
    for way in ways:
        # A proxy of the environment may be what is being investigated; on this machine none is needed.
        way._session.trust_env = parts.scheme != "http"
    return ways


def _endpoint(text: str | None) -> str | None:
    if text is None:
        return None
    parts = urlsplit(text if "//" in text else f"https://{text}")
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc or parts.path not in ("", "/"):
        raise BadInput(
            "evidence.configuration.endpoint",
            "it is no such address",
            "http://host:port (plaintext, no credentials) or https://host",
        )
    return f"{parts.scheme}://{parts.netloc}"
