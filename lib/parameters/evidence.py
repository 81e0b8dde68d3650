"""The group `evidence`: what says how the system is configured and who its users are."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from lib.parameters.queries import single_select
from lib.parameters.values import Group, Headers, Line, Reference, UserRequest, refuse


class ConfigurationSource(Group):
    """Where a configuration is read: a live Cloud Run service, files that were exported or written, or the built-in system.

    `endpoint` is another address of the API than Google's.
    """

    kind: Literal["cloud-run", "embedded"] | None = None
    project: Line | None = None
    region: Line | None = None
    service: Line | None = None
    path: Line | None = None
    endpoint: Line | None = None

    @model_validator(mode="after")
    def _one_place(self) -> ConfigurationSource:
        live = (self.project, self.region, self.service)
        has_live = live != (None, None, None) or self.endpoint is not None
        if not has_live and (self.kind, self.path is None) in ((None, False), ("embedded", True)):
            return self
        if self.kind == "cloud-run" and self.path is None and None not in live:
            return self
        raise refuse("{kind: cloud-run, project: …, region: …, service: …}, or {path: a file or folder}")


class UsersSource(Group):
    """Where the users' records are read: a query, an admin route, or a file; and under which names its fields stand there.

    `id` is the field of a file that holds what a token's `sub` says.
    """

    url: Reference | None = None
    query: Annotated[str, AfterValidator(single_select)] | None = None
    request: UserRequest | None = None
    headers: Headers = Field(default_factory=dict)
    path: Line | None = None
    id: Line | None = None
    active: Line | None = None
    websocket: Line | None = None
    roles: Line | None = None

    @model_validator(mode="after")
    def _one_place(self) -> UsersSource:
        if [self.url, self.request, self.path].count(None) != 2:
            raise refuse("one of url (with query), request and path")
        if (self.url is None) != (self.query is None):
            raise refuse("url and query together: {url: env:NAME, query: SELECT … WHERE id = :user}")
        if self.request is None and self.headers:
            raise refuse("headers with a request alone")
        if self.path is None and self.id:
            raise refuse("id with a path alone: a query and a request name the user themselves")
        return self


class EvidenceSettings(Group):
    """What says how the system is configured and who its users are; read only."""

    configuration: list[ConfigurationSource]
    users: UsersSource | None
