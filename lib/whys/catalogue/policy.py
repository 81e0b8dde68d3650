"""Causes by a rule of the application about the request, other than token and user."""

from __future__ import annotations

from lib.whys.catalogue.cause import Cause, LogPattern

_HEADER = r"x-(?!(?:request|correlation|trace|amzn|cloud-trace|forwarded|real|b3)\b)[a-z0-9-]+"
"""A header that could be a key: not one of those that tell where a request comes from."""

CAUSES = (
    Cause(
        id="origin-refused",
        layer="policy",
        area="CORS and security policy",
        means="the Origin is not accepted",
        lifted_by=("origin",),
        refuted_by=("no-connection", "gateway-failed", "too-many", "broken-off", "said-to-be-absent"),
        supported_by=("origin-not-allowed-over-rest",),
        log_patterns=(
            LogPattern(
                r"\borigin\b.{0,80}\b(?:denied|not allowed|refused|rejected|forbidden|not permitted|not accepted|"
                r"disallowed|not in|"
                r"mismatch|does not match|invalid|blocked)\b",
                "WebSocket origin DENIED: https://app.example",
            ),
            LogPattern(
                r"\b(?:invalid|bad|blocked|forbidden|disallowed|unexpected|unknown|missing|no|"
                r"cross)[ -](?:\w+[ -])?origin\b(?! server)",
                "Cross origin websockets not allowed",
            ),
        ),
        why="The server compares the Origin header with a list, and this one (or none) is not on it.",
        remedy="Send the Origin that the server accepts, or add this one to its list; a client that is no browser "
        "needs a rule of its own.",
        set_to_split="alternatives.origins",
    ),
    Cause(
        id="subprotocol-refused",
        layer="policy",
        area="CORS and security policy",
        means="a needed subprotocol was not offered",
        lifted_by=("subprotocols",),
        refuted_by=("no-connection", "gateway-failed", "too-many", "broken-off", "said-to-be-absent"),
        log_patterns=(
            LogPattern(
                r"\bsub-?protocols?\b.{0,60}\b(?:required|missing|not offered|unsupported|not supported|mismatch|"
                r"refused|rejected|"
                r"none offered|invalid)\b",
                "subprotocol graphql-transport-ws required",
            ),
            LogPattern(
                r"\b(?:no|missing|unsupported|unknown|invalid|(?:did|does) not offer)\b.{0,20}\bsub-?protocols?\b",
                "Client did not offer a subprotocol",
            ),
        ),
        why="The server insists on a subprotocol, and the handshake did not offer it.",
        remedy="Offer the subprotocol that the server needs (target.subprotocols).",
        set_to_split="alternatives.subprotocols",
    ),
    Cause(
        id="bypass-key",
        layer="policy",
        area="WebSocket authentication headers",
        means="a needed test or bypass header is missing or wrong",
        lifted_by=("headers", "client_header", "query"),
        refuted_by=(
            "no-connection",
            "gateway-failed",
            "too-many",
            "broken-off",
            "placebo-helped",
            "said-to-be-absent",
        ),
        log_patterns=(
            LogPattern(
                r"\bbypass\b.{0,30}\b(?:key|header|token)\b.{0,40}\b(?:missing|required|invalid|wrong|absent|refused|mismatch|"
                r"not (?:set|sent|valid))\b",
                "bypass key header is missing",
            ),
            LogPattern(
                r"\b(?:missing|invalid|wrong|absent|no|required)\b.{0,20}\bbypass(?:[ -](?:key|header|token))?\b",
                "Missing bypass key",
            ),
            LogPattern(rf"\b(?:missing|invalid|required|wrong)\b.{{0,20}}\b{_HEADER}(?: header)?\b", "Missing X-E2E-Bypass-Key"),
            LogPattern(
                rf"\b(?:required )?header\b.{{0,6}}\b{_HEADER}\b.{{0,20}}\b(?:missing|absent|required|invalid|wrong)\b",
                "Required header X-Tenant is missing",
            ),
        ),
        why="The server demands a header beyond the credential, and it was missing or wrong.",
        remedy="Send the header with the right value (headers), from where the environment keeps it.",
        set_to_split="alternatives.headers",
    ),
    Cause(
        id="token-reuse",
        layer="policy",
        area="Token validation",
        means="the same token is refused when it comes twice within a short time",
        lifted_by=("fresh_token", "spacing"),
        refuted_by=(
            "no-connection",
            "no-credential-sent",
            "refused-at-first-use",
            "broken-off",
            "fresh-tokens-refused",
            "said-to-be-absent",
            "only-turns-explain",
            "too-many-alone",
            "reused-token-accepted",
        ),
        log_patterns=(
            LogPattern(r"\btoken[ _-]?re-?use(?:d)?\b", "AUTHENTICATION TOKEN REUSE DETECTED"),
            LogPattern(r"\b(?:re-?used|replayed) (?:token|jti|jwt)\b", "Reused JWT"),
            LogPattern(
                r"\b(?:token|jti|jwt)\b.{0,30}\b(?:already (?:used|seen|consumed)|re-?used|replay(?:ed)?|used (?:again|twice))\b",
                "Token already used",
            ),
            LogPattern(r"\breplay (?:attack )?detected\b", "Replay attack detected"),
        ),
        why="A guard takes the second use of a token for an attack.",
        remedy="Take a fresh token for each connection, or relax the reuse guard's interval.",
        set_to_split="a token.secret, so that each handshake carries a token of its own",
    ),
)
