"""Causes in the service, its capacity, its life cycle, and what happens after it has accepted."""

from __future__ import annotations

from lib.whys.catalogue.cause import Cause, LogPattern

CAUSES = (
    Cause(
        id="auth-service-down",
        layer="service",
        area="Token validation",
        means="what validates the token cannot be reached, and the service fails closed",
        lifted_by=("moment",),
        refuted_by=(
            "no-connection",
            "no-credential-sent",
            "too-many",
            "broken-off",
            "said-to-be-absent",
            "rest-accepted-meanwhile",
            "only-turns-explain",
            "too-many-alone",
        ),
        supported_by=("rest-fails-with-the-credential",),
        log_patterns=(
            LogPattern(
                r"\bauth(?:entication|orization)?[ -_]?(?:service|server|backend|provider)\b.{0,80}\b(?:unreachable|"
                r"unavailable|down|"
                r"timed? ?out|timeout|connection (?:refused|failed|error|reset)|cannot be reached|not reachable|"
                r"connect(?:ion)? fail\w*)\b",
                "auth service at http://auth:8081 unreachable: connection refused",
            ),
            LogPattern(
                r"\b(?:cannot|could not|unable to|failed to) (?:reach|contact|connect to)\b.{0,40}\b(?:auth|"
                r"token validat|identity)",
                "Could not reach the auth service",
            ),
            LogPattern(r"\bcircuit(?: breaker)?\b.{0,20}\b(?<!half-)(?<!half )open\b", "circuit breaker open"),
            LogPattern(
                r"\bauth(?:entication|orization)?[ -_]?(?:service|server|provider)\b.{0,20}\b(?:returned|answered|"
                r"responded)\b.{0,8}\b5\d\d\b",
                "auth service returned 503",
            ),
            LogPattern(r"\bconnect(?:ion)?error\b.{0,60}\bauth", "ConnectionError while asking auth"),
        ),
        why="The service asks another one whether the token is good, gets no answer, and refuses.",
        remedy="Bring the auth service up, or correct the address under which the WebSocket service looks for it.",
        set_to_split="logs.source, for the service's own words",
    ),
    Cause(
        id="service-identity",
        layer="service",
        area="Token validation",
        means="the WebSocket service itself is refused by the auth service: every token fails, over REST too",
        lifted_by=(),
        refuted_by=(
            "no-connection",
            "no-credential-sent",
            "rest-accepts-the-token",
            "too-many",
            "broken-off",
            "said-to-be-absent",
        ),
        supported_by=("rest-refuses-the-credential-too",),
        log_patterns=(
            LogPattern(
                r"\bservice[ _-]?(?:id|identity|secret|credentials?)\b.{0,60}\b(?:mismatch|invalid|rejected|refused|"
                r"wrong|unknown|"
                r"not configured|denied)\b",
                "Service ID mismatch: received 'x' expected 'y'",
            ),
            LogPattern(
                r"\b(?:invalid|unknown|wrong|bad)[ _-]service[ _-]?(?:id|identity|secret|credentials?)\b",
                "Unknown service identity",
            ),
            LogPattern(r"\b(?:inter-)?service auth(?:entication)? fail\w*\b", "inter-service authentication failed"),
        ),
        why="The auth service does not accept the service that asks it, so that no token can be validated.",
        remedy="Compare the service id and secret that the WebSocket service sends with what the auth service expects.",
        set_to_split="logs.source, for the auth service's own words",
    ),
    Cause(
        id="server-error",
        layer="service",
        area="WebSocket configuration",
        means="the handler crashed before or instead of accepting",
        lifted_by=("input",),
        refuted_by=("refused-with-a-4xx", "accepted-then-ended", "broken-off", "too-many", "said-to-be-absent"),
        supported_by=("failed-with-a-500", "server-failed"),
        log_patterns=(
            LogPattern(r"\btraceback \(most recent call last\)", "Traceback (most recent call last):"),
            LogPattern(r"\b(?:unhandled|uncaught) (?:exception|error|rejection)\b", "Unhandled exception in the handler"),
            LogPattern(r"\bexception in asgi application\b", "Exception in ASGI application"),
            LogPattern(r"\binternal server error\b", "500 Internal Server Error"),
            LogPattern(r"\bhandler (?:crashed|raised|failed)\b", "WebSocket handler crashed"),
            LogPattern(
                r"\b(?:name|attribute|type|import|unboundlocal)error: ", "AttributeError: 'NoneType' object has no attribute 'id'"
            ),
            LogPattern(r"\bmodulenotfounderror\b", "ModuleNotFoundError"),
            LogPattern(r"\bpanic: runtime error\b", "panic: runtime error: invalid memory address"),
            LogPattern(r"\bnullpointerexception\b", "java.lang.NullPointerException"),
        ),
        why="The handler of the handshake failed before it could accept.",
        remedy="Read the traceback of this request in the service's log, and mend the handler.",
        set_to_split="logs.source, for the traceback",
    ),
    Cause(
        id="websocket-unsupported",
        layer="service",
        area="WebSocket configuration",
        means="the server process knows no WebSocket and treats the handshake as plain HTTP",
        lifted_by=("host",),
        refuted_by=(
            "redirected-there",
            "no-connection",
            "accepted-then-ended",
            "broken-off",
            "too-many",
            "gateway-failed",
            "plain-get-answered-otherwise",
            "knows-websocket",
            "said-to-be-absent",
            "application-answered",
            "answers-alike-there",
        ),
        supported_by=("as-a-plain-get", "application-answered-a-plain-get"),
        log_patterns=(
            LogPattern(
                r"\bno supported websocket library detected\b|\bunsupported upgrade request\b",
                "WARNING: Unsupported upgrade request.",
            ),
        ),
        why="What serves this address has no WebSocket support, so that it sees a GET and answers it as one.",
        remedy="Install or enable WebSocket support in the server process (uvicorn[standard], an ASGI server instead of WSGI).",
        set_to_split="the server's log at its start, or alternatives.hosts past the edge",
    ),
    Cause(
        id="handler-hangs",
        layer="service",
        area="WebSocket configuration",
        means="what the handler waits for does not come; the handshake ends by a timeout",
        lifted_by=(),
        refuted_by=("accepted-then-ended", "broken-off", "too-many", "answered-soon", "said-to-be-absent"),
        supported_by=("answered-late",),
        log_patterns=(
            LogPattern(
                r"\b(?:redis|database|postgres\w*|mysql|mongo\w*|session store|cache server)\b.{0,40}\b"
                r"(?:timed out|timeout|no answer|"
                r"did not (?:answer|respond))",
                "session store at 127.0.0.1:6379: no answer",
            ),
            LogPattern(r"\bresponse_timeout\b|\bupstream timed out\b", "upstream timed out (110: Connection timed out)"),
        ),
        why="The handler waits for something before it answers, and that does not come.",
        remedy="Bring up what the handler waits for (store, database, queue), and give that wait a timeout of its own.",
        set_to_split="logs.source, for what the handler last said before it waited",
    ),
    Cause(
        id="connection-limit",
        layer="capacity",
        area="User permissions",
        means="too many connections are open for this subject or server",
        lifted_by=("concurrency", "spacing", "user"),
        refuted_by=(
            "broken-off",
            "said-to-be-absent",
            "many-held-at-once",
            "only-replays-refused",
            "only-turns-explain",
        ),
        supported_by=("too-many",),
        log_patterns=(
            LogPattern(
                r"\btoo many (?:open |active |concurrent )?(?:connections|sockets|sessions|websockets)\b",
                "Too many open connections",
            ),
            LogPattern(r"\blimiting connections\b", 'limiting connections by zone "addr"'),
            LogPattern(
                r"\b(?:connection|session|socket|websocket)s?\b.{0,12}\b(?:limit|maximum|quota)\b.{0,30}\b(?:reached|"
                r"exceeded|hit|full)\b",
                "Connection limit reached",
            ),
            LogPattern(
                r"\b(?:maximum|limit|max)\b.{0,40}\b(?:connections|sessions|sockets|managers)\b.{0,20}(?:reached|"
                r"exceeded|\(\d+\))",
                "User has reached the maximum number of WebSocket managers (5)",
            ),
        ),
        why="As many connections as are allowed are already open.",
        remedy="Close what is not needed, find the leak that keeps connections counted, or raise the limit.",
        set_to_split="alternatives.users, at a moment when nobody else is connected",
    ),
    Cause(
        id="rate-limited",
        layer="capacity",
        area="CORS and security policy",
        means="too many handshakes come in a time",
        lifted_by=("spacing", "user"),
        refuted_by=(
            "broken-off",
            "refused-when-quiet",
            "said-to-be-absent",
            "burst-accepted",
            "only-replays-refused",
            "only-turns-explain",
        ),
        supported_by=("too-many",),
        log_patterns=(
            LogPattern(
                r"\brate[ -]?limit(?:ed|ing|er)?\b.{0,30}\b(?:exceeded|reached|hit|applied|rejected|refused|triggered)\b",
                "rate limit exceeded for 10.0.0.1",
            ),
            LogPattern(r"\bratelimitexceeded\b", "RateLimitExceeded"),
            LogPattern(r"\b(?:limiting requests, excess|rate limiting client)\b", 'limiting requests, excess: 5.0 by zone "one"'),
            LogPattern(r"\brate[ -]limited\b", "client is rate limited"),
            LogPattern(r"\btoo many (?:requests|handshakes|attempts)\b", "Too Many Requests"),
            LogPattern(r"\bthrottl(?:ed|ing)\b", "Request was throttled. Expected available in 5 seconds."),
        ),
        why="Handshakes follow each other faster than the server allows.",
        remedy="Space the handshakes out (and honour Retry-After), or raise the limit for this client.",
        set_to_split="budget.spacing_ms",
    ),
    Cause(
        id="startup-race",
        layer="lifecycle",
        area="WebSocket configuration",
        means="handshakes are refused until the service has finished starting",
        lifted_by=("moment",),
        refuted_by=(
            "broken-off",
            "said-to-be-absent",
            "accepted-at-first",
            "only-bursts-refused",
            "only-replays-refused",
            "only-turns-explain",
            "too-many-alone",
        ),
        supported_by=("refused-then-accepted-ever-after",),
        log_patterns=(
            LogPattern(
                r"\b(?:still |not (?:yet )?(?:finished|done) )?(?:starting up|start-?up)\b.{0,24}\b(?:incomplete|in progress|"
                r"not complete|not finished|pending|phase)\b",
                "Start-up incomplete, refusing WebSockets",
            ),
            LogPattern(
                r"\b(?:service|server|application|app|supervisor)\b.{0,16}\b(?:not ready|is (?:still )?starting|still starting|"
                r"initiali[sz]ing)\b",
                "service is still starting",
            ),
            LogPattern(r"\bnot ready(?: yet)?\b.{0,30}\bstart", "not ready yet: startup pending"),
            LogPattern(r"\binitiali[sz]ation in progress\b", "Initialization in progress"),
        ),
        why="The service answers before it is ready to accept WebSockets.",
        remedy="Wait for readiness, and let the readiness check cover the WebSocket route.",
        set_to_split="a later run, or a larger budget.seconds",
    ),
    Cause(
        id="mixed-revisions",
        layer="lifecycle",
        area="WebSocket configuration",
        means="one of several revisions refuses: the same handshake now passes, now fails",
        lifted_by=("moment",),
        refuted_by=(
            "refused-every-time",
            "said-to-be-absent",
            "refused-then-accepted-ever-after",
            "only-bursts-refused",
            "only-replays-refused",
            "too-many-alone",
        ),
        supported_by=("only-turns-explain",),
        log_patterns=(),
        why="More than one revision answers, and not all of them accept.",
        remedy="Compare configuration and version of the revisions behind this address, and withdraw the one that refuses.",
        set_to_split="logs.source with the revision of each entry",
    ),
    Cause(
        id="verdict-cached",
        layer="lifecycle",
        area="Token validation",
        means="an earlier refusal of this very token is replayed; a fresh token passes",
        lifted_by=("fresh_token",),
        refuted_by=(
            "no-connection",
            "no-credential-sent",
            "fresh-tokens-refused",
            "broken-off",
            "said-to-be-absent",
            "replayed-after-acceptance",
            "accepted-at-first",
            "only-turns-explain",
            "too-many-alone",
        ),
        log_patterns=(
            LogPattern(r"\bnegative cache hit\b", "negative cache hit for jwt"),
            LogPattern(
                r"\bcached\b.{0,30}\b(?:rejection|refusal|verdict|negative|failure|denial|invalid)\b",
                "cached rejection for this token",
            ),
            LogPattern(
                r"\b(?:rejection|refusal|verdict|negative|failure|denial|validation)\b.{0,20}\b(?:from|in|"
                r"served from) (?:the )?cache\b",
                "verdict served from cache",
            ),
        ),
        why="A verdict on this token from earlier is remembered longer than what caused it.",
        remedy="Take a fresh token; let the cache forget refusals soon, or when their cause is mended.",
        set_to_split="a token.secret, so that a fresh token can be tried",
    ),
    Cause(
        id="closed-after-accept",
        layer="session",
        area="After acceptance",
        means="accepted, then closed by a decision of the server (1008 and 4xxx: a policy)",
        lifted_by=(),
        refuted_by=("no-connection", "refused-before-the-101", "ended-by-a-crash", "refused-on-an-open-socket"),
        supported_by=("ended-by-decision",),
        log_patterns=(),
        why="The server accepts and then closes by a decision of its own.",
        remedy="Read the close reason and the error frame before it: with 1008 and 4xxx the check sits after the accept; "
        "1001, 1012 and 1013 come from what stops, restarts or is overloaded.",
        set_to_split="logs.source, and alternatives for what the server checks after accepting",
    ),
    Cause(
        id="crash-after-accept",
        layer="session",
        area="After acceptance",
        means="accepted, then the server failed (1011, dropped)",
        lifted_by=(),
        refuted_by=("no-connection", "refused-before-the-101", "ended-by-decision"),
        supported_by=("ended-by-a-crash",),
        log_patterns=(),
        why="The server accepts, and what it does next fails.",
        remedy="Read the service's log at this moment: something the session needs was missing or raised.",
        set_to_split="logs.source, for the traceback",
    ),
)
