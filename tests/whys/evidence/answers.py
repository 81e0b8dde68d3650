"""Answers of real frameworks, proxies and identity providers to a handshake, and what each of them says.

Written from their documentation, their sources and from running them. `says` is one cause (stated), several (narrowed to these)
or none (generic words); `names` are values that the answer names.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from lib.whys.evidence.server_answer import Answer, Sent

OURS = Sent(
    scheme="ws",
    host="api.acme.test",
    path="/ws",
    origin="https://app.acme.test",
    subprotocols=("chat.v1",),
    values=("staging-e2e-user-001", "acme-realtime"),
)
SECURE = Sent(scheme="wss", host="api.acme.test", path="/ws", origin="https://app.acme.test")
NOTHING_SENT = Sent(has_credential=False, word=None, carrier=None, scheme="ws", host="api.acme.test", path="/ws")

NO_TOKEN = ("credential-absent", "credential-carrier", "credential-malformed", "edge-strips-credential")
PLAIN_GET = ("edge-blocks-upgrade", "websocket-unsupported", "route-missing")
UPGRADE_REQUIRED = ("edge-blocks-upgrade", "websocket-unsupported", "protocol-version")


@dataclass(frozen=True)
class Case:
    """Who answered, what, to which request, and what it says."""

    who: str
    answer: Answer
    says: tuple[str, ...] = ()
    names: dict[str, Any] = field(default_factory=dict)
    sent: Sent = OURS


def said(
    who: str,
    status: int,
    body: str = "",
    says: str | tuple[str, ...] = (),
    /,
    sent: Sent = OURS,
    names: Any = None,
    **headers: str,
) -> Case:
    """An answer before the 101; header names with underscores for hyphens."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    expected = (says,) if isinstance(says, str) else tuple(says)
    return Case(who, Answer(status=status, headers=named, body=body), expected, names or {}, sent)


def closed(who: str, code: int, reason: str, says: str | tuple[str, ...] = ()) -> Case:
    """A session that the server closed."""
    expected = (says,) if isinstance(says, str) else tuple(says)
    return Case(who, Answer(status=101, close_code=code, close_reason=reason), expected)


def framed(who: str, frame: str, says: str | tuple[str, ...] = ()) -> Case:
    """A frame with which a session was refused."""
    expected = (says,) if isinstance(says, str) else tuple(says)
    return Case(who, Answer(status=101, body=frame), expected)


NGINX = """<html>
<head><title>{status}</title></head>
<body>
<center><h1>{status}</h1></center>
{sentence}<hr><center>nginx/1.27.1</center>
</body>
</html>
"""


def nginx(status: str, sentence: str = "") -> str:
    """nginx's own page."""
    center = f"<center>{sentence}</center>" if sentence else ""
    return NGINX.format(status=status, sentence=center + "\n" * bool(center))


