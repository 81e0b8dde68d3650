"""Exports of Postman and Insomnia become the handshake that they hold, their credentials references."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lib.captures.conversion import Converted, converted
from lib.captures.reading import read
from lib.parameters.errors import BadInput

SECRET = "0paque-cr3dential-0123456789"
POSTMAN = {
    "info": {"name": "Live", "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"},
    "auth": {"type": "bearer", "bearer": [{"key": "token", "value": "{{jwt}}", "type": "string"}]},
    "variable": [{"key": "host", "value": "a.example"}, {"key": "jwt", "value": ""}],
    "item": [
        {"name": "health", "request": {"method": "GET", "header": [], "url": {"raw": "https://{{host}}/healthz"}}},
        {
            "name": "folder",
            "item": [
                {
                    "name": "socket",
                    "request": {
                        "method": "GET",
                        "header": [
                            {"key": "X-Tenant", "value": "blue"},
                            {"key": "X-Off", "value": "1", "disabled": True},
                            {"key": "Origin", "value": "https://app.example"},
                        ],
                        "url": {"raw": "wss://{{host}}/ws?v=2", "protocol": "wss"},
                    },
                }
            ],
        },
    ],
}


def insomnia(**request: Any) -> dict[str, Any]:
    """An export of version 4 with one handshake."""
    given = {"_id": "ws-req_1", "_type": "websocket_request", "url": "{{ _.base }}/ws", **request}
    other = {"_id": "req_1", "_type": "request", "method": "POST", "url": "https://a.example/login"}
    environment = {
        "_id": "env_1",
        "_type": "environment",
        "data": {"base": "wss://{{ _.host }}", "host": "a.example", "n": {"m": 1}},
    }
    return {"_type": "export", "__export_format": 4, "resources": [other, environment, given]}


def of(document: dict[str, Any] | str) -> Converted:
    """The parameters of an export."""
    return converted(read(document if isinstance(document, str) else json.dumps(document)))


def test_a_collection_of_postman_gives_the_socket_with_its_folders_authentication() -> None:
    """Variables that it knows are filled in, one without a value is a reference, what is switched off is left out."""
    found = of(POSTMAN)
    assert (found.document["target"]["ws_url"], found.document["target"]["origin"]) == (
        "wss://a.example/ws?v=2",
        "https://app.example",
    )
    assert (found.document["token"], found.document["headers"]) == (
        {"issued": "env:jwt", "carrier": "authorization"},
        {"X-Tenant": "blue"},
    )


@pytest.mark.parametrize(
    ("given", "document"),
    [
        (
            {"authentication": {"type": "bearer", "token": SECRET}},
            {"token": {"issued": "env:CAPTURED_TOKEN", "carrier": "authorization"}},
        ),
        (
            {"authentication": {"type": "apikey", "key": "X-Api-Key", "value": SECRET, "addTo": "header"}},
            {"headers": {"X-Api-Key": "env:CAPTURED_X_API_KEY"}},
        ),
        (
            {"authentication": {"type": "apikey", "key": "api_key", "value": SECRET, "addTo": "queryParams"}},
            {"token": {"issued": "env:CAPTURED_TOKEN", "carrier": "query", "carrier_name": "api_key"}},
        ),
        (
            {"parameters": [{"name": "token", "value": SECRET}, {"name": "no", "value": "1", "disabled": True}]},
            {"token": {"issued": "env:CAPTURED_TOKEN", "carrier": "query", "carrier_name": "token"}},
        ),
        (
            {"parameters": [{"name": "token", "value": "{{ _.secret }}"}]},
            {"token": {"issued": "env:secret", "carrier": "query", "carrier_name": "token"}},
        ),
        ({"headers": [{"name": "Cookie", "value": f"sid={SECRET}"}]}, {"headers": {"Cookie": "env:CAPTURED_COOKIE"}}),
    ],
)
def test_an_export_of_insomnia_gives_the_socket(given: dict[str, Any], document: dict[str, Any]) -> None:
    """Bearer and key, in a header or the query; parameters, variables of the environment, cookies."""
    found = of(insomnia(**given))
    assert found.document == {"target": {"ws_url": "wss://a.example/ws"}, **document}
    assert SECRET not in json.dumps([found.document, found.told])


@pytest.mark.parametrize("name", ["X-Foo", "Version", "User-Agent", "Origin", "Sec-WebSocket-Protocol", "Authorization", "v"])
@pytest.mark.parametrize("place", ["header", "query", "cookie"])
def test_what_an_export_calls_its_credential_is_a_reference(name: str, place: str) -> None:
    """A key whose name and value look like nothing secret, in both programs' words, and where a header names it too."""
    pairs = {"key": name, "value": "plain word", "in": place}
    request = {"url": "wss://a.example/ws", "header": [{"key": "X-Other", "value": "blue"}, {"key": "Cookie", "value": "a=b"}]}
    auth = {"type": "apikey", "apikey": [{"key": key, "value": value} for key, value in pairs.items()]}
    postman = of({**POSTMAN, "item": [{"request": {**request, "auth": auth}}]})
    exported = of(
        insomnia(
            headers=[{"name": name, "value": "plain word"}] if place == "header" else [],
            authentication={"type": "apikey", "key": name, "value": "plain word", "addTo": place.replace("query", "queryParams")},
        )
    )
    for found in (postman, exported):
        assert "plain" not in json.dumps([found.document, found.told])
        assert any("plain word" in value for value in found.secrets.values())
    assert postman.document["headers"]["X-Other"] == "blue"


