"""Causes between client and application, and the route."""

from __future__ import annotations

from lib.whys.catalogue.cause import Cause, LogPattern

CAUSES = (
    Cause(
        id="edge-strips-credential",
        layer="edge",
        area="WebSocket authentication headers",
        means="a proxy removed the credential from the upgrade request",
        lifted_by=("carrier", "host"),
        refuted_by=(
            "no-connection",
            "no-credential-sent",
            "token-content-matters",
            "credential-presence-matters",
            "gateway-failed",
            "too-many",
            "broken-off",
            "accepted-written-otherwise",
            "refused-past-the-edge-too",
            "not-as-without-a-credential",
            "other-carrier-refused-too",
            "answers-alike-there",
            "credential-in-a-message",
        ),
        supported_by=("said-to-be-absent",),
        log_patterns=(
            LogPattern(
                r"\b(?:strip(?:s|ped|ping)?|remov(?:e|es|ed|ing)|dropp?(?:s|ed|ing)?)\b.{0,30}\b(?:authorization|credentials?|cookie|"
                r"auth header)\b",
                "Stripped the Authorization header before forwarding",
            ),
            LogPattern(
                r"\b(?:authorization|credentials?|auth header)\b.{0,30}\b(?:stripped|removed|dropped) (?:by|at|from)\b",
                "Authorization removed by gateway",
            ),
        ),
        why="Between client and application something takes the credential out of upgrade requests.",
        remedy="Let the proxy pass the header on upgrade requests, or carry the token where the proxy does not look.",
        set_to_split="alternatives.hosts with an authority that passes the edge by, and alternatives.carriers",
    ),
    Cause(
        id="edge-blocks-upgrade",
        layer="edge",
        area="CORS and security policy",
        means="a proxy does not pass the upgrade on",
        lifted_by=("host",),
        refuted_by=(
            "redirected-there",
            "accepted-then-ended",
            "broken-off",
            "too-many",
            "plain-get-refused-alike",
            "answers-alike-there",
            "said-to-be-absent",
        ),
        supported_by=("as-a-plain-get", "envoy-refused-the-upgrade"),
        log_patterns=(
            LogPattern(
                r"\bupgrade\b.{0,30}\b(?:not (?:passed|forwarded|allowed|supported)|blocked|dropped|stripped|removed)\b",
                "Upgrade to websocket not allowed on this listener",
            ),
            LogPattern(r"\b(?:missing|invalid|no)\b.{0,12}\b(?:upgrade|connection) header\b", "Missing Upgrade header"),
            LogPattern(r"\bcan \"?upgrade\"? only to\b", 'Can "Upgrade" only to "WebSocket".'),
            LogPattern(
                r"\bupgrade\b'?\"?(?: token| header)?.{0,4}\b(?:missing|not found)\b",
                "websocket: 'upgrade' token not found in 'Connection' header",
            ),
            LogPattern(r"\bno websocket upgrade\b", "GET /ws: no websocket upgrade in this request"),
        ),
        why="The application sees a plain GET where the client sent an upgrade.",
        remedy="Configure the proxy to pass Upgrade and Connection to the WebSocket route (HTTP/1.1 to the upstream).",
        set_to_split="alternatives.hosts with an authority that passes the edge by",
    ),
    Cause(
        id="edge-policy",
        layer="edge",
        area="CORS and security policy",
        means="a firewall, an allow-list or an identity proxy refused before the application",
        lifted_by=("host", "client_header"),
        refuted_by=(
            "redirected-there",
            "accepted-then-ended",
            "broken-off",
            "application-saw-it",
            "application-answered",
            "answers-alike-there",
            "placebo-helped",
            "said-to-be-absent",
        ),
        log_patterns=(
            LogPattern(
                r"\bdenied[_ ]by[_ ](?:security[_ ]policy|policy|waf|firewall|iap|acl)\b",
                "statusDetails: denied_by_security_policy",
            ),
            LogPattern(
                r"\b(?:blocked|rejected|refused|denied) by (?:the )?(?:edge|firewall|waf|waf rule|allow-?list|deny-?list|"
                r"network policy|"
                r"armor|identity proxy|acl)\b",
                "Request blocked by WAF rule 942100",
            ),
            LogPattern(r"\b(?:ip|address|client) (?:is )?not (?:in|on) (?:the )?allow-?list\b", "Client not in allow-list"),
            LogPattern(r"\baccess forbidden by rule\b", "access forbidden by rule, client: 203.0.113.7"),
            LogPattern(r"\b(?:modsecurity|rbac): access denied\b", "RBAC: access denied"),
            LogPattern(r"\bclient denied by server configuration\b", "AH01797: client denied by server configuration"),
        ),
        why="The answer comes from in front of the application, by a rule of its own.",
        remedy="Have the edge's rule admit this client on the WebSocket route, or reach the service by an address that "
        "it allows.",
        set_to_split="alternatives.hosts with an authority that passes the edge by, or the edge's logs",
    ),
    Cause(
        id="host-refused",
        layer="edge",
        area="CORS and security policy",
        means="the Host is not one that the server accepts",
        lifted_by=("host_header", "host"),
        refuted_by=(
            "accepted-then-ended",
            "broken-off",
            "too-many",
            "gateway-failed",
            "name-accepted-there",
            "other-name-refused-here",
            "another-answers-the-handshake",
            "application-answered",
            "said-to-be-absent",
        ),
        log_patterns=(
            LogPattern(
                r"\b(?:invalid|unknown|disallowed|untrusted|unexpected|bad)\b.{0,6}\b(?:http_)?host(?:name)?(?: header)?\b",
                "Invalid HTTP_HOST header: 'api.example'. You may need to add it to ALLOWED_HOSTS.",
            ),
            LogPattern(
                r"\bhost\b.{0,60}\b(?:not allowed|not accepted|refused|rejected|denied|not trusted|is not permitted)\b",
                'This host ("api.example") is not allowed.',
            ),
            LogPattern(r"\bdisallowedhost\b", "DisallowedHost at /ws"),
            LogPattern(r"\bblocked hosts?\b", "Blocked host: api.example"),
            LogPattern(r"\bhost(?:name)? not permitted\b", "Hostname not permitted: api.example"),
        ),
        why="The server compares the Host header with a list of its own names.",
        remedy="Use a host name that the server knows, or add this one to its allowed hosts.",
        set_to_split="alternatives.host_headers",
    ),
    Cause(
        id="route-missing",
        layer="route",
        area="WebSocket configuration",
        means="there is no WebSocket route at this path (prefix, trailing slash, HTTP-only route)",
        lifted_by=("path", "query", "host"),
        refuted_by=(
            "redirected-there",
            "no-connection",
            "path-known",
            "accepted-then-ended",
            "broken-off",
            "too-many",
            "gateway-failed",
            "routed-to-the-application",
            "application-answered",
            "answers-alike-there",
            "placebo-helped",
            "said-to-be-absent",
        ),
        supported_by=("as-an-impossible-path", "plain-get-finds-nothing"),
        log_patterns=(
            LogPattern(
                r"\bno (?:matching |websocket )?route (?:found |matches |for |at |to (?!host))",
                "No route found for path 'socket'.",
            ),
            LogPattern(r"\bcannot get /", "Cannot GET /ws"),
            LogPattern(
                r"\b(?:websocket )?(?:route|path|endpoint)\b.{0,80}\b(?:not found|does not exist|unknown|not registered|"
                r"no handler)\b",
                "Path /ws not found",
            ),
            LogPattern(r"\bunknown (?:websocket )?(?:route|path|endpoint)\b", "Unknown WebSocket endpoint /ws"),
            LogPattern(r"\bno (?:websocket )?(?:handler|endpoint) (?:for|at)\b", "No handler for /ws"),
        ),
        why="No WebSocket handler is registered at this path.",
        remedy="Use the path at which the socket is served (target.ws_url), or register the route there.",
        set_to_split="alternatives.paths",
    ),
)
