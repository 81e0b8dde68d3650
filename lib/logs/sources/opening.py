"""Where log entries come from: Cloud Logging's API, exported files, or nowhere; one shape out, redacted.

The only importer of google-cloud-logging. A source never pretends to completeness: what it could not read, the `Reading` says.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from lib.clients.command import find_program
from lib.facts import LogEntry
from lib.logs.sources.cloud import CloudSource
from lib.logs.sources.normalise import Shaper
from lib.logs.sources.reading import Asked, Progress, Reading, SourceRefused
from lib.parameters.errors import BadInput
from lib.parameters.secrets import expanded

if TYPE_CHECKING:
    from lib.parameters.model import LogSettings

__all__ = ["NoSource", "Source", "SourceRefused", "open_source"]

CREDENTIALS_FILE = "GOOGLE_APPLICATION_CREDENTIALS"
CONNECTED_WITHIN_MS = 5000
"""How long a plaintext endpoint may take to be the API that it is said to be."""


class Source(Protocol):
    """What entries are read from. `kind` is the contract's name of it; `is_live` whether entries may still arrive."""

    kind: str
    is_live: bool

    def read(
        self,
        *,
        start: datetime | None,
        end: datetime | None,
        limit: int,
        extra_filter: str | None = None,
        on_progress: Progress | None = None,
    ) -> Reading:
        """The entries between two moments, the oldest first, `limit` at the most."""

    def for_traces(self, trace_ids: Iterable[str], *, since: datetime, wait_s: float = 3.0) -> list[LogEntry]:
        """The entries of these traces, once they have had time to arrive."""


def open_source(
    settings: LogSettings,
    *,
    project_root: Path,
    endpoint: str | None = None,
    project: str | None = None,
    filter: str | None = None,
    secrets: Iterable[str] = (),
    people: Collection[str] | None = None,
) -> Source:
    """The source that the settings name; the addresses handed in are those of the embedded system.

    Raises `BadInput`, also for a file or program that is not there.
    """
    match settings.source:
        case "none":
            return NoSource()
        case "file":
            from lib.logs.sources.files import FileSource

            path = expanded(settings.path or "", where="logs.path")
            place = path if path.is_absolute() else project_root / path
            shaper = Shaper(secrets, fields=settings.fields, people=people)
            file = FileSource(place, shaper=shaper, filter=settings.filter, format=_format(settings.format))
            if not os.path.isdir(place):
                file.files()  # a folder may be filled while it is asked
            return file
        case "command":
            from lib.logs.sources.command import CommandSource

            find_program(settings.command or (), key="logs.command", folder=project_root)
            shaper = Shaper(secrets, fields=settings.fields, people=people)
            return CommandSource(settings.command or (), folder=project_root, shaper=shaper, format=_format(settings.format))
        case "cloud":
            return _cloud("cloud", settings.endpoint, settings.project, settings.filter, secrets, people)
    if endpoint is None:
        raise BadInput(
            "logs.source", "embedded, but no embedded system is running", "cloud, file or none beside a system of your own"
        )
    # The edge in front is no part of the service that the filter names, and its silence could not be told from its absence.
    beside = f'{filter} OR resource.type="http_load_balancer"' if filter else None
    return _cloud("embedded", endpoint, project, settings.filter or beside, secrets, people)


def _format(name: str | None) -> str | None:
    from lib.logs.sources.line_formats import LINE_FORMATS

    known = sorted({one.name for one in LINE_FORMATS} | {"text", "json"})
    if name is not None and name not in known:
        raise BadInput("logs.format", f"found {name!r}", f"null, or one of {', '.join(known)}")
    return None if name == "json" else name


class NoSource:
    """No log at all: it has nothing, says so, and lets nothing be concluded from silence."""

    kind = "none"
    is_live = False

    def read(
        self,
        *,
        start: datetime | None,
        end: datetime | None,
        limit: int,
        extra_filter: str | None = None,
        on_progress: Progress | None = None,
    ) -> Reading:
        """An empty reading that is not complete."""
        asked = Asked(start=start, end=end, filter=extra_filter, limit=limit)
        return Reading(source="none", asked=asked, missing=("logs.source is none: no entries were asked for",))

    def for_traces(self, trace_ids: Iterable[str], *, since: datetime, wait_s: float = 3.0) -> list[LogEntry]:
        """Nothing."""
        return []


def _cloud(
    kind: str,
    endpoint: str | None,
    project: str | None,
    filter: str | None,
    secrets: Iterable[str],
    people: Collection[str] | None,
) -> CloudSource:
    address = _endpoint(endpoint)
    return CloudSource(
        kind, lambda: _client(address), place=address or "Cloud Logging", project=project or "", filter=filter,
        shaper=Shaper(secrets, people=people),
        is_remote=address is None or address.startswith("https://"),
    )  # fmt: skip


def _endpoint(text: str | None) -> str | None:
    if text is None:
        return None
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
        port = parts.port
    except ValueError:
        parts, port = None, None
    if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname or port == 0 or parts.path not in {"", "/"}:
        raise BadInput(
            "logs.endpoint", f"found the text {text[:80]!r}", "http://host:port (plaintext, no credentials) or https://host"
        )
    return f"{parts.scheme}://{parts.netloc}"


def _check_credentials_file(path: str | None) -> None:
    """Google's library would wait for a pipe without end."""
    if path and os.path.exists(path) and not os.path.isfile(path):
        raise BadInput(
            CREDENTIALS_FILE, f"{path} is no regular file", "a file of credentials, as gcloud or the console writes it"
        )


def _client(endpoint: str | None) -> Any:
    from google.cloud.logging_v2.services.logging_service_v2 import LoggingServiceV2Client
    from google.cloud.logging_v2.services.logging_service_v2.transports import LoggingServiceV2GrpcTransport

    parts = urlsplit(endpoint or "")
    if parts.scheme == "http":
        import grpc  # type: ignore[import-untyped]

        # gRPC reads proxies from the environment, and a proxy there may be what is being investigated.
        options = [("grpc.enable_http_proxy", 0), ("grpc.max_receive_message_length", 256 * 1024 * 1024)]
        options.append(("grpc.min_reconnect_backoff_ms", CONNECTED_WITHIN_MS))  # is also how long gRPC waits for a first answer
        channel = grpc.insecure_channel(parts.netloc if parts.port else f"{parts.netloc}:80", options=options)
        return LoggingServiceV2Client(transport=LoggingServiceV2GrpcTransport(channel=channel))
    from google.auth import exceptions

    _check_credentials_file(os.environ.get(CREDENTIALS_FILE))
    try:
        return LoggingServiceV2Client(client_options={"api_endpoint": parts.netloc} if endpoint else None)
    except exceptions.GoogleAuthError as error:
        raise SourceRefused(endpoint or "Cloud Logging", f"no application default credentials ({type(error).__name__})") from None