def test_an_export_of_insomnia_in_yaml_is_read_too() -> None:
    """Version 5, with a folder and its handshake."""
    text = f"""type: collection.insomnia.rest/5.0
name: Live
collection:
  - name: folder
    children:
      - url: wss://{{{{ _.host }}}}/ws
        name: socket
        meta: {{id: ws-req_1}}
        headers:
          - name: Authorization
            value: Bearer {SECRET}
environments:
  data:
    host: a.example
"""
    found = of(text)
    assert (found.document["target"]["ws_url"], found.secrets) == ("wss://a.example/ws", {"CAPTURED_TOKEN": SECRET})


def test_what_an_export_does_not_hold_is_named() -> None:
    """A login that happens elsewhere is no want of a credential; without one the want is told."""
    told = of(insomnia(authentication={"type": "oauth2", "clientSecret": SECRET})).told
    assert [line for line in told if "credential" in line] == [
        "not carried over: its authentication (oauth2), of which the export holds no credential as it would be sent"
    ]
    assert "it holds no credential: no token, no cookie, no header that could be one" in of(insomnia()).told


@pytest.mark.parametrize(
    "request_",
    [
        {"header": f"X-Tenant: blue\n// X-Off: 1\nAuthorization: Bearer {SECRET}", "auth": {"type": "noauth"}},
        {"header": "X-Tenant: blue\r\n", "auth": {"type": "oauth2", "oauth2": [{"key": "accessToken", "value": SECRET}]}},
        {"header": "X-Tenant: blue", "auth": {"type": "oauth2", "oauth2": {"accessToken": SECRET, "headerPrefix": "Bearer "}}},
    ],
)
def test_headers_as_a_text_and_a_token_of_oauth_are_carried_over(request_: dict[str, Any]) -> None:
    """As Postman writes them where headers are no list, and where it has asked for the token already."""
    found = of({**POSTMAN, "item": [{"request": {"url": "wss://a.example/ws", **request_}}]})
    assert found.document["headers"] == {"X-Tenant": "blue"}
    assert found.document["token"] == {"issued": "env:CAPTURED_TOKEN", "carrier": "authorization"}
    assert found.secrets == {"CAPTURED_TOKEN": SECRET}


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({**POSTMAN, "item": []}, "holds no request"),
        ({**POSTMAN, "item": [{"request": {"url": [7]}}]}, "without a usable address|holds no request"),
        ({**POSTMAN, "variable": []}, r"its address holds \$host"),
        ({**POSTMAN, "item": [7]}, "holds no request"),
        ({**POSTMAN, "variable": [{"key": "host", "value": "{{host}}" * 10}]}, "more than 65536 characters"),
        ({**POSTMAN, "variable": [{"key": "host", "value": "a" * 70_000}]}, "more than 65536 characters"),
        ({**POSTMAN, "variable": ["x"]}, "holds no request that can be read"),
        ({**POSTMAN, "variable": 5}, "holds no request that can be read"),
        ({**POSTMAN, "item": [{"request": {"url": "http://[x"}}]}, "without a usable address"),
        ({**POSTMAN, "item": [{"request": {"url": "wss://a.example/", "auth": "x"}}]}, "holds no request that can be read"),
        ({"_type": "export", "resources": ["x"]}, "holds no request that can be read"),
        ({"_type": "export", "resources": 5}, "holds no request that can be read"),
        (insomnia(parameters=[{"name": "\ud800", "value": "1"}]), "holds no request that can be read"),
        ({"_type": "export", "resources": [{"_type": "environment", "data": ["x"]}]}, "holds no request that can be read"),
        ({"_type": "export", "resources": [{"_type": "request"}], "environments": ["x"]}, "holds no request that can be read"),
    ],
)
def test_what_cannot_be_used_is_refused_in_a_sentence(document: dict[str, Any], words: str) -> None:
    """No request, one that is none, an address whose variable is not known."""
    with pytest.raises(BadInput, match=words):
        of(document)
