"""The REST surface, as curl would see it."""

from __future__ import annotations

import json

import httpx
import pytest

JUNK = {"unexpected": "data"}


@pytest.fixture
def api(healthy):
    with httpx.Client(base_url=healthy.rest_url) as client:
        yield client


@pytest.fixture
def mine(healthy):
    with httpx.Client(base_url=healthy.rest_url, headers=healthy.bearer(permissions=["read", "write"])) as client:
        yield client


@pytest.mark.parametrize("path", ["/health", "/api/health"])
def test_health_names_the_service(api, path):
    """Health tells status, service, version and revision, and passes the edge."""
    answer = api.get(path)
    assert (answer.status_code, answer.json()["status"], answer.json()["service"]) == (200, "healthy", "netra-backend")
    assert answer.headers["x-revision"] == answer.json()["revision"]
    assert (answer.headers["server"], answer.headers["via"]) == ("netra-backend", "1.1 edge")


def test_localhost_goes_around_the_edge(healthy):
    """The same port under the name localhost answers without the edge's mark."""
    answer = httpx.get(f"{healthy.rest_url}/health", headers={"Host": f"localhost:{healthy.port}"})
    assert answer.status_code == 200
    assert "via" not in answer.headers


def test_discovery_measures_the_services(start):
    """A service that is down is reported as down."""
    up, down = (httpx.get(start(*faults).rest_url + "/api/discovery/services").json() for faults in ((), ("auth-service-down",)))
    assert up["services"]["netra-auth"]["status"] == "healthy"
    assert up["services"]["netra-auth"]["latency_ms"] > 0
    assert "ConnectionRefusedError" in down["services"]["netra-auth"]["status"]
    assert (up["available"], down["available"]) == (True, False)


def test_tools_were_tried(api):
    """Each tool server has a name, a state and the time of its last trial."""
    servers = api.get("/api/mcp/servers").json()["data"]
    assert {server["status"] for server in servers} == {"connected"}
    assert {server["name"] for server in servers} == set(api.get("/api/mcp/config").json()["tools"])


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/auth/me", 401),
        ("GET", "/api/messages", 401),
        ("GET", "/api/threads", 401),
        ("GET", "/api/nonexistent", 404),
        ("GET", "/api/agents/list", 404),
        ("PUT", "/api/agents/execute", 405),
        ("GET", "/api/%2e%2e/%2e%2e/etc/passwd", 403),
        ("GET", "/ws", 426),
        ("POST", "/api/agents/nonexistent/execute", 422),
        ("POST", "/api/agents/execute", 422),
        ("GET", "/api/agents/stream", 422),
        ("GET", "/api/messages?limit=many", 422),
    ],
)
def test_errors_are_json_with_a_code(api, method, path, status):
    """Every error has its status, and says it again in a JSON body."""
    answer = api.request(method, path)
    assert (answer.status_code, answer.json()["code"]) == (status, status)
    assert answer.json()["error"]


def test_wrong_method_names_the_right_ones(api):
    """405 carries Allow."""
    assert "POST" in api.put("/api/agents/execute").headers["allow"]


def test_junk_body_is_described(api):
    """422 says which field is missing, and where."""
    problem = api.post("/api/agents/execute", json=JUNK).json()["detail"][0]
    assert (problem["type"], problem["loc"], problem["input"]) == ("missing", ["body", "message"], JUNK)


@pytest.mark.parametrize(
    "changes",
    [
        {"key": "jwt_websocket"},
        {"lifetime_s": -5, "issued_ago_s": 60},
        {"iss": "elsewhere"},
        {"aud": "elsewhere"},
        {"sub": None},
        {"token_type": "refresh"},
    ],
)
def test_bad_tokens_are_refused_over_rest(healthy, changes):
    """401, with the scheme that is expected."""
    answer = httpx.get(healthy.rest_url + "/api/auth/me", headers=healthy.bearer(**changes))
    assert (answer.status_code, answer.headers["www-authenticate"][:6]) == (401, "Bearer")


def test_login_issues_a_token_that_works_everywhere(healthy):
    """The OAuth simulation wants the bypass key; its token opens REST and the socket until it is revoked."""
    login = healthy.rest_url + "/auth/e2e/test-auth"
    email = {"email": "e2e-test-002@staging.localhost"}
    assert [httpx.post(login, json=email, headers=headers).status_code for headers in ({}, {"X-E2E-Bypass-Key": "guess"})] == [
        401,
        401,
    ]
    issued = httpx.post(login, json=email, headers={"X-E2E-Bypass-Key": healthy.keys["bypass"]}).json()
    token, headers = issued["access_token"], {"Authorization": f"Bearer {issued['access_token']}"}
    assert httpx.get(healthy.rest_url + "/api/auth/me", headers=headers).json()["id"] == "staging-e2e-user-002"
    assert healthy.knock(token=token) == "open"
    httpx.post(healthy.auth_url + "/auth/revoke", json={"token": token})
    assert (httpx.get(healthy.rest_url + "/api/auth/me", headers=headers).status_code, healthy.knock(token=token)) == (401, "403")
    renewed = httpx.post(healthy.auth_url + "/auth/refresh", json={"refresh_token": issued["refresh_token"]}).json()
    assert healthy.knock(token=renewed["access_token"]) == "open"