CASES: tuple[Case, ...] = (
    # Application frameworks
    said("FastAPI, HTTPBearer", 403, '{"detail":"Not authenticated"}', NO_TOKEN),
    said("FastAPI, OAuth2 tutorial", 401, '{"detail":"Could not validate credentials"}', www_authenticate="Bearer"),
    said(
        "FastAPI, a query parameter that is wanted",
        422,
        '{"detail":[{"type":"missing","loc":["query","token"],"msg":"Field required","input":null}]}',
        "credential-carrier",
        names={"carriers": (("query", "token"),)},
    ),
    said("FastAPI, no such HTTP route", 404, '{"detail":"Not Found"}'),
    said("Starlette, TrustedHostMiddleware", 400, "Invalid host header", "host-refused", content_type="text/plain"),
    said("Starlette, refusal before the accept", 403, ""),
    said(
        "Django, DisallowedHost",
        400,
        "<!doctype html><html lang=en><head><title>DisallowedHost at "
        "/ws</title></head><body><h1>DisallowedHost at /ws</h1><pre>Invalid"
        " HTTP_HOST header: 'api.acme.test'. You may need to add 'api.acme.test' to "
        "ALLOWED_HOSTS.</pre></body></html>",
        "host-refused",
        content_type="text/html",
    ),
    said("Django, another Host behind a proxy", 400, "Invalid HTTP_HOST header: 'backend.internal:8000'.", "forwarded-refused"),
    said(
        "Django, CSRF origin",
        403,
        "<h1>Forbidden</h1><p>Origin checking failed - https://app.acme.test does not match any trusted origins.</p>",
        "origin-refused",
        content_type="text/html",
    ),
    said("Django REST framework, nothing sent", 401, '{"detail":"Authentication credentials were not provided."}', NO_TOKEN),
    said(
        "Django REST framework, keyword alone",
        401,
        '{"detail":"Invalid token header. No credentials provided."}',
        "credential-malformed",
    ),
    said("Django REST framework, user", 401, '{"detail":"User inactive or deleted."}', ("user-inactive", "user-unknown")),
    said("Django REST framework, permission class", 403, '{"detail":"You do not have permission to perform this action."}'),
    said(
        "Django REST framework, throttle",
        429,
        '{"detail":"Request was throttled. Expected available in 42 seconds."}',
        "rate-limited",
    ),
    said(
        "SimpleJWT",
        401,
        '{"detail":"Given token not valid for any token '
        'type","code":"token_not_valid","messages":[{"token_class":'
        '"AccessToken","token_type":"access","message":"Token is invalid or expired"}]}',
    ),
    said("SimpleJWT, wrong kind", 401, '{"detail":"Token has wrong type","code":"token_not_valid"}', "wrong-token"),
    said("SimpleJWT, user", 401, '{"detail":"User is inactive","code":"user_inactive"}', "user-inactive"),
    said("SimpleJWT, user gone", 401, '{"detail":"User not found","code":"user_not_found"}', "user-unknown"),
    said("Flask-JWT-Extended, no header", 401, '{"msg":"Missing Authorization Header"}', NO_TOKEN),
    said("Flask-JWT-Extended, expired", 401, '{"msg":"Token has expired"}', "token-expired"),
    said("Flask-JWT-Extended, kind", 422, '{"msg":"Only non-refresh tokens are allowed"}', "wrong-token"),
    said("Flask-JWT-Extended, segments", 422, '{"msg":"Not enough segments"}', "credential-malformed"),
    said("Tornado, Origin", 403, "Cross origin websockets not allowed", "origin-refused"),
    said("Tornado, plain GET", 400, 'Can "Upgrade" only to "WebSocket".', "edge-blocks-upgrade"),
    said(
        "Tornado, a challenge of another scheme",
        401,
        "",
        "credential-malformed",
        www_authenticate="JWT",
        names={"schemes": ("JWT",)},
    ),
    said("Tornado, 404", 404, "<html><title>404: Not Found</title><body>404: Not Found</body></html>", content_type="text/html"),
    said("aiohttp, plain GET", 400, 'No WebSocket UPGRADE hdr: None\n Can "Upgrade" only to "WebSocket".', "edge-blocks-upgrade"),
    said("aiohttp, generic", 403, "403: Forbidden"),
    said(
        "aiohttp, long header line",
        400,
        "Got more than 8190 bytes when reading: b'Authorization: Bearer ...'",
        "request-too-large",
    ),
    said(
        "websockets, Origin",
        403,
        "Failed to open a WebSocket connection: invalid Origin header: https://app.acme.test.\n",
        "origin-refused",
    ),
    said(
        "websockets, plain GET",
        426,
        "Failed to open a WebSocket connection: missing Connection header.\n\nYou cannot access "
        "a WebSocket "
        "server directly with a browser. You need a WebSocket client.\n",
        "edge-blocks-upgrade",
    ),
    said("websockets, subprotocol", 400, "Failed to open a WebSocket connection: missing subprotocol.\n", "subprotocol-refused"),
    said(
        "websockets, basic auth", 401, "Missing credentials\n", ("credential-malformed",), www_authenticate='Basic realm="test"'
    ),
    said(
        "Express, no such route",
        404,
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta '
        'charset="utf-8">\n<title>Error</title>\n</head>\n<body>\n'
        "<pre>Cannot GET /ws</pre>\n</body>\n</html>\n",
        PLAIN_GET,
        content_type="text/html; charset=utf-8",
    ),
    said("Express, express-jwt without a token", 401, "UnauthorizedError: No authorization token was found", NO_TOKEN),
    said(
        "Express, express-jwt format", 401, "UnauthorizedError: Format is Authorization: Bearer [token]", "credential-malformed"
    ),
    said(
        "Express, jsonwebtoken expired",
        401,
        '{"name":"TokenExpiredError","message":"jwt expired","expiredAt":"2026-11-28T20:00:00.000Z"}',
        "token-expired",
    ),
    said(
        "Express, jsonwebtoken issuer",
        401,
        '{"message":"jwt issuer invalid. expected: https://login.acme.test/"}',
        "issuer-mismatch",
        names={"claims": (("iss", "https://login.acme.test/"),)},
    ),
    said(
        "Express, jsonwebtoken audience",
        401,
        '{"message":"jwt audience invalid. expected: acme-realtime-v2"}',
        "audience-mismatch",
    ),
    said("Express, jsonwebtoken nbf", 401, '{"name":"NotBeforeError","message":"jwt not active"}', "clock-skew"),
    said("Express, cors", 500, "Error: Not allowed by CORS", "origin-refused"),
    said(
        "jose, nbf",
        401,
        '{"code":"ERR_JWT_CLAIM_VALIDATION_FAILED","message":"\\"nbf\\" claim timestamp check failed"}',
        "clock-skew",
    ),
    said("jose, exp", 401, '{"code":"ERR_JWT_EXPIRED","message":"\\"exp\\" claim timestamp check failed"}', "token-expired"),
    said("jose, aud", 401, '{"message":"unexpected \\"aud\\" claim value"}', "audience-mismatch"),
    said(
        "jose, keys",
        401,
        '{"message":"no applicable key found in the JSON Web Key Set"}',
        ("secret-mismatch", "algorithm-mismatch"),
    ),
    said("ws, plain GET", 426, "Upgrade Required", UPGRADE_REQUIRED, content_type="text/plain"),
    said(
        "ws, version",
        400,
        "Missing or invalid Sec-WebSocket-Version header",
        ("edge-blocks-upgrade", "protocol-version"),
        sec_websocket_version="13, 8",
    ),
    said("Socket.IO, transport", 400, '{"code":0,"message":"Transport unknown"}', ("protocol-version", "route-missing")),
    said("Socket.IO, protocol", 400, '{"code":5,"message":"Unsupported protocol version"}', "protocol-version"),
    said("SockJS", 200, "Welcome to SockJS!\n", "route-missing", content_type="text/plain", names={"location": "/ws/websocket"}),
    said("Spring, CORS", 403, "Invalid CORS request", "origin-refused"),
    said(
        "Spring Security, none",
        401,
        '{"timestamp":"2026-11-28T21:00:00Z","status":401,"error":"Unauthorized","path":"/ws"}',
        www_authenticate="Bearer",
    ),
    said("Spring Security, entry point", 401, '{"error":"Full authentication is required to access this resource"}', NO_TOKEN),
    said(
        "Spring Security, expired",
        401,
        "",
        "token-expired",
        www_authenticate='Bearer error="invalid_token", error_description="Jwt expired at 2026-11-28T20:00:00Z", '
        'error_uri="https://tools.ietf.org/html/rfc6750#section-3.1"',
    ),
    said(
        "Spring Security, issuer",
        401,
        "",
        "issuer-mismatch",
        www_authenticate='Bearer error="invalid_token", error_description="The iss claim is not valid", '
        'error_uri="https://tools.ietf.org/html/rfc6750#section-3.1"',
    ),
    said(
        "Spring Security, algorithm",
        401,
        "",
        ("secret-mismatch", "algorithm-mismatch"),
        www_authenticate='Bearer error="invalid_token", error_description="An error occurred while attempting to '
        "decode the Jwt: Signed JWT rejected: Another algorithm expected, or no matching key(s) "
        'found"',
    ),
    said(
        "Spring Security, JWKS gone",
        401,
        "",
        "auth-service-down",
        www_authenticate='Bearer error="invalid_token", error_description="An error occurred while attempting to '
        "decode the Jwt: Couldn't retrieve remote JWK set: Connection refused\"",
    ),
    said(
        "Spring Security, scope",
        403,
        "",
        "permission-missing",
        www_authenticate='Bearer error="insufficient_scope", scope="ws:connect"',
        names={"permissions": ("ws:connect",)},
    ),
    said(
        "ASP.NET, expired",
        401,
        "",
        "token-expired",
        www_authenticate='Bearer error="invalid_token", error_description="The token expired at \'11/28/2026 20:00:00\'"',
    ),
    said(
        "ASP.NET, audience",
        401,
        "",
        "audience-mismatch",
        www_authenticate='Bearer error="invalid_token", error_description="The audience \'acme-realtime\' is invalid"',
    ),
    said(
        "ASP.NET, issuer",
        401,
        "",
        "issuer-mismatch",
        www_authenticate='Bearer error="invalid_token", error_description="The issuer \'https://login.acme.test\' is invalid"',
    ),
    said(
        "ASP.NET, signature key",
        401,
        "",
        "secret-mismatch",
        www_authenticate='Bearer error="invalid_token", error_description="The signature key was not found"',
    ),
    said(
        "ASP.NET, signature",
        401,
        "",
        "secret-mismatch",
        www_authenticate='Bearer error="invalid_token", error_description="The signature is invalid"',
    ),
    said(
        "ASP.NET, not before",
        401,
        "",
        "clock-skew",
        www_authenticate='Bearer error="invalid_token", error_description="The token is not valid before '
        "'11/28/2026 22:00:00'\"",
    ),
    said("ASP.NET, no details", 401, "", www_authenticate='Bearer error="invalid_token"'),
    said(
        "http.sys, Host",
        400,
        "<!DOCTYPE HTML><HTML><HEAD><TITLE>Bad Request</TITLE></HEAD><BODY><h2>Bad Request - "
        "Invalid Hostname</h2><hr><p>"
        "HTTP Error 400. The request hostname is invalid.</p></BODY></HTML>",
        "host-refused",
        content_type="text/html; charset=us-ascii",
    ),
    said(
        "http.sys, header size",
        400,
        "<!DOCTYPE HTML><HTML><HEAD><TITLE>Bad Request</TITLE></HEAD><BODY><h2>Bad Request - "
        "Request Too Long</h2><hr>"
        "<p>HTTP Error 400. The size of the request headers is too long.</p></BODY></HTML>",
        "request-too-large",
        content_type="text/html; charset=us-ascii",
    ),
    said(
        "Rails, HostAuthorization",
        403,
        "<html><body><h1>Blocked hosts: api.acme.test</h1></body></html>",
        "host-refused",
        content_type="text/html",
    ),
    said("Rails, no route", 404, 'No route matches [GET] "/ws"', PLAIN_GET),
    said("Phoenix, transport", 403, ""),
    said("gorilla, plain GET", 400, "Bad Request\n", sec_websocket_version="13"),
    said(
        "coder/websocket, Origin",
        403,
        'request Origin "https://app.acme.test" is not authorized for Host "api.acme.test"\n',
        "origin-refused",
    ),
    said(
        "coder/websocket, Host rewritten",
        403,
        'request Origin "https://app.acme.test" is not authorized for Host "10.0.3.7"\n',
        ("origin-refused", "forwarded-refused"),
    ),
    said("axum, plain GET", 400, "Connection header did not include 'upgrade'", "edge-blocks-upgrade"),
    said("Go net/http, plain text on TLS", 400, "Client sent an HTTP request to an HTTPS server.\n", "wrong-scheme"),
    said("Tomcat, TLS", 400, "Bad Request\nThis combination of host and port requires TLS.\n", "wrong-scheme"),
    said("golang-jwt in echo", 400, '{"message":"missing or malformed jwt"}', NO_TOKEN),
    said("golang-jwt in echo, generic", 401, '{"message":"invalid or expired jwt"}'),
    said("golang-jwt", 401, "token has invalid claims: token is expired", "token-expired"),
    said(
        "golang-jwt, method",
        401,
        "token is unverifiable: error while executing keyfunc: unexpected signing method: HS256",
        "algorithm-mismatch",
    ),
    said(
        "Vite",
        403,
        'Blocked request. This host ("api.acme.test") is not allowed.\nTo allow this host, add '
        '"api.acme.test" to `server.allowedHosts` in vite.config.js.',
        "host-refused",
    ),
    # Proxies and load balancers
    said("nginx, generic", 403, nginx("403 Forbidden"), content_type="text/html"),
    said("nginx, 404", 404, nginx("404 Not Found"), content_type="text/html"),
    said(
        "nginx, header line",
        400,
        nginx("400 Request Header Or Cookie Too Large", "Request Header Or Cookie Too Large"),
        "request-too-large",
        content_type="text/html",
    ),
    said("nginx, request line", 414, nginx("414 Request-URI Too Large"), "request-too-large", content_type="text/html"),
    said(
        "nginx, plain text on TLS",
        400,
        nginx("400 The plain HTTP request was sent to HTTPS port", "The plain HTTP request was sent to HTTPS port"),
        "wrong-scheme",
        content_type="text/html",
    ),
    said(
        "nginx, client certificate",
        400,
        nginx("400 No required SSL certificate was sent", "No required SSL certificate was sent"),
        "client-certificate-missing",
        content_type="text/html",
    ),
    said(
        "nginx, to https",
        301,
        nginx("301 Moved Permanently"),
        "wrong-scheme",
        location="https://api.acme.test/ws",
        names={"location": "https://api.acme.test/ws"},
    ),
    said(
        "nginx, slash",
        301,
        nginx("301 Moved Permanently"),
        "route-missing",
        location="http://api.acme.test/ws/",
        names={"location": "http://api.acme.test/ws/"},
    ),
    said(
        "nginx, other name",
        301,
        nginx("301 Moved Permanently"),
        ("host-refused", "route-missing"),
        location="http://www.acme.test/ws",
    ),
    said(
        "nginx, auth_basic",
        401,
        nginx("401 Authorization Required"),
        ("credential-malformed", "edge-policy"),
        www_authenticate='Basic realm="Restricted"',
        content_type="text/html",
    ),
    said("nginx, bad gateway", 502, nginx("502 Bad Gateway"), content_type="text/html"),
    said(
        "haproxy, deny",
        403,
        "<html><body><h1>403 Forbidden</h1>\nRequest forbidden by administrative rules.\n</body></html>\n",
        "edge-policy",
        content_type="text/html",
    ),
    said(
        "haproxy, no server",
        503,
        "<html><body><h1>503 Service Unavailable</h1>\nNo server is available to handle this request.\n</body></html>\n",
        content_type="text/html",
    ),
    said("Envoy, no JWT", 401, "Jwt is missing", NO_TOKEN, www_authenticate='Bearer realm="http://api.acme.test/ws"'),
    said("Envoy, expired", 401, "Jwt is expired", "token-expired"),
    said("Envoy, issuer", 401, "Jwt issuer is not configured", "issuer-mismatch"),
    said("Envoy, issuer as JSON", 401, '{"error":"Jwt issuer is not configured"}', "issuer-mismatch"),
    said("Envoy, audience", 403, "Audiences in Jwt are not allowed", "audience-mismatch"),
    said("Envoy, key", 401, "Jwks doesn't have key to match kid or alg from Jwt", "secret-mismatch"),
    said("Envoy, signature", 401, "Jwt verification fails", "secret-mismatch"),
    said(
        "Envoy, form",
        401,
        "Jwt is not in the form of Header.Payload.Signature with two dots and 3 sections",
        "credential-malformed",
    ),
    said("Envoy, JWKS", 401, "Jwks remote fetch is failed", "auth-service-down"),
    said("Envoy, RBAC", 403, "RBAC: access denied", "edge-policy"),
    said("Envoy, local rate limit", 429, "local_rate_limited", "rate-limited"),
    said("Envoy, upgrade not enabled", 403, "", server="envoy"),
    said("Envoy, timeout", 504, "upstream request timeout"),
    said("Envoy, no upstream", 503, "no healthy upstream"),
    said("Traefik, 404", 404, "404 page not found\n"),
    said("Traefik, forward auth", 401, "Unauthorized\n"),
    said("Caddy", 403, "", server="Caddy"),
    said(
        "Apache, forbidden",
        403,
        '<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN">\n<html><head>\n<title>403 '
        "Forbidden</title>\n</head><body>\n<h1>Forbidden</h1>\n"
        "<p>You don't have permission to access this resource.</p>\n</body></html>\n",
        content_type="text/html",
    ),
    said(
        "Apache, plain text on TLS",
        400,
        "<html><head>\n<title>400 Bad Request</title>\n</head><body>\n<h1>Bad "
        "Request</h1>\n<p>Your browser sent a request that this server could"
        " not understand.<br />\nReason: You're speaking plain HTTP to an SSL-enabled server "
        "port.<br />\n Instead use the HTTPS scheme to access this URL, please.<br "
        "/>\n</p>\n</body></html>\n",
        "wrong-scheme",
        content_type="text/html",
    ),
    said(
        "Apache, header size",
        400,
        "<html><head>\n<title>400 Bad Request</title>\n</head><body>\n<h1>Bad "
        "Request</h1>\n<p>Your browser sent a request that this server could not understand."
        "<br />\nSize of a request header field exceeds server limit.<br />\n</p>\n</body></html>\n",
        "request-too-large",
        content_type="text/html",
    ),
    said(
        "Apache, misdirected",
        421,
        "<html><head><title>421 Misdirected Request</title></head><body><h1>Misdirected Request</h1></body></html>",
        "host-refused",
        content_type="text/html",
    ),
    said("ingress-nginx, default backend", 404, "default backend - 404", ("route-missing", "host-refused")),
    said("Kong, key", 401, '{"message":"No API key found in request"}', "bypass-key"),
    said("Kong, route", 404, '{"message":"no Route matched with those values"}', "route-missing"),
    said("Kong, limit", 429, '{"message":"API rate limit exceeded"}', "rate-limited"),
    said(
        "Squid",
        403,
        "<html><head><title>ERROR: The requested URL could not be "
        "retrieved</title></head><body><h1>ERROR</h1><p>Access Denied.</p></body></html>",
        "client-proxy",
        content_type="text/html",
        x_squid_error="ERR_ACCESS_DENIED 0",
    ),
    said("a proxy that wants a login", 407, "", "client-proxy", proxy_authenticate='Basic realm="corp"'),
    # Clouds and identity providers
    said(
        "Cloudflare, WAF",
        403,
        "<!DOCTYPE html><html><head><title>Attention Required! | "
        "Cloudflare</title></head><body><h1>Sorry, you have been blocked</h1>"
        "<h2>You are unable to access acme.test</h2></body></html>",
        "edge-policy",
        content_type="text/html",
    ),
    said(
        "Cloudflare, challenge",
        403,
        "<!DOCTYPE html><html><head><title>Just a moment...</title></head><body></body></html>",
        "edge-policy",
        content_type="text/html",
        cf_mitigated="challenge",
    ),
    said("Cloudflare, 1015", 429, "error code: 1015", ("rate-limited", "connection-limit")),
    said(
        "Cloudflare Access",
        302,
        "",
        "edge-policy",
        location="https://acme.cloudflareaccess.com/cdn-cgi/access/login/api.acme.test?kid=1",
    ),
    said(
        "CloudFront",
        403,
        "<HTML><HEAD><TITLE>ERROR: The request could not be "
        "satisfied</TITLE></HEAD><BODY><H1>403 ERROR</H1><H2>The request could not be "
        "satisfied.</H2>"
        '<HR noshade size="1px">Request blocked. We can\'t connect to the server for this app '
        "or website at this time.</BODY></HTML>",
        "edge-policy",
        content_type="text/html",
    ),
    said(
        "Akamai",
        403,
        "<HTML><HEAD><TITLE>Access Denied</TITLE></HEAD><BODY><H1>Access Denied</H1>You don't "
        'have permission to access "http&#58;&#47;&#47;api.acme.test" on this server.<P>'
        "Reference #18.1</BODY></HTML>",
        "edge-policy",
        content_type="text/html",
        server="AkamaiGHost",
    ),
    said(
        "Imperva",
        403,
        "<html><body>Request unsuccessful. Incapsula incident ID: 877-123</body></html>",
        "edge-policy",
        content_type="text/html",
    ),
    said(
        "Fastly",
        500,
        "Fastly error: unknown domain: api.acme.test. Please check that this domain has been added to a service.",
        "host-refused",
    ),
    said(
        "ALB, WAF",
        403,
        "<html>\r\n<head><title>403 Forbidden</title></head>\r\n<body>\r\n<center><h1>403 "
        "Forbidden</h1></center>\r\n</body>\r\n</html>\r\n",
        server="awselb/2.0",
    ),
    said(
        "API Gateway, no such route",
        403,
        '{"message":"Missing Authentication Token"}',
        ("route-missing", "credential-carrier"),
        x_amzn_errortype="MissingAuthenticationTokenException",
    ),
    said("API Gateway, authorizer", 401, '{"message":"Unauthorized"}'),
    said("API Gateway, denied", 403, '{"Message":"User is not authorized to access this resource with an explicit deny"}'),
    said("API Gateway, expired", 401, '{"message":"The incoming token has expired"}', "token-expired"),
    said("API Gateway, limit", 429, '{"message":"Too Many Requests"}', ("rate-limited", "connection-limit")),
    said(
        "Azure API Management",
        401,
        '{"statusCode":401,"message":"Access denied due to missing subscription key. Make sure '
        'to include subscription key when making requests to an API."}',
        "bypass-key",
    ),
    said("IAP", 401, "Invalid IAP credentials: empty token", "edge-policy", x_goog_iap_generated_response="true"),
    said(
        "IAP, browser",
        302,
        "",
        "edge-policy",
        location="https://accounts.google.com/o/oauth2/v2/auth?client_id=1",
        x_goog_iap_generated_response="true",
    ),
    said(
        "Cloud Run, invoker",
        403,
        "<html><head><title>403 Forbidden</title></head><body><h1>Error: Forbidden</h1><h2>Your "
        "client does not have permission to get URL <code>/ws</code> from this "
        "server.</h2></body></html>",
        "edge-policy",
        content_type="text/html",
        server="Google Frontend",
    ),
    said(
        "Google, too large",
        413,
        "<html><head><title>413 Request Entity Too Large</title></head><body><h1>Error: Request "
        "Entity Too Large</h1><h2>Your client issued a request that was too "
        "large.</h2></body></html>",
        "request-too-large",
        content_type="text/html",
    ),
    said("oauth2-proxy", 302, "", "edge-policy", location="/oauth2/sign_in?rd=%2Fws"),
    said(
        "Keycloak behind an application",
        302,
        "",
        ("edge-policy", "credential-carrier", "credential-absent"),
        location="https://sso.acme.test/realms/acme/protocol/openid-connect/auth?client_id=web&redirect_uri=x",
    ),
    said(
        "Django, login page",
        302,
        "",
        ("edge-policy", "credential-carrier", "credential-absent"),
        location="/accounts/login/?next=/ws",
    ),
    said("Keycloak, HTTPS", 403, '{"error":"invalid_request","error_description":"HTTPS required"}', "wrong-scheme"),
    said(
        "Keycloak, HTTPS behind TLS",
        403,
        '{"error":"invalid_request","error_description":"HTTPS required"}',
        "forwarded-refused",
        sent=SECURE,
    ),
    said("Auth0", 401, '{"error":"invalid_token","error_description":"The access token expired"}', "token-expired"),
    said(
        "Auth0, scope",
        403,
        '{"error":"insufficient_scope","error_description":"Insufficient scope","scope":"ws:connect"}',
        "permission-missing",
    ),
    said("Firebase", 401, '{"error":"verifyIdToken() expects an ID token, but was given a custom token."}', "wrong-token"),
    said(
        "Google auth",
        401,
        '{"error":"Token used too early, 1732827600 < 1732827900. Check that your computer\'s clock is set correctly."}',
        "clock-skew",
    ),
    # Applications
    said(
        "subprotocol",
        400,
        "subprotocol graphql-transport-ws required",
        "subprotocol-refused",
        names={"subprotocols": ("graphql-transport-ws",)},
    ),
    said("connection limit", 429, '{"error":"at most 2 connections per user"}', "connection-limit"),
    said("auth service", 503, '{"error":"auth service http://auth.internal:8081 is unreachable"}', "auth-service-down"),
    said("tenant header", 403, '{"error":"X-Tenant-ID header is required"}', "bypass-key", names={"headers": ("X-Tenant-ID",)}),
    said(
        "claim", 403, '{"error":"Missing required claim: tenant_id"}', "claim-missing", names={"missing_claims": ("tenant_id",)}
    ),
    said("starting", 503, '{"detail":"startup incomplete, phase services"}', "startup-race"),
    said("cookie", 401, "Missing cookie 'session'", "credential-carrier", names={"carriers": (("cookie", "session"),)}),
    said(
        "permission",
        403,
        '{"detail":"Permission \'realtime\' is required to open a WebSocket"}',
        "permission-missing",
        names={"permissions": ("realtime",)},
    ),
    said(
        "scheme",
        401,
        '{"detail":"Authorization header must start with JWT"}',
        "credential-malformed",
        names={"schemes": ("JWT",)},
    ),
    said("ticket", 401, '{"error":"ticket_already_used"}', "token-reuse"),
    said("nothing was sent", 401, '{"error":"No token provided"}', "credential-absent", sent=NOTHING_SENT),
    said(
        "crash",
        500,
        'Traceback (most recent call last):\n  File "app.py", line 3\nAttributeError: '
        "'NoneType' object has no attribute 'id'\n",
        "server-error",
    ),
    # After the 101
    closed("graphql-ws", 4408, "Connection initialisation timeout", "first-message-missing"),
    closed("graphql-ws, generic", 4401, "Unauthorized"),
    closed("graphql-ws, subprotocol", 4406, "Subprotocol not acceptable", "subprotocol-refused"),
    closed("a chat", 1008, "Token has expired", "token-expired"),
    closed("a chat, generic", 1008, "Policy violation"),
    closed("Jetty", 1001, "Connection Idle Timeout", "idle-closed"),
    closed("Hasura", 4400, "Could not verify JWT: JWTExpired", "token-expired"),
    closed("Hasura, key", 4400, "Could not verify JWT: JWSError (JWSInvalidSignature)", "secret-mismatch"),
    framed("Apollo, legacy", '{"type":"connection_error","payload":{"message":"Missing auth token!"}}', NO_TOKEN),
    framed("Hasura, legacy", '{"type":"connection_error","payload":"Could not verify JWT: JWTExpired"}', "token-expired"),
    framed(
        "Supabase",
        '[null,"1","realtime:x","phx_reply",{"response":{"reason":"Token has expired 9 seconds ago"},"status":"error"}]',
        "token-expired",
    ),
    framed(
        "Pusher",
        '{"event":"pusher:error","data":{"code":4009,"message":"Connection not authorized within timeout"}}',
        "first-message-missing",
    ),
    framed("socketio-jwt", '{"message":"jwt audience invalid. expected: sockets"}', "audience-mismatch"),
    framed("Socket.IO, namespace", '{"message":"Invalid namespace"}', "first-message-missing"),
    framed("Centrifugo", '{"id":1,"error":{"code":109,"message":"token expired"}}', "token-expired"),
    framed("Ably", '{"action":9,"error":{"code":40142,"message":"Token expired"}}', "token-expired"),
    framed("Action Cable", '{"type":"disconnect","reason":"unauthorized","reconnect":false}'),
    framed(
        "Action Cable, echo",
        '{"identifier":"{\\"channel\\":\\"Chat\\",\\"token\\":\\"jwt expired\\"}","type":"reject_subscription"}',
    ),
    framed("a gateway", '{"type":"error","message":"First message must be auth"}', "first-message-missing"),
    closed("websockets", 1011, "keepalive ping timeout", "idle-closed"),
    closed("a gateway", 4003, "Expected an auth message", "first-message-missing"),
    closed("a limit", 1013, "too many connections for this user", "connection-limit"),
    # Words that say nothing, or not what they seem to
    said("generic", 403, "Forbidden"),
    said("generic", 403, "Access denied"),
    said("generic", 401, '{"error":"Unauthorized"}'),
    said("generic", 401, '{"error":"invalid_token"}'),
    said("generic", 401, '{"error":"Invalid or expired token"}'),
    said("generic", 400, "Bad Request"),
    said("generic", 500, "Internal Server Error"),
    said("an echo of our Origin", 403, '{"error":"forbidden","you_sent":{"origin":"origin not allowed"}}'),
    said("an echo of our path", 404, "Cannot serve /ws", sent=Sent(path="/ws/token-expired", host="h")),
    said("a path that reads like a refusal", 404, "Not found: /ws/token-expired", sent=Sent(path="/ws/token-expired", host="h")),
    said("a negation", 403, "The token is valid and not expired, but the user is disabled", "user-inactive"),
    said("a negation", 403, "Token is not expired; audience does not match", "audience-mismatch"),
    said("a flag", 403, '{"error":"forbidden","token_expired":false}'),
    said("flags in text", 403, "origin_blocked=false token_expired=false"),
    said("advice", 401, "If your token has expired, request a new one."),
    said("a supposition", 403, "Your account may be disabled. Contact support."),
    said(
        "a page for people",
        200,
        "<html><head><title>Acme</title></head><body><p>Token expired? Origin not allowed? Read our help.</p></body></html>",
        content_type="text/html",
    ),
    said(
        "a long page",
        403,
        "<html><head><title>Forbidden</title></head><body>"
        + "<p>Invalid audience. Origin not allowed.</p>" * 100
        + "</body></html>",
        content_type="text/html",
    ),
    said(
        "a script in a page",
        403,
        "<html><head><script>var e='token expired'</script></head><body>Forbidden</body></html>",
        content_type="text/html",
    ),
    said("user agent", 403, "User agent blocked"),
    said("two at once", 403, '{"errors":["Token is expired","Origin not allowed"]}', ("token-expired", "origin-refused")),
    said("Kong, key of iss", 401, '{"message":"No credentials found for given \'iss\'"}', "issuer-mismatch"),
    said(
        "Kubernetes, token unread",
        403,
        '{"message":"forbidden: User \\"system:anonymous\\" cannot get path \\"/ws\\""}',
        NO_TOKEN,
    ),
    said("webpack-dev-server", 403, "Invalid Host/Origin header", ("host-refused", "origin-refused")),
    said("golang-jwt", 401, '{"error":"Token used before issued"}', "clock-skew"),
    said("a token that was used before", 401, '{"error":"Token has been used before"}', "token-reuse"),
    said("Spring, form token", 403, "Could not verify the provided CSRF token because no token was found to compare."),
    said("a quota of a month", 403, '{"error":"Monthly connection quota exceeded"}', ("rate-limited", "connection-limit")),
    said("Django, a Host of one word", 400, "Invalid HTTP_HOST header: 'backend:8000'.", "forwarded-refused"),
    said("Rails, another Host", 403, "<h1>Blocked hosts: app.internal</h1>", "forwarded-refused", content_type="text/html"),
    said(
        "Jupyter, another Host",
        403,
        "Blocking Cross Origin API request for /api/kernels. Origin: https://app.acme.test, Host: 10.0.3.7",
        ("origin-refused", "forwarded-refused"),
    ),
    said("a licence", 402, "Your license has expired"),
    said("a certificate elsewhere", 502, "upstream: certificate has expired"),
)
"""Every answer with what it says."""
