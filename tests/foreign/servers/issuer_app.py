"""An issuer of tokens by Authlib on Flask: the client itself, user and password, refresh; signed access tokens (RFC 9068)."""

from __future__ import annotations

import os
from types import SimpleNamespace
from typing import Any

os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"

import policy
from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import grants
from authlib.oauth2.rfc6750 import BearerTokenGenerator
from authlib.oauth2.rfc9068 import JWTBearerTokenGenerator
from flask import Flask, request
from joserfc.jwk import KeySet, RSAKey
from werkzeug.serving import make_server

GIVEN = policy.CONFIG
USERS = {"ada": "the-password-of-ada"}
saved: dict[str, Any] = {}


class Client:
    """The one client; it authenticates in the way that the configuration names."""

    def get_client_id(self) -> str:
        return "probe"

    def check_client_secret(self, secret: str) -> bool:
        return secret == GIVEN["client_secret"]

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method == GIVEN.get("method", "client_secret_basic")

    def check_grant_type(self, grant: str) -> bool:
        return grant in GIVEN.get("grants", ["client_credentials", "password", "refresh_token"])

    def get_allowed_scope(self, scope: str) -> str:
        return scope if scope in ("", "sockets") else ""


class Tokens(JWTBearerTokenGenerator):
    def get_jwks(self) -> KeySet:
        return KeySet([RSAKey.import_key(GIVEN["key"], {"kid": "k1"})])

    def get_audiences(self, client: Client, user: Any, scope: str) -> str:
        return GIVEN.get("audience", "sockets")


class Password(grants.ResourceOwnerPasswordCredentialsGrant):
    def authenticate_user(self, username: str, password: str) -> Any:
        return SimpleNamespace(get_user_id=lambda: username) if USERS.get(username) == password else None


class Refresh(grants.RefreshTokenGrant):
    INCLUDE_NEW_REFRESH_TOKEN = True

    def authenticate_refresh_token(self, refresh_token: str) -> Any:
        known = refresh_token in saved or refresh_token == GIVEN.get("refresh_token")
        return SimpleNamespace(check_client=lambda client: True, get_scope=lambda: "", token=refresh_token) if known else None

    def authenticate_user(self, credential: Any) -> Any:
        return SimpleNamespace(get_user_id=lambda: "ada")

    def revoke_old_credential(self, credential: Any) -> None:
        saved.pop(credential.token, None)
        GIVEN.pop("refresh_token", None)


def keep(token: dict[str, Any], asked: Any) -> None:
    saved[token.get("refresh_token", "")] = token
    policy.record(
        "granted",
        grant=asked.payload.grant_type,
        tokens=[token[name] for name in ("access_token", "refresh_token") if name in token],
    )


app = Flask(__name__)
app.config["OAUTH2_SCOPES_SUPPORTED"] = ["sockets"]
server = AuthorizationServer(app, query_client=lambda name: Client() if name == "probe" else None, save_token=keep)


def random(**_: Any) -> str:
    return os.urandom(20).hex()


def lives(client: Client, grant: str) -> int:
    return GIVEN.get("lives_s", 20)


signed = Tokens(GIVEN.get("issuer", "login"), refresh_token_generator=random, expires_generator=lives)
server.register_token_generator("default", BearerTokenGenerator(random, random, lives) if GIVEN.get("opaque") else signed)
for grant in (grants.ClientCredentialsGrant, Password, Refresh):
    grant.TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_basic", "client_secret_post"]
    server.register_grant(grant)


@app.route("/token", methods=["POST"])
def token() -> Any:
    policy.record("token", form=sorted(request.form), authorization="Authorization" in request.headers)
    return server.create_token_response()


sock = policy.listening()
sock.setblocking(True)
make_server("127.0.0.1", sock.getsockname()[1], app, threaded=True, fd=sock.fileno()).serve_forever()
