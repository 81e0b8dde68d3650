"""Causes in what carries the handshake: scheme, certificates, versions, size, and what an edge does to request and answer."""

from __future__ import annotations

from lib.whys.catalogue.cause import Cause, LogPattern

_AFTERWARDS = ("accepted-then-ended", "too-many", "said-to-be-absent")
"""What says of each of these that the request had come further than where this is decided."""

CAUSES = (
    Cause(
        id="wrong-scheme",
        layer="client",
        area="WebSocket configuration",
        means="plain text where TLS is wanted or the reverse, or a redirect to the other",
        lifted_by=("host",),
        refuted_by=(
            *_AFTERWARDS,
            "broken-off",
            "answered-on-this-scheme",
            "certificate-distrusted",
            "application-answered",
        ),
        log_patterns=(
            LogPattern(
                r"\bplain http request (?:was )?(?:sent )?to (?:an )?(?:https|tls) port\b",
                "client sent plain HTTP request to HTTPS port while reading client request headers",
            ),
            LogPattern(r"\bclient sent an http request to an https server\b", "Client sent an HTTP request to an HTTPS server."),
            LogPattern(r"\bssl routines:.{0,40}http request\b", "SSL routines::http request"),
            LogPattern(r"\bredirect(?:ed|ing)? (?:to|plain upgrade to) (?:https|wss|the tls port)\b", "redirected to https"),
        ),
        why="Under this scheme the port speaks another language, or sends its clients to the other scheme.",
        remedy="Write the address with the scheme that the port speaks (wss:// where TLS ends there, ws:// where it does not).",
        set_to_split="alternatives.hosts with the other scheme, such as wss://HOST",
    ),
    Cause(
        id="certificate-refused",
        layer="client",
        area="WebSocket configuration",
        means="the client does not trust the server's certificate (authority, intermediate, name, date)",
        lifted_by=("host",),
        refuted_by=("certificate-not-distrusted",),
        supported_by=("certificate-distrusted",),
        log_patterns=(
            LogPattern(
                r"\balert (?:unknown ca|bad certificate|certificate unknown|certificate expired)\b", "tlsv1 alert unknown ca"
            ),
            LogPattern(
                r"\bremote error: tls: (?:unknown certificate authority|bad certificate|expired certificate)\b",
                "http: TLS handshake error from 10.0.0.1:4711: remote error: tls: unknown certificate authority",
            ),
        ),
        why="The client ends the TLS handshake because it cannot vouch for the server's certificate.",
        remedy="Give the client the authority (target.tls.ca or SSL_CERT_FILE), or the server a whole chain for this very name.",
        set_to_split="target.tls.ca with the authority that signed the server's certificate",
    ),
    Cause(
        id="client-certificate-missing",
        layer="client",
        area="WebSocket configuration",
        means="the server or edge wants a client certificate",
        lifted_by=("host",),
        refuted_by=(
            *_AFTERWARDS,
            "broken-off",
            "plain-text-address",
            "answered-not-about-a-certificate",
            "plain-get-answered-otherwise",
            "certificate-distrusted",
            "credential-presence-matters",
            "knows-websocket",
            "application-answered",
        ),
        log_patterns=(
            LogPattern(r"\bpeer did not return a certificate\b", "SSL routines::peer did not return a certificate"),
            LogPattern(r"\bclient sent no required ssl certificate\b", "client sent no required SSL certificate while reading"),
            LogPattern(r"\bclient didn't provide a certificate\b", "tls: client didn't provide a certificate"),
            LogPattern(r"\b(?:client_cert_not_provided|no client certificate)\b", "statusDetails: client_cert_not_provided"),
        ),
        why="The other side asks for a client certificate, and none was given.",
        remedy="Give the client its certificate and key (target.tls.certificate, target.tls.key), or do not demand one here.",
        set_to_split="target.tls.certificate and target.tls.key",
    ),
    Cause(
        id="protocol-version",
        layer="client",
        area="WebSocket configuration",
        means="a version of the protocol spoken on top, or of WebSocket, that the server does not speak",
        lifted_by=("query",),
        refuted_by=(
            *_AFTERWARDS,
            "no-connection",
            "gateway-failed",
            "broken-off",
            "as-an-impossible-path",
            "another-parameter-helped",
            "placebo-helped",
        ),
        log_patterns=(
            LogPattern(
                r"\b(?:unsupported|unknown|incompatible|outdated) (?:\w+ )?protocol version\b",
                "Unsupported protocol version 1: this server speaks version 2",
            ),
            LogPattern(r"\bunsupported websocket version\b", "websocket: unsupported WebSocket version 8"),
            LogPattern(
                r"\bprotocol version\b.{0,30}\b(?:not supported|too old|mismatch)\b", "client protocol version 3 not supported"
            ),
        ),
        why="Client and server do not speak the same version.",
        remedy="Ask for the version that the server speaks (in the query or the subprotocol), or let it speak this one too.",
        set_to_split="alternatives.paths with another version in the query, such as /ws?v=2",
    ),
    Cause(
        id="request-too-large",
        layer="edge",
        area="WebSocket authentication headers",
        means="headers, cookies or URL are longer than the edge or the server takes",
        lifted_by=("length", "host"),
        refuted_by=(
            *_AFTERWARDS,
            "no-connection",
            "broken-off",
            "answered-not-about-size",
            "signature-accepted",
            "application-answered",
        ),
        log_patterns=(
            LogPattern(
                r"\bclient sent too (?:long|large) (?:header line|uri|request)\b",
                "client sent too long header line: Authorization",
            ),
            LogPattern(r"\brequest[ _]header[ _]?(?:fields?[ _])?(?:is[ _])?too[ _]large\b", "request_header_too_large"),
            LogPattern(r"\bheaders?[ _](?:size[ _])?(?:overflow|exceeds|too large)\b", "HPE_HEADER_OVERFLOW: Header overflow"),
        ),
        why="What the request carries is longer than what takes it lets pass.",
        remedy="Make token, cookies or URL shorter, or raise the limit (large_client_header_buffers, --max-http-header-size).",
        set_to_split="a token with fewer claims (token.claims), or alternatives.hosts past the edge",
    ),
    Cause(
        id="upgrade-damaged",
        layer="edge",
        area="CORS and security policy",
        means="the 101 arrives without what makes it valid (Upgrade, Connection, Accept of this key)",
        lifted_by=("host",),
        refuted_by=("no-connection", "accepted-then-ended", "no-invalid-101"),
        supported_by=("invalid-101",),
        log_patterns=(),
        why="The server accepted, and on the way back something took or changed what a valid 101 needs.",
        remedy="Let the edge pass the 101's Upgrade, Connection and Sec-WebSocket-Accept as they are.",
        set_to_split="alternatives.hosts with an authority that passes the edge by",
    ),
    Cause(
        id="forwarded-refused",
        layer="policy",
        area="CORS and security policy",
        means="what a proxy adds or rewrites (Host, X-Forwarded-*) is refused behind it",
        lifted_by=("host",),
        refuted_by=(
            "redirected-there",
            *_AFTERWARDS,
            "no-connection",
            "broken-off",
            "gateway-failed",
            "answers-alike-there",
            "application-answered",
        ),
        log_patterns=(
            LogPattern(
                r"\bx-forwarded-(?:proto|host|for|port)\b.{0,60}\b(?:required|refused|rejected|"
                r"not (?:trusted|allowed)|untrusted)\b",
                "X-Forwarded-Proto is http, https is required",
            ),
            LogPattern(r"\b(?:untrusted|unknown) proxy\b", "Request came through an untrusted proxy"),
        ),
        why="The proxy tells the application another Host or scheme than the client used, and that is refused.",
        remedy="Let the proxy pass Host and X-Forwarded-* as the application expects them, or let it trust the proxy.",
        set_to_split="alternatives.hosts with an authority that passes the edge by, and the application's logs",
    ),
)
