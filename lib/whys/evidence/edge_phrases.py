"""How refusals by edges, and by policies about origin, host and scheme, are worded."""

from __future__ import annotations

from lib.whys.evidence.phrase import REFUSED, WRONG, Phrase, phrases

EDGE_PHRASES: tuple[Phrase, ...] = (
    *phrases(
        "origin-refused",
        (
            r"\borigin\b(?: header)?['\"]?(?: (?!and\b|but\b|verified\b)[^\s;,]{1,120}){0,4}? (?:is |was |header )?" + REFUSED,
            "Origin not allowed",
        ),
        (rf"\b{WRONG} (?:request |websocket )?origin\b", "Invalid origin"),
        (r"\b(?:missing|no|empty|null) origin\b(?: header)?", "missing Origin header"),
        (r"\borigin (?:header )?(?:is |was )?(?:missing|required|absent|forbidden)", "Origin header is required"),
        (
            r"\bcross origin (?:websockets?|requests?|websocket attempt)s?\b.{0,12}\b(?:not allowed|"
            r"denied|blocked|forbidden|refused)|\bblocking cross origin",
            "Cross origin websockets not allowed",
        ),
        (
            r"\b(?:invalid cors request|not allowed by cors|cors (?:policy|check)?.{0,20}(?:rejected|"
            r"denied|failed|not allowed)|origin checking failed)",
            "Invalid CORS request",
        ),
        (
            r"\borigin\b.{0,60}\bnot in (?:the )?(?:list of )?(?:allowed|trusted|configured)",
            "Origin http://x is not in the allowed list",
        ),
        (
            r"\bcheck origin\b.{0,24}\bfail|\bnot (?:an )?allowed origin|\bcould not check origin for",
            "Failed to check origin: CheckOrigin failed",
        ),
    ),
    *phrases(
        "host-refused",
        (
            r"\bunknown (?:\w+ )?host\b(?! key)|\bno (?:site|tenant|application|"
            r"service) (?:is )?(?:configured|found|served) (?:for|at|on) (?:this )?(?:host|domain)",
            "unknown tenant host",
        ),
        (rf"\b{WRONG} (?:http |request )?host(?:name)?\b(?: header)?(?! ?key)", "Invalid host header"),
        (
            r"\bhost\b(?: header)?(?: (?!and\b|but\b)[^\s;,]{1,120}){0,4}? (?:is |was )?" + REFUSED,
            'Blocked request. This host ("app.example") is not allowed.',
        ),
        (r"\bblocked hosts?\b|\bdisallowed ?host\b|\binvalid hostname\b", "Blocked hosts: app.example"),
        (
            r"\bdeployment (?:could )?not (?:be )?found\b|\btunnel [\w.~-]+ not found\b|\bno (?:such )?site (?:here|found)\b",
            "The deployment could not be found on Vercel.",
        ),
        (
            r"\bfastly error: unknown domain|\bno such app\b|\bdirect ip access not allowed|"
            r"\bmisdirected request\b",
            "Fastly error: unknown domain: app.example.",
        ),
    ),
    *phrases(
        "forwarded-refused",
        (
            r"\bx forwarded (?:proto|host|for|port|scheme)\b.{0,60}\b(?:required|must|refused|"
            r"rejected|not (?:trusted|allowed)|untrusted|invalid|expected|mismatch)",
            "X-Forwarded-Proto is http, https is required",
        ),
        (r"\b(?:invalid|untrusted|unexpected|bad) (?:x )?forwarded\b", "Invalid X-Forwarded-Host"),
        (r"\b(?:untrusted|unknown) proxy\b", "Request came through an untrusted proxy"),
    ),
    *phrases(
        "wrong-scheme",
        (
            r"\bhttp is not (?:allowed|supported),? use https\b|\binsecure connections? (?:is|"
            r"are) not (?:allowed|accepted)",
            "HTTP is not allowed, use HTTPS",
        ),
        (r"\bplain http request was sent to https port", "The plain HTTP request was sent to HTTPS port"),
        (r"\bsent an http request to an https server", "Client sent an HTTP request to an HTTPS server."),
        (r"\bspeaking plain http to an ssl", "You're speaking plain HTTP to an SSL-enabled server port."),
        (r"\bcombination of host and port requires tls", "This combination of host and port requires TLS."),
        (
            r"\buse wss\b|\b(?<!\bm )(?<!mutual )(?:https|ssl|tls|wss) (?:connection )?(?:is )?(?:required|mandatory|needed)\b|"
            r"\b(?:must|please) use (?:https|wss|tls)\b|\brequires (?:https|wss|a secure connection)\b",
            "HTTPS required",
        ),
        (r"\b(?:https|wss) only\b", "wss only"),
    ),
    *phrases(
        "client-certificate-missing",
        (r"\bno required (?:ssl|tls) certificate was sent", "No required SSL certificate was sent"),
        (
            r"\bfor want of a client certificate\b|\bdoes not accept the client certificate\b",
            "the server ended TLS for want of a client certificate, as the TLS alert says",
        ),
        (
            r"\bclient (?:tls |ssl )?certificate (?:is |was )?(?:required|missing|needed|not (?:provided|presented|sent))",
            "Client certificate required",
        ),
        (
            r"\bclient cert (?:is |was )?(?:required|missing|needed)\b|\b(?:m ?tls|mutual tls) (?:is )?(?:required"
            r"|needed|mandatory)\b|"
            r"\b(?:missing|no) client (?:tls |ssl )?cert(?:ificate)?\b|\bcertificate required\b|"
            r"\bdid not return a certificate",
            "tlsv13 alert certificate required",
        ),
        (r"\bthe ssl certificate error\b|\btls certificate failed verification", "The SSL certificate error"),
        (
            r"\brequires? (?:your browser to have )?an? .{0,40}client certificate\b|"
            r"\bclient certificate\b.{0,24}\b(?:is |was )?(?:invalid|untrusted|not (?:trusted|accepted|valid))",
            "Access requires a valid client certificate",
        ),
    ),
    *phrases(
        "certificate-refused",
        (
            r"\bcertificate verify failed\b|\bunable to get local issuer certificate|"
            r"\bself signed certificate\b",
            "certificate verify failed: unable to get local issuer certificate",
        ),
        (r"\btls certificate is not accepted\b", "the TLS certificate is not accepted: invalid CA certificate"),
        (
            r"\bcertificate (?:has expired|is not (?:yet )?valid)|\bhostname mismatch, certificate|"
            r"\bcertificate signed by unknown authority",
            "certificate has expired",
        ),
    ),
    *phrases(
        "edge-policy",
        (
            r"\b(?:forbidden|blocked|not allowed|denied) from your (?:network|ip|country|region|"
            r"location)|\bgeo ?blocked\b|\b(?:requests?|connections?|traffic) from (?:this|"
            r"your) (?:ip|address|network|country) (?:is|are) (?:not allowed|blocked|denied)|"
            r"\baccess from (?:this|your) (?:ip|address|network|country|location) is (?:restricted|not allowed|blocked|denied)|"
            r"\byour (?:country|region|location) is (?:blocked|not (?:allowed|supported|permitted))|"
            r"\bbot detected\b",
            "Requests from this IP are not allowed",
        ),
        (r"\brequest forbidden by administrative rules", "Request forbidden by administrative rules."),
        (r"\brbac: access denied", "RBAC: access denied"),
        (
            r"\b(?:request|access|connection|you have been|you were|ip(?: address)?|traffic) (?:was |"
            r"is |has been )?(?:blocked|denied|rejected) by (?:the |our |a |an )?(?:\w+ ){0,2}(?:firewall|"
            r"waf|security (?:policy|rule|service)|edge|network policy|allow ?list|acl|ip (?:filter|"
            r"restriction)|rule)",
            "Request blocked by WAF",
        ),
        (
            r"\bsorry, you have been blocked|\battention required! \| cloudflare|"
            r"\berror (?:code:? )?10(?:20|06|07|08|09|10)\b|\bjust a moment\.\.\.",
            "Sorry, you have been blocked",
        ),
        (r"\bthe request could not be satisfied\b|\brequest blocked\. we can'?t connect", "The request could not be satisfied."),
        (
            r"\bincapsula incident id|\brequested url was rejected\. please consult|\bsupport id is\b",
            "Request unsuccessful. Incapsula incident ID: 1-2",
        ),
        (r"\bblocked by (?:the |our |a |an )?(?:\w+ ){0,2}(?:firewall|waf)\b", "Blocked by Web Application Firewall"),
        (r"\bmod ?security\b", "This error was generated by Mod_Security."),
        (
            r"\b(?:your |client |source |remote )?(?:ip|ip address|address)\b(?: ~|"
            r" \(?[\da-f.:]+\)?)? (?:is |was |has been )?(?:not (?:allowed|permitted|authori[sz]ed|"
            r"on the|in the|whitelisted|allow ?listed)|blocked|banned|denied|black ?listed)",
            "Your IP address 203.0.113.9 is not allowed",
        ),
        (r"\binvalid iap credentials", "Invalid IAP credentials: empty token"),
        (r"\bsecured with oauth2 proxy|\bcloudflare access\b", "Secured with OAuth2 Proxy"),
        (
            r"\byour client does not have permission to get (?:this |the )?url\b",
            "Your client does not have permission to get URL /ws from this server.",
        ),
        (r"\bsucuri website firewall\b", "Access Denied - Sucuri Website Firewall"),
        (
            r"\b(?:this|the|your) request (?:is|was|has been) blocked\b|\bblocked by (?:policy|administrator)\b",
            "This request has been blocked",
        ),
    ),
    *phrases(
        "client-proxy",
        (
            r"\bproxy authentication required|\bgenerated .{0,60}\(squid|\berr access denied\b.{0,80}squid",
            "Proxy Authentication Required",
        ),
    ),
    *phrases(
        ("client-proxy", "edge-policy"),
        (
            r"\b(?:zscaler|fortiguard|fortigate|netskope|cisco umbrella|forcepoint|websense|blue ?coat)\b",
            "Your organization has selected Zscaler to protect you from internet threats.",
        ),
        (r"\bweb ?page blocked\b", "Web Page Blocked!"),
    ),
    *phrases(
        "request-too-large",
        (
            r"\brequest entity too large\b|\brequest size (?:limit )?(?:is |was )?(?:exceeded|exceeds|too)\b"
            r"|\bpayload too large\b",
            "Request Entity Too Large",
        ),
        (
            r"\brequest headers?(?: or cookies?)?(?: fields?)?(?: section| line)?s?(?: is|"
            r" are)? too (?:large|long|big)",
            "Request Header Or Cookie Too Large",
        ),
        (
            r"\b(?:headers?|header (?:fields?|lines?)|cookies?|request (?:line|uri|url)|"
            r"ur[il])\b.{0,16}\b(?:too (?:large|long|big)|exceeds?)\b",
            "URI Too Long",
        ),
        (
            r"\bsize of (?:a |the )?request header(?:s| field)?\b.{0,24}\b(?:exceeds|too long)",
            "Size of a request header field exceeds server limit.",
        ),
        (
            r"\brequest too long\b|\bissued a request that was too large|\bgot more than \d+ bytes",
            "Bad Request - Request Too Long",
        ),
    ),
)
"""About what stands before the application, and what the application thinks of it."""
