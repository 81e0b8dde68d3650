"""What a REST endpoint is: declared once, it is routed, validated and described in /openapi.json from the same lines."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from .service import VERSION, Service

Kind = Literal["string", "integer", "boolean", "object"]
_TYPES: dict[str, type] = {"string": str, "integer": int, "boolean": bool, "object": dict}


class Invalid(Exception):
    """A request's content is not what the endpoint accepts; `problems` is what a client is told."""

    def __init__(self, problems: list[dict[str, Any]]) -> None:
        super().__init__(f"{len(problems)} problems")
        self.problems = problems


@dataclass(frozen=True, kw_only=True)
class Field:
    """One member of a body, or one query parameter."""

    name: str
    kind: Kind = "string"
    required: bool = False
    default: Any = None
    minimum: int | None = None
    maximum: int | None = None
    """Of a number's value, or of a text's length."""

    def schema(self) -> dict[str, Any]:
        """As JSON Schema."""
        low, high = ("minLength", "maxLength") if self.kind == "string" else ("minimum", "maximum")
        bounds = {low: self.minimum, high: self.maximum, "default": self.default}
        return {"type": self.kind, **{name: value for name, value in bounds.items() if value is not None}}

    def problem(self, value: Any, where: str) -> dict[str, Any] | None:
        """What is wrong with a value, in the form that clients of such services know, or None."""
        told = {"loc": [where, self.name], "input": value}
        if not isinstance(value, _TYPES[self.kind]) or (self.kind == "integer" and isinstance(value, bool)):
            return {"type": f"{self.kind}_type", "msg": f"Input should be a valid {self.kind}", **told}
        size = len(value) if isinstance(value, str) else value
        if self.minimum is not None and size < self.minimum:
            return {"type": "too_small", "msg": f"At least {self.minimum} is expected", **told}
        if self.maximum is not None and size > self.maximum:
            return {"type": "too_large", "msg": f"At most {self.maximum} is accepted", **told}
        return None


Handler = Callable[[Request, dict[str, Any]], Awaitable[Response]]


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """Method, path and what is accepted; the handler gets the validated members of body and query."""

    method: str
    path: str
    handler: Handler
    summary: str
    secured: Literal["no", "optional", "yes"] = "no"
    body: tuple[Field, ...] = ()
    query: tuple[Field, ...] = ()
    answers: tuple[int, ...] = (200,)

    async def __call__(self, request: Request, service: Service) -> Response:
        """Validates and answers; raises Invalid."""
        await service.shared.delay(f"{self.method} {self.path}")
        values = _query_values(self.query, request)
        if self.body:
            values |= _body_values(self.body, await request.body())
        return await self.handler(request, values)

    def operation(self) -> dict[str, Any]:
        """As an OpenAPI operation."""
        names = [part.strip("{}") for part in self.path.split("/") if part.startswith("{")]
        parameters = [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]
        parameters += [
            {"name": field.name, "in": "query", "required": field.required, "schema": field.schema()} for field in self.query
        ]
        codes = {*self.answers, *((401, 503) if self.secured != "no" else ()), *((422,) if self.body or self.query else ())}
        described: dict[str, Any] = {
            "summary": self.summary,
            "responses": {str(code): {"description": _PHRASES.get(code, "Answer")} for code in sorted(codes)},
        }
        if parameters:
            described["parameters"] = parameters
        if self.body:
            members = {field.name: field.schema() for field in self.body}
            schema = {"type": "object", "properties": members, "required": [field.name for field in self.body if field.required]}
            described["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
        if self.secured != "no":
            described["security"] = [{"bearer": []}, *([{}] if self.secured == "optional" else [])]
        return described


_PHRASES = {
    200: "Success",
    201: "Created",
    401: "Not authenticated",
    403: "Not permitted",
    404: "Not found",
    422: "Not accepted",
    503: "Not available",
}


def routes_for(endpoints: Iterable[Endpoint], service: Service) -> list[Route]:
    """One route for each path, so that a method that it does not have is answered with those that it has."""
    by_path: dict[str, dict[str, Endpoint]] = {}
    for endpoint in endpoints:
        by_path.setdefault(endpoint.path, {})[endpoint.method] = endpoint

    def route(path: str, methods: dict[str, Endpoint]) -> Route:
        async def answer(request: Request) -> Response:
            return await methods["GET" if request.method == "HEAD" else request.method](request, service)

        return Route(path, answer, methods=list(methods))

    return [route(path, methods) for path, methods in by_path.items()]


def openapi(endpoints: Iterable[Endpoint]) -> dict[str, Any]:
    """The description of all endpoints."""
    paths: dict[str, Any] = {}
    for endpoint in endpoints:
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = endpoint.operation()
    bearer = {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Netra staging API", "version": VERSION},
        "paths": paths,
        "components": {"securitySchemes": {"bearer": bearer}},
    }


def invalid(request: Request, error: Exception) -> JSONResponse:
    """The answer to content that is not accepted."""
    problems = error.problems if isinstance(error, Invalid) else []
    return JSONResponse(
        {"error": "validation_error", "message": "The request is not accepted", "code": 422, "detail": problems}, 422
    )


def _body_values(fields: tuple[Field, ...], content: bytes) -> dict[str, Any]:
    try:
        body = json.loads(content or b"null")
    except ValueError as error:
        raise Invalid([{"type": "json_invalid", "loc": ["body"], "msg": f"JSON decode error: {error}", "input": {}}]) from None
    if not isinstance(body, dict):
        raise Invalid([{"type": "object_type", "loc": ["body"], "msg": "Input should be an object", "input": body}])
    return _checked(fields, body, "body")


def _query_values(fields: tuple[Field, ...], request: Request) -> dict[str, Any]:
    given: dict[str, Any] = {}
    for field in fields:
        if (text := request.query_params.get(field.name)) is not None:
            given[field.name] = (
                int(text) if field.kind == "integer" and text.removeprefix("-").isdigit() and len(text) < 12 else text
            )
    return _checked(fields, given, "query")


def _checked(fields: tuple[Field, ...], given: dict[str, Any], where: str) -> dict[str, Any]:
    problems = []
    for field in fields:
        if given.get(field.name) is None:
            if field.required:
                problems.append({"type": "missing", "loc": [where, field.name], "msg": "Field required", "input": given})
        elif problem := field.problem(given[field.name], where):
            problems.append(problem)
    if problems:
        raise Invalid(problems)
    return {field.name: field.default if given.get(field.name) is None else given[field.name] for field in fields}
