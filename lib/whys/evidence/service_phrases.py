"""How refusals by routes and services are worded, and how sessions are ended."""

from __future__ import annotations

from lib.whys.evidence.phrase import NEEDED, OTHER_HEADER, PLAIN_GET, TOO_MANY, UPGRADES, Phrase, phrases

_AUTH_PLACE = (
    r"(?:(?:keycloak|idp)\b|(?:auth\w*|identity|sso|jwks)(?:[\w.]*:\d+\b"
    r"|(?: \w+)? (?:service|server|svc|host|provider|backend|api)\b"
    r"|(?: [\w.]+)?:\d+\b))"
)
"""A place that validates credentials, as a log names it: `auth:8081`, `auth service`."""
_CAME = (
    r"(?:session|connection|client|device|login)(?: was| has)?(?: been)? "
    r"(?:opened|connected|started|established|took over|detected)\b"
)
_ENDED = r"(?:clos(?:ed|ing)|replac\w+|kicked|superseded|terminat\w+|evicted|disconnect\w*|ended)\b"

SERVICE_PHRASES: tuple[Phrase, ...] = (
    *phrases(
        "route-missing",
        (
            r"\b(?:route|endpoint) (?:~ )?(?:does not exist|was removed|has moved|has been moved|"
            r"is deprecated and gone)|\bthis endpoint has (?:moved|been removed)",
            "This endpoint has moved to /api/v2/ws",
        ),
        (
            r"\bno (?:matching )?(?:web ?socket )?(?:route|handler|endpoint|consumer)s? (?:was |"
            r"is )?(?:found |registered |defined |configured )?(?:for|at|matched|with|on|"
            r"here)\b(?! host)(?! ['\"]?get\b)",
            "no Route matched with those values",
        ),
        (
            r"\b(?:web ?socket|ws) (?:route|endpoint|path|handler)\b.{0,60}\b(?:not found|"
            r"does not exist|unknown|not registered)|\bunknown (?:web ?socket )?(?:route|endpoint|"
            r"path|namespace)\b",
            "WebSocket route /ws not found",
        ),
        (r"\binvalid namespace\b", "Invalid namespace"),
        (
            r"\b(?:requested |request )?(?:url|uri|path) (?:does not|doesn'?t|did not) match any (?:rules?|routes?|endpoints?)\b",
            "Requested url does not match any rules",
        ),
        (r"\bwelcome to sockjs", "Welcome to SockJS!"),
        (r"\bno route found for path", "No route found for path 'ws/'."),
    ),
    *phrases(
        ("route-missing", "host-refused"),
        (r"\bdefault backend\b|\bno (?:healthy )?virtual host\b", "default backend - 404"),
    ),
    *phrases(
        PLAIN_GET,
        (r"\bcannot get [~/]|\bno route matches \[get\]", "Cannot GET /ws"),
        (r"\bpath (?:~|['\"]?/\S{1,80}) (?:was |is )?not found\b", "Path /ws not found, did you mean /ws/v2?"),
        (r"\broute (?:\[?get\]?:? ?)[^\s]{1,80} not found|\bno route found for ['\"]?get\b", "Route GET:/ws not found"),
    ),
    *phrases(
        "edge-blocks-upgrade",
        (
            r"\bwebsocket endpoint\b.{0,24}\b(?:use|speak|expects?|only)\b|\bwebsocket connections? only\b",
            "WebSocket connections only",
        ),
        (
            r"\b(?:missing|invalid|no|bad|malformed|empty)\b.{0,10}\b(?:http )?(?:upgrade|"
            r"connection)['\"]? (?:header|hdr)",
            "Failed to open a WebSocket connection: missing Connection header.",
        ),
        (r"\bcan ['\"]?upgrade['\"]? only to|\bconnection['\"]? must be ['\"]?upgrade", 'Can "Upgrade" only to "WebSocket".'),
        (
            r"\b['\"`]?(?:upgrade|connection)['\"`]?(?: upgrade)? (?:header|hdr|"
            r"token)\b.{0,24}\b(?:did not include|does not contain|missing|not found|not set|"
            r"is required|must (?:be|contain)|no such)",
            "Connection header did not include 'upgrade'",
        ),
        (
            r"\bno (?:websocket upgrade|connection upgrade) hdr\b|\bnot a websocket (?:handshake|"
            r"request|upgrade)|\bupgrade token not found",
            "Not a WebSocket handshake request",
        ),
        (
            r"\bwebsocket (?:upgrade|handshake|connection) (?:is )?expected|"
            r"\bexpected (?:a )?websocket (?:upgrade|handshake)|\bonly websocket (?:requests|"
            r"connections) (?:are )?(?:allowed|accepted)|\bconnection upgrade is not set",
            "WebSocket upgrade is expected",
        ),
        (
            r"\b(?:this|it) is a websocket\b.{0,40}\bsend an upgrade|\buse of the websocket protocol|"
            r"\bcannot access a websocket server directly with a browser|"
            r"\bis not using the websocket protocol",
            "This service requires use of the WebSocket protocol",
        ),
    ),
    *phrases(
        UPGRADES,
        (
            r"(?<!origin )\b(?:web ?sockets?|upgrades?)(?: requests?| connections?)? (?:is |"
            r"are )?(?:not (?:supported|enabled|available|allowed|implemented)|unsupported|disabled)",
            "WebSockets are not supported",
        ),
        (r"\bunsupported upgrade\b|\bno state to upgrade|\bno upgrade state was present", "Unsupported upgrade request."),
    ),
    *phrases(
        ("edge-blocks-upgrade", "websocket-unsupported", "protocol-version"),
        (r"^(?:\d+ )?upgrade required\W*$", "Upgrade Required"),
    ),
    *phrases(
        "protocol-version",
        (
            r"\b(?:unsupported|unknown|incompatible|invalid|wrong|outdated|obsolete) (?:engine\.?io |"
            r"websocket |client |api )?(?:protocol )?version\b",
            "Unsupported protocol version",
        ),
        (
            r"\b(?:protocol|client|api) version\b.{0,40}\b(?:not supported|unsupported|too old|"
            r"outdated|no longer supported|is required|required|mismatch)",
            "API version 1 is no longer supported",
        ),
        (r"\b(?:please )?(?:upgrade|update) your client\b|\bclient (?:is )?too old\b", "Client too old, please upgrade"),
    ),
    *phrases(
        ("protocol-version", "route-missing"),
        (r"\btransport unknown\b", "Transport unknown"),
    ),
    *phrases(
        "subprotocol-refused",
        (
            r"\bmust (?:support|speak|offer|request) (?:the )?sub ?protocol|"
            r"\bnone of the (?:requested|offered) sub ?protocols|"
            r"\brequested (?:sub ?)?protocols?(?:\(s\))? (?:is |are )?not supported",
            "none of the requested subprotocols is supported",
        ),
        (
            r"\bsub ?protocols?\b(?:[:=]? ['\"\[]?[^\s;]{1,60}){0,3}? (?:is |are |was )?(?:"
            + NEEDED
            + r"|not (?:acceptable|supported|allowed|accepted|available)|unsupported|mismatch)",
            "subprotocol graphql-transport-ws required",
        ),
        (
            r"\b(?:missing|invalid|unsupported|unknown|unacceptable|no (?:common|matching|acceptable|"
            r"supported|valid)?) ?(?:web ?socket )?sub ?protocols?\b(?! jwt)|\bsub ?protocol negotiation failed",
            "no matching subprotocol",
        ),
        (
            r"\b(?:required|expected|must offer|requires?|needs?) (?:the |"
            r"a )?(?:['\"]?[\w.-]+['\"]? )?sub ?protocol\b",
            "Expected subprotocol mqtt",
        ),
        (
            r"\b(?:missing|invalid|unsupported) sec websocket protocol|\bsec websocket protocol(?: header)? (?:is |was )?"
            + NEEDED,
            "Unsupported Sec-WebSocket-Protocol",
        ),
        (
            r"\b(?:offer|request|negotiate) (?:the |an? )?sub ?protocol\b|"
            r"\b(?:does not|doesn'?t|did not|didn'?t) (?:speak|offer|support|request|negotiate)\b.{0,30}\bsub ?protocol",
            "Please offer the subprotocol acme.v2",
        ),
    ),
    *phrases(
        "bypass-key",
        (r"\b(?:e2e|test|bypass|tenant|device|client) (?:id )?header (?:is )?(?:required|missing)\b", "E2E header required"),
        (r"\b(?:no|missing) (?:x )?api ?key\b", "No API key found in request"),
        (r"\b(?:missing|required)\b.{0,12}\bheaders?:? ['\"`]?x [\w ]+", "Missing required header X-Tenant-Id"),
        (
            rf"\b['\"`]?x (?!{OTHER_HEADER})[\w ]{{2,30}}['\"`]? (?:http )?(?:header )?(?:is |was )?" + NEEDED,
            "X-Tenant-ID header is required",
        ),
        (
            rf"\bx (?!{OTHER_HEADER})[\w ]{{2,30}} (?:is |was )?(?:invalid|wrong|not valid|rejected|incorrect)\b"
            r"|\bbypass key\b.{0,12}\b(?:missing|invalid|required|wrong)|\b(?:missing|"
            r"invalid) (?:e2e )?bypass",
            "E2E bypass key missing for WebSocket access",
        ),
        (
            r"\b(?:subscription|app|application) key\b.{0,30}\b(?:missing|invalid|required)|"
            r"\bmissing subscription key",
            "Access denied due to missing subscription key.",
        ),
        (
            r"\b(?:missing|no) tenant(?: header| id)?\b(?! claim)|\btenant (?:header|"
            r"id) (?:is )?(?:missing|required)",
            "Missing tenant header",
        ),
    ),
    *phrases(
        ("bypass-key", "wrong-token"),
        (r"\b(?:invalid|bad|wrong|incorrect|unknown) (?:x )?api ?key\b", "Incorrect API key provided"),
        (r"\bx api ?key (?:header )?(?:is |was )?(?:invalid|wrong|not valid|rejected|incorrect)\b", "x-api-key is invalid"),
    ),
    *phrases(
        "auth-service-down",
        (
            r"\b(?:cannot|could not|couldn't|unable to|failed to) (?:validate|verify|check|"
            r"introspect) (?:the )?(?:token|jwt|session)\b.{0,80}\b(?:dial tcp|no such host|"
            r"connection refused|i/o timeout|econnrefused|timed out|unreachable)",
            "failed to validate token: dial tcp: lookup auth: no such host",
        ),
        (
            r"\b(?:identity provider|idp|keycloak|(?:jwks|introspection|token|user ?info)(?: endpoint)?|"
            r"auth\w* (?:service|server|provider|backend|api)) (?:has )?(?:returned|"
            r"answered|responded)(?: with)?(?: http| status)? ?5\d\d",
            "Identity provider returned 503",
        ),
        (
            r"\b(?:(?:auth\w*|identity|idp|sso|oauth|oidc|keycloak)(?: \w+)?(?: service| server| provider| backend| api|"
            r" endpoint| store)?|(?:token|login|session)(?: \w+)? (?:service|server|provider|backend|api|endpoint|"
            r"store))\b(?: [^\s;]{1,80})?(?: is| was)?(?: currently| temporarily)? (?:unavailable|"
            r"unreachable|down\b|not (?:available|reachable|responding)|offline|timed out|"
            r"cannot be reached|could not be reached)",
            "Authentication service unavailable",
        ),
        (
            r"\b(?:cannot|can't|could ?n[o']t|unable to|failed to|error) (?:reach|contact|"
            r"connect(?:ing)? to|call(?:ing)?|query|fetch|retriev\w+)\b.{0,30}\b(?:auth\w*|identity|"
            r"idp|sso|oauth|oidc|keycloak|jwks?|introspection|signing keys)",
            "Could not reach auth service http://auth:8081",
        ),
        (
            r"\bjwks remote fetch is failed|\bcouldn'?t retrieve remote jwk set|"
            r"\bjwks?\b.{0,24}\b(?:fetch|retriev\w+)\b.{0,12}\bfail",
            "Jwks remote fetch is failed",
        ),
        (
            rf"\b(?:enotfound|econnrefused|etimedout|no such host)\b.{{0,60}}\b(?:auth|idp|identity|keycloak|sso|jwks)\b|"
            rf"\bconnection refused\b(?! by\b).{{0,60}}\b{_AUTH_PLACE}|"
            r"\btimed? ?out (?:waiting for|talking to|calling|contacting|connecting to|reaching) (?:the )?"
            r"(?:auth\w*|identity|idp|sso|oauth|keycloak|jwks)\b",
            "Timed out waiting for auth service",
        ),
        (
            r"\bintrospection\b.{0,30}\b(?:failed|unreachable|timed out|unavailable)|"
            rf"\b(?:auth|identity)\w*\b.{{0,40}}\bname or service not known|"
            rf"\b{_AUTH_PLACE}.{{0,40}}\b(?:connection refused(?! by\b)"
            r"|connect error)",
            "dial tcp auth:8081: connect: connection refused",
        ),
    ),
    *phrases(
        "service-identity",
        (
            r"\b(?:invalid|unknown|unauthori[sz]ed|mismatched) (?:service (?:id|identity|account|"
            r"secret|credentials?)|client(?: id| secret| credentials)?)\b(?! cert)(?! version)",
            "invalid_service_id",
        ),
        (
            r"\bservice (?:id|identity|secret|account)\b.{0,24}\b(?:mismatch|rejected|does not match|"
            r"refused|invalid)|\binter service auth\w* fail",
            "Service ID mismatch",
        ),
    ),
    *phrases(
        "connection-limit",
        (
            r"\breached (?:your |the )?(?:\w+ ){0,2}(?:concurrent |open )?(?:connections?|"
            r"sessions?) (?:limit|quota)|\bconcurrent (?:connections?|sessions?) limit",
            "You have reached your concurrent connection limit (2)",
        ),
        (
            r"\btoo many (?:open |concurrent |active |simultaneous |parallel |existing |web ?socket |"
            r"client )*(?:connections|sockets|web ?sockets|sessions|clients|devices)",
            "Too many open connections",
        ),
        (
            r"\b(?:connections?|sessions?|sockets?|clients?|devices?)(?: count| per user)? (?:limit|"
            r"quota|cap)\b.{0,24}\b(?:reached|exceeded|hit|of \d+)|\b(?:limit|maximum|"
            r"max)\b.{0,24}\b(?:connections?|sessions?|sockets)\b.{0,24}\b(?:reached|exceeded)",
            "Connection limit reached",
        ),
        (
            r"\b(?:at most|no more than|maximum of|max(?:imum)?|only|limited to|up to) (?:\d+|one|two|"
            r"three) (?:\w+ ){0,2}(?:connections?|sessions?|sockets?|clients?)\b",
            "at most 2 connections per user",
        ),
        (
            r"\bsubscriber (?:for \S+ )?already exists|\balready connected\b|\bserver is full\b|"
            r"\balready has an? (?:open|active) (?:connection|session)",
            "User already connected",
        ),
        (
            r"\bmax(?:imum)? connections\b(?! ?[:=]? ?\d)|"
            r"\balready (?:have|has) \d+ (?:\w+ ){0,2}(?:sockets|connections|sessions)\b|"
            r"\bno more connections\b",
            "max connections exceeded",
        ),
        (
            r"\b(?:replaced|superseded|displaced|kicked)(?: out)? by (?:an? )?(?:new(?:er)?|another|other) "
            r"(?:connection|session|socket|client|device|login)|"
            rf"\banother {_CAME}|\bnewer (?:session|connection|client) took over\b|"
            rf"\bnew(?:er)? {_CAME}.{{0,60}}\b{_ENDED}|"
            rf"\b{_ENDED}.{{0,60}}\bnew(?:er)? {_CAME}|"
            r"\b(?:logged|signed) in (?:from|on|at) (?:another|a different) (?:device|location|place|browser)|"
            r"\bduplicate (?:connection|session|login)\b",
            "Another session was opened for this user",
        ),
    ),
    *phrases(
        "rate-limited",
        (
            r"\b(?:handshake|request|connect\w*|message|upgrade) rate\b.{0,12}\b(?:exceeded|too high|exceeds)\b",
            "Handshake rate exceeded",
        ),
        (
            r"\brate ?limit(?:s|ed|ing)?\b(?!(?: limit| remaining| reset)? ?[:=] ?\d+(?!.{0,40}\b(?:exceeded|reached)))|"
            r"\blocal rate limited",
            "API rate limit exceeded",
        ),
        (
            r"\btoo many (?:attempts|handshakes|upgrades|logins|messages|tries|new connections|"
            r"connection attempts)|\b(?:request|you|client) (?:was|were|is|are|has been|"
            r"have been) throttled|\bthrottling",
            "Request was throttled. Expected available in 42 seconds.",
        ),
        (r"\bslow down\b|\breduce your request rate", "Slow down"),
    ),
    *phrases(TOO_MANY, (r"\btoo many requests\b|\b(?:at|over) (?:full |maximum )?capacity\b", "Too Many Requests")),
    *phrases(
        "startup-race",
        (
            r"\b(?:still|is|currently|server|service|application|system|app) (?:starting(?: up)?|"
            r"initiali[sz]ing|warming up|booting|loading)\b",
            "Service is starting up",
        ),
        (
            r"\bwarming up\b|\bstart ?up (?:is )?(?:incomplete|in progress|not (?:complete|finished))|\b(?:not|"
            r"isn'?t) (?:yet )?(?:ready|initiali[sz]ed|started) (?:yet|to (?:serve|accept))|"
            r"\bnot yet (?:ready|initiali[sz]ed|started)",
            "startup incomplete, phase services",
        ),
    ),
    *phrases(
        "first-message-missing",
        (
            r"\bconnection unused\b|\bconnection initiali[sz]ation timeout|\bauth\w* time ?out\b|\bdid not (?:authenticate|"
            r"identify|send)\b.{0,30}\b(?:within|in time)|\blogin time ?out\b",
            "Connection initialisation timeout",
        ),
        (r"\bnot (?:authenticated|authori[sz]ed|identified) (?:within|in time)\b", "Connection not authorized within timeout"),
        (
            r"\b(?:expected|missing|no|awaiting|invalid)\b (?:an? |the )?(?:first |"
            r"initial )?(?:auth\w*|hello|connect|init|connection init|login|identify|handshake|"
            r"subscribe|first|initial) (?:message|frame|packet|payload)",
            "Expected an auth message",
        ),
        (
            r"^(?:please )?(?:authenticate|log ?in|identify) first\b|"
            r"\bsend (?:an? |the )?(?:auth\w*|init|hello|login|token)\b.{0,12}\bwithin\b|\bfirst message (?:must|should"
            r"|has to|is not)|\bmust (?:first )?(?:authenticate|"
            r"send)\b.{0,24}\bfirst|\bconnection init\b.{0,24}\b(?:expected|required)",
            "First message must be connection_init",
        ),
    ),
    *phrases(
        "idle-closed",
        (
            r"\b(?:idle|inactivity|keep ?alive(?: ping)?|ping|heartbeat)(?: connection)? time ?out|"
            r"\b(?:idle|inactive|quiet) (?:for )?(?:too long|\d+)|\bdue to (?:inactivity|(?:being )?idle)|"
            r"\bconnection (?:was )?idle\b|\bno (?:activity|traffic|messages?|data|pings?|heartbeats?)\b.{0,12}\bfor \d+",
            "Idle timeout",
        ),
    ),
    *phrases(
        "verdict-cached",
        (
            r"\b(?:verdict|result|decision)\b.{0,24}\b(?:from|in) (?:the )?cache|\bcached (?:verdict|"
            r"refusal|result|decision)",
            "Session verdict: invalid (from cache)",
        ),
    ),
    *phrases(
        "handler-hangs",
        (
            r"\btime(?:d )? ?out (?:reading|waiting|connecting|while|talking|on)\b.{0,24}\b(?:redis|"
            r"database|postgres\w*|mysql|mongo\w*|kafka|rabbit\w*|session store|cache|db|queue)\b",
            "Timeout reading from redis:6379",
        ),
        (
            r"\b(?:redis|database|postgres\w*|mysql|mongo\w*|session store|"
            r"cache server)\b.{0,30}\b(?:timed out|timeout|no answer|did not (?:answer|respond))",
            "Redis timed out",
        ),
    ),
    *phrases(
        "server-error",
        (
            r"\btraceback \(most recent call last\)|\bunhandled exception\b|\bcannot read propert(?:y|"
            r"ies) of (?:undefined|null)|\bhas no attribute '|\bnull ?pointer ?exception|\bpanic: |"
            r"\bundefined method\b",
            "AttributeError: 'NoneType' object has no attribute 'id'",
        ),
    ),
)
"""About routes, the upgrade, and the service itself."""
