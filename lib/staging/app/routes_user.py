"""The REST endpoints of a user: who they are, their threads and their messages."""

from __future__ import annotations

from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ..logging.journal import rfc3339
from .access import user_of
from .endpoints import Endpoint, Field
from .service import Service

PAGE = (
    Field(name="limit", kind="integer", default=50, minimum=1, maximum=200),
    Field(name="offset", kind="integer", default=0, minimum=0),
)
CONTENT = Field(name="content", required=True, minimum=1, maximum=8192)
THREAD_ID = Field(name="thread_id", minimum=1, maximum=128)
TITLE = Field(name="title", default="New conversation", minimum=1, maximum=200)


class UserRoutes:
    """Endpoints that need a credential."""

    def __init__(self, service: Service) -> None:
        self.service, self.store = service, service.store

    def endpoints(self) -> list[Endpoint]:
        """All of them."""
        me, threads, thread = "/api/auth/me", "/api/threads", "/api/threads/{thread_id}"

        def secured(method: str, path: str, handler: Any, summary: str, *answers: int, **accepted: tuple[Field, ...]) -> Endpoint:
            return Endpoint(
                method=method, path=path, handler=handler, summary=summary, secured="yes", answers=answers or (200,), **accepted
            )

        return [
            secured("GET", me, self.me, "The account behind the token"),
            secured("GET", "/api/messages", self.messages, "Your messages, the oldest first", query=(THREAD_ID, *PAGE)),
            secured("POST", "/api/messages", self.add_message, "Keep a message", 201, 403, 404, body=(CONTENT, THREAD_ID)),
            secured("GET", "/api/messages/{message_id}", self.message, "One message", 200, 404),
            secured("GET", threads, self.threads, "Your threads, the latest first", query=PAGE),
            secured("POST", threads, self.add_thread, "Open a thread", 201, 403, body=(TITLE,)),
            secured("GET", thread, self.thread, "One thread with its messages", 200, 404),
            secured(
                "GET",
                thread + "/events",
                self.events,
                "What agents told on a thread",
                200,
                404,
                query=(Field(name="after", kind="integer", default=0, minimum=0),),
            ),
        ]

    async def me(self, request: Request, values: dict[str, Any]) -> Response:
        """The account behind the token."""
        return JSONResponse(await user_of(request, self.service))

    async def messages(self, request: Request, values: dict[str, Any]) -> Response:
        """The user's messages."""
        user = await user_of(request, self.service)
        found = self.store.messages(user["id"], values["thread_id"], values["limit"], values["offset"])
        return JSONResponse(
            {"messages": [_public(message) for message in found], "limit": values["limit"], "offset": values["offset"]}
        )

    async def add_message(self, request: Request, values: dict[str, Any]) -> Response:
        """Keeps a message, in a new thread where none is named."""
        user = await self._writer(request)
        thread = self.store.open_thread(user["id"], values["thread_id"])
        if thread is None:
            raise HTTPException(404, "There is no such thread")
        message = self.store.add_message(thread["id"], user["id"], "user", values["content"])
        return JSONResponse(_public(message), 201, {"Location": f"/api/messages/{message['id']}"})

    async def message(self, request: Request, values: dict[str, Any]) -> Response:
        """One of the user's messages."""
        user = await user_of(request, self.service)
        found = self.store.message(user["id"], request.path_params["message_id"])
        if found is None:
            raise HTTPException(404, "There is no such message")
        return JSONResponse(_public(found))

    async def threads(self, request: Request, values: dict[str, Any]) -> Response:
        """The user's threads."""
        user = await user_of(request, self.service)
        found = self.store.threads(user["id"], values["limit"], values["offset"])
        return JSONResponse(
            {"threads": [_public(thread) for thread in found], "limit": values["limit"], "offset": values["offset"]}
        )

    async def add_thread(self, request: Request, values: dict[str, Any]) -> Response:
        """Opens a thread."""
        user = await self._writer(request)
        thread = self.store.open_thread(user["id"], title=values["title"])
        assert thread is not None
        return JSONResponse(_public(thread), 201, {"Location": f"/api/threads/{thread['id']}"})

    async def thread(self, request: Request, values: dict[str, Any]) -> Response:
        """One of the user's threads, with its last two hundred messages at the most."""
        user, thread = await self._thread(request)
        messages = self.store.messages(user["id"], thread["id"], 200)
        return JSONResponse({**_public(thread), "messages": [_public(message) for message in messages]})

    async def events(self, request: Request, values: dict[str, Any]) -> Response:
        """The thread's agent events past a sequence number."""
        _, thread = await self._thread(request)
        return JSONResponse(
            {"thread_id": thread["id"], "state": thread["state"], "events": self.store.events(thread["id"], values["after"])}
        )

    async def _thread(self, request: Request) -> tuple[dict[str, Any], dict[str, Any]]:
        user = await user_of(request, self.service)
        thread = self.store.thread(user["id"], request.path_params["thread_id"])
        if thread is None:
            raise HTTPException(404, "There is no such thread")
        return user, thread

    async def _writer(self, request: Request) -> dict[str, Any]:
        user = await user_of(request, self.service)
        if "write" not in user["permissions"]:
            raise HTTPException(403, "The token does not permit writing")
        return user


def _public(row: dict[str, Any]) -> dict[str, Any]:
    """A row as clients see it: times as RFC 3339."""
    return {name: rfc3339(round(value * 1_000_000)) if name.endswith("_at") else value for name, value in row.items()}
