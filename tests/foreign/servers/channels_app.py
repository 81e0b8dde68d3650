"""Django Channels on daphne: an Origin validator around a router around a consumer that reads its token from the query."""

from __future__ import annotations

import django
import policy
from django.conf import settings

settings.configure(
    SECRET_KEY="not used by anything here",
    ALLOWED_HOSTS=policy.CONFIG.get("allowed_hosts", ["*"]),
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=["channels"],
    SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
    MIDDLEWARE=["django.contrib.sessions.middleware.SessionMiddleware", "django.middleware.csrf.CsrfViewMiddleware"],
    LOGGING_CONFIG=None,
)
django.setup()

from channels.generic.websocket import AsyncWebsocketConsumer  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from channels.security.websocket import AllowedHostsOriginValidator  # noqa: E402
from channels.sessions import SessionMiddlewareStack  # noqa: E402
from daphne.server import Server  # noqa: E402
from django.core.asgi import get_asgi_application  # noqa: E402
from django.http import HttpRequest, JsonResponse  # noqa: E402
from django.middleware.csrf import get_token  # noqa: E402
from django.urls import path, re_path  # noqa: E402


def health(request: HttpRequest) -> JsonResponse:
    policy.record("rest", path=request.path)
    return JsonResponse({"status": "ok"})


def me(request: HttpRequest) -> JsonResponse:
    policy.record("rest", path=request.path)
    try:
        policy.REST.check(request.headers.items())
    except policy.Refused:
        return JsonResponse({"detail": "Authentication credentials were not provided."}, status=401)
    return JsonResponse({"id": 1})


def login(request: HttpRequest) -> JsonResponse:
    request.session["user"] = "ada"
    return JsonResponse({"csrf": get_token(request)})


urlpatterns = [path("api/health", health), path("api/auth/me", me), path("login", login)]


class Consumer(AsyncWebsocketConsumer):
    async def connect(self) -> None:
        headers = [(name.decode(), value.decode()) for name, value in self.scope["headers"]]
        try:
            if policy.CONFIG.get("session") and self.scope["session"].get("user") != "ada":
                raise policy.Refused("session")
            policy.WEBSOCKET.check(headers, self.scope["query_string"].decode(), self.scope["subprotocols"])
        except policy.Refused:
            await self.close(4003)
            return
        await self.accept()


async def counted(scope, receive, send):  # type: ignore[no-untyped-def]
    if scope["type"] == "websocket":
        policy.record("handshake", path=scope["path"])
    await application(scope, receive, send)


inner = SessionMiddlewareStack(URLRouter([re_path(policy.CONFIG.get("route", r"^ws/$"), Consumer.as_asgi())]))
application = ProtocolTypeRouter(
    {
        "http": get_asgi_application(),
        "websocket": AllowedHostsOriginValidator(inner) if policy.CONFIG.get("validate_origin") else inner,
    }
)
sock = policy.listening()
Server(counted, endpoints=[f"fd:fileno={sock.fileno()}"], signal_handlers=False).run()
