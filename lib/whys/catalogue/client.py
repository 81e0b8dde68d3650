"""Causes at the client's own side."""

from __future__ import annotations

from lib.whys.catalogue.cause import Cause, LogPattern

CAUSES = (
    Cause(
        id="client-proxy",
        layer="client",
        area="CORS and security policy",
        means="a proxy from the environment, not the server, answered the handshake",
        lifted_by=("proxy",),
        refuted_by=("no-proxy-between", "proxy-indifferent", "accepted-then-ended"),
        supported_by=("proxy-between",),
        log_patterns=(),
        why="The environment routes the handshake through a proxy, and it is the proxy that answers.",
        remedy="Add the target's host to no_proxy, or let the proxy pass WebSocket upgrades to it.",
        set_to_split="run where the environment names no proxy",
    ),
    Cause(
        id="credential-absent",
        layer="client",
        area="WebSocket authentication headers",
        means="no credential was sent",
        lifted_by=("credential",),
        refuted_by=("no-connection", "credential-sent", "gateway-failed", "too-many"),
        supported_by=("no-credential-sent",),
        log_patterns=(
            LogPattern(
                r"\bno (?:jwt|token|credentials?|auth(?:orization|entication)?(?: header| token)?|"
                r"bearer(?: token)?)\b(?! errors?)(?:.{0,20}(?:provided|found|present|sent|supplied|in\b)|\s*[.:;]|$)",
                "No JWT token provided",
            ),
            LogPattern(
                r"\b(?:missing|absent|without)\b.{0,12}\b(?:jwt|token|credentials?|authorization(?: header)?|"
                r"bearer)\b(?!.{0,12}(?:claim|field|type))",
                "Missing Authorization header",
            ),
            LogPattern(
                r"(?<!upgrade )(?<!upgrade' )\b(?:token|credentials?|authorization(?: header)?|jwt) (?:is |was |"
                r"were )?(?:missing|absent|"
                r"not (?:provided|found|present|sent))\b(?! (?:the|a|an|required|claims?)\b)",
                "Token is missing",
            ),
        ),
        why="The server found no credential in the request.",
        remedy="Send the token: set token.secret (or the header that carries it) for this environment.",
        set_to_split="token.secret or alternatives.secrets",
    ),
    Cause(
        id="credential-malformed",
        layer="client",
        area="WebSocket authentication headers",
        means="scheme, prefix or encoding of the credential is wrong",
        lifted_by=("scheme", "encoding", "carrier"),
        refuted_by=(
            "no-connection",
            "no-credential-sent",
            "token-content-matters",
            "gateway-failed",
            "too-many",
            "accepted-past-the-edge",
            "other-ways-of-writing-refused",
            "issued-claims-refused",
        ),
        supported_by=("said-to-be-absent", "rest-refuses-the-credential-too"),
        log_patterns=(
            LogPattern(
                r"\b(?:malformed|unsupported|unexpected|invalid|unknown|bad)\b.{0,16}\b(?:auth(?:orization|entication)?|bearer|"
                r"token)?[ -]?(?:scheme|prefix|authorization header|header format)\b",
                "Unsupported authorization scheme",
            ),
            LogPattern(r"\binvalid (?:number of segments|compact serialization)\b", "Invalid compact serialization"),
            LogPattern(
                r"\b(?:not enough segments|invalid header padding|token (?:is )?malformed|malformed (?:jwt|token|authorization|"
                r"credentials?)|jwt malformed|invalid crypto padding)\b",
                "jwt malformed",
            ),
            LogPattern(r"\bauthorization header must (?:start|begin) with\b", "Authorization header must start with Bearer"),
            LogPattern(r"\bexpected (?:the )?(?:scheme|prefix)\b", "Unauthorized: expected scheme Token"),
            LogPattern(
                r"\b(?:does not|doesn't|must) (?:use|have|start|begin)\b.{0,24}\b(?:scheme|bearer|prefix)\b",
                "Authorization header does not start with the Bearer prefix",
            ),
        ),
        why="The server read something where the credential belongs, and could not make a token of it.",
        remedy="Write the credential as this server reads it: its scheme word, its prefix, its encoding.",
        set_to_split="alternatives.schemes, or another token.carrier_encoding",
    ),
    Cause(
        id="credential-carrier",
        layer="client",
        area="WebSocket authentication headers",
        means="the server reads the credential from another place than where it is put",
        lifted_by=("carrier",),
        refuted_by=(
            "no-connection",
            "no-credential-sent",
            "token-content-matters",
            "credential-presence-matters",
            "gateway-failed",
            "too-many",
            "accepted-past-the-edge",
            "accepted-written-otherwise",
        ),
        supported_by=("said-to-be-absent",),
        log_patterns=(
            LogPattern(
                r"\b(?:no|missing)\b.{0,20}\b(?:token|jwt|credentials?)\b.{0,24}\b(?:in|from)\b.{0,12}\b(?:query|cookie|subprotocol|"
                r"sec-websocket-protocol)\b",
                "No usable token in the cookie",
            ),
            LogPattern(
                r"\b(?:query parameter|cookie)\b.{0,30}\b(?:missing|required|not found|absent)\b",
                "Query parameter access_token not found",
            ),
        ),
        why="The credential travels in a place that the server does not look at.",
        remedy="Put the token where the server reads it (token.carrier, token.carrier_name), or let the server read "
        "this place too.",
        set_to_split="alternatives.carriers, with an authority in alternatives.hosts that passes any edge by",
    ),
    Cause(
        id="subprotocol-unoffered",
        layer="client",
        area="CORS and security policy",
        means="the server chose a subprotocol that the client had not offered, and the client broke off",
        lifted_by=("subprotocols",),
        refuted_by=("no-connection", "not-broken-off", "accepted-then-ended"),
        supported_by=("broken-off",),
        log_patterns=(),
        why="The server's 101 names a subprotocol that was not offered, which the client must not accept.",
        remedy="Offer the subprotocol that the server chooses (target.subprotocols), or let the server choose none of "
        "its own accord.",
        set_to_split="alternatives.subprotocols",
    ),
)