def test_messages_and_threads_are_kept_for_their_owner(healthy, mine):
    """What one user writes can be read back by that user and by no other."""
    thread = mine.post("/api/threads", json={"title": "Budget"}).json()
    message = mine.post("/api/messages", json={"content": "Hello", "thread_id": thread["id"]})
    assert (message.status_code, mine.get(message.headers["location"]).json()["content"]) == (201, "Hello")
    assert [kept["content"] for kept in mine.get(f"/api/threads/{thread['id']}").json()["messages"]] == ["Hello"]
    assert thread["id"] in [kept["id"] for kept in mine.get("/api/threads").json()["threads"]]
    other = healthy.bearer(sub="staging-e2e-user-002")
    assert mine.get(f"/api/threads/{thread['id']}", headers=other).status_code == 404
    assert mine.post("/api/messages", json={"content": "Hi", "thread_id": thread["id"]}, headers=other).status_code == 404


def test_writing_needs_the_permission(healthy):
    """A token without it may read and not write."""
    headers = healthy.bearer(permissions=["read"])
    assert httpx.get(healthy.rest_url + "/api/messages", headers=headers).status_code == 200
    assert httpx.post(healthy.rest_url + "/api/messages", headers=headers, json={"content": "x"}).status_code == 403


def test_agent_computes_over_rest(api):
    """The answer depends on what was asked."""
    answer = api.post("/api/agents/execute", json={"type": "data", "message": "what is (2+3)*7"}).json()
    assert (answer["status"], answer["user_id"]) == ("success", "guest")
    assert "= 35" in answer["response"]
    assert answer["events"] == ["agent_started", "agent_thinking", "tool_executing", "tool_completed", "agent_completed"]
    failed = api.post("/api/agents/data/execute", json={"message": "1/0"}).json()
    assert (failed["status"], failed["error"]) == ("failed", "1/0: division by zero")
    assert api.post("/api/agents/execute", json={"agent": "poet", "message": "x"}).status_code == 404


def test_stream_can_be_resumed(mine):
    """Events come one by one with rising numbers; a reader that comes back gets those that it has missed."""
    with mine.stream("POST", "/api/agents/stream", json={"message": "count these five words please"}) as answer:
        events = [json.loads(line) for line in answer.iter_lines()]
        thread_id = answer.headers["x-thread-id"]
    kinds = [event["type"] for event in events]
    assert (kinds[0], kinds[-1], kinds.count("agent_response_complete")) == ("agent_started", "agent_completed", 1)
    assert [event["sequence"] for event in events] == list(range(1, len(events) + 1))
    reply = "".join(event["data"]["content"] for event in events if event["type"] == "agent_response_chunk")
    assert reply == events[-1]["final_response"]
    again = mine.get(
        "/api/agents/stream", params={"thread_id": thread_id}, headers={"Last-Event-ID": "3", "Accept": "text/event-stream"}
    )
    assert again.headers["content-type"].startswith("text/event-stream")
    assert [line for line in again.text.splitlines() if line.startswith("id:")] == [
        f"id: {number}" for number in range(4, len(events) + 1)
    ]


def test_description_is_true(api):
    """Each described operation exists and protects itself as described; the socket's pages say what holds."""
    for path, operations in api.get("/openapi.json").json()["paths"].items():
        for method, operation in operations.items():
            answer = api.request(
                method,
                path.replace("{", "").replace("}", ""),
                json={"message": "x", "content": "x"} if "requestBody" in operation else None,
            )
            assert str(answer.status_code) in operation["responses"] or answer.status_code == 422, (
                method,
                path,
                answer.status_code,
            )
            assert (operation.get("security") == [{"bearer": []}]) == (answer.status_code == 401), (method, path)
    assert api.get("/ws/config").json()["limits"]["max_message_bytes"] == 8192
    assert api.get("/ws/health").json()["status"] == "healthy"
    assert api.get("/ws/stats").json()["active_connections"] == 0


def test_head_and_large_bodies(api):
    """HEAD has headers without a body; a body past the bound is refused by the edge."""
    assert (api.head("/health").status_code, api.head("/health").content) == (200, b"")
    assert api.post("/api/agents/execute", content=b"x" * (1024 * 1024 + 1)).status_code == 413


def test_configured_delays_are_added(start):
    """A known extra time on a route is measured on that route."""
    staging = start(delays_ms={"GET /api/auth/me": 120})
    slow, fast = (
        httpx.get(staging.rest_url + path, headers=staging.bearer()).elapsed.total_seconds()
        for path in ("/api/auth/me", "/health")
    )
    assert slow > 0.12 > fast
