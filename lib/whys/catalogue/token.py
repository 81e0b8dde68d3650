"""Causes in the token: who signed it, how, and what it claims."""

from __future__ import annotations

from lib.whys.catalogue.cause import Cause, LogPattern

# What says of every token cause: this refusal is none that a token decides.
_NEVER = (
    "no-connection",
    "no-credential-sent",
    "gateway-failed",
    "too-many",
    "broken-off",
    "said-to-be-absent",
    "placebo-helped",
    "refused-at-full-length",
)

# What says of the causes in header and claims, besides: a token with the same header and claims is refused.
_OF_CONTENT = (*_NEVER, "issued-claims-refused")

OTHER_SIGNED = ("request", "cookie", "webhook", "payload", "message", "body", "url", "link", "file", "image", "package")
"""What else carries a signature: it says nothing of a token's."""
_NOT_OF_OTHERS = rf"(?! (?:of|for|on|in) (?:(?:the|this|an?|your) )?(?:(?!token|jwt)\w+ )?(?:{'|'.join(OTHER_SIGNED)})\b)"
_SIGNATURE = (
    "".join(rf"(?<!\b{name}[ _-])" for name in (*OTHER_SIGNED, "hub", "x")) + rf"(?<!\bcookie's )\bsignature\b{_NOT_OF_OTHERS}"
)

CAUSES = (
    Cause(
        id="secret-mismatch",
        layer="token",
        area="WebSocket configuration",
        means="the token is signed with another key than the WebSocket service verifies with",
        lifted_by=("key",),
        refuted_by=(*_NEVER, "signature-accepted", "issued-claims-accepted"),
        supported_by=("rest-refuses-the-credential-too",),
        log_patterns=(
            LogPattern(
                rf"{_SIGNATURE}.{{0,24}}\b(?:verification|validation|check)?\b.{{0,6}}\b(?:failed|failure|mismatch|invalid|"
                r"does not match|"
                r"not valid|incorrect)\b",
                "Signature verification failed",
            ),
            LogPattern(
                rf"\b(?:invalid|bad|wrong)[ _]?signature(?:error)?\b{_NOT_OF_OTHERS}", "JsonWebTokenError: invalid signature"
            ),
            LogPattern(
                r"\bsignatureverification(?:error|exception)\b",
                "SignatureVerificationException: The Token's Signature resulted invalid when verified",
            ),
            LogPattern(r"\bcrypto/rsa: verification error\b", "crypto/rsa: verification error"),
            LogPattern(r"\b(?:invalid|wrong|unknown) (?:signing )?(?:key|secret|kid)\b", "unknown kid"),
        ),
        why="Tokens of this client are signed with a key that the WebSocket service does not verify with.",
        remedy="Give client and WebSocket service the same key: compare where each reads it, and redeploy whichever is behind.",
        set_to_split="alternatives.secrets, or token.issued with a token of the real login",
    ),
    Cause(
        id="algorithm-mismatch",
        layer="token",
        area="WebSocket configuration",
        means="the token is signed with an algorithm that the service does not accept",
        lifted_by=("algorithm",),
        refuted_by=(*_OF_CONTENT, "signature-accepted"),
        supported_by=("rest-refuses-the-credential-too",),
        log_patterns=(
            LogPattern(
                r"\balg(?:orithm)?\b.{0,40}\b(?:not allowed|not supported|unsupported|invalid|refused|not accepted|"
                r"mismatch|disallowed|"
                r"not permitted)\b",
                "The specified alg value is not allowed",
            ),
            LogPattern(
                r"\b(?:invalid|unsupported|unexpected|disallowed|wrong) ?(?:signing )?(?:alg(?:orithm)?(?:error)?|"
                r"signing method)\b",
                "JsonWebTokenError: invalid algorithm",
            ),
            LogPattern(r"\bsigning method \S+ is invalid\b", "signing method HS256 is invalid"),
        ),
        why="The service accepts tokens of another algorithm only.",
        remedy="Sign with the algorithm that the service accepts (token.algorithm), or let it accept this one.",
        set_to_split="alternatives.algorithms",
    ),
    Cause(
        id="issuer-mismatch",
        layer="token",
        area="WebSocket configuration",
        means="the claim iss is not the expected one",
        lifted_by=("iss",),
        refuted_by=_OF_CONTENT,
        supported_by=("rest-refuses-the-credential-too",),
        log_patterns=(
            LogPattern(r"\b(?:invalid|unexpected|unknown|wrong|untrusted|bad|jwt) issuer\b(?!.{0,16}\bcert)", "Invalid issuer"),
            LogPattern(
                r"(?<!cert )(?<!certificate )(?<!certificate's )\bissuer\b(?!.{0,40}\bcert).{0,60}"
                r"\b(?:invalid|mismatch|not expected|unexpected|unknown|not trusted|untrusted|does not match|"
                r"not accepted|refused|doesn't match)\b",
                "jwt issuer invalid. expected: auth",
            ),
            LogPattern(r"\bunexpected \"?iss\"?\b", 'unexpected "iss" claim value'),
            LogPattern(
                r"\biss\b.{0,20}\b(?:mismatch|invalid|not (?:in|valid|allowed|trusted|accepted)|"
                r"claim (?:value )?(?:is )?(?:invalid|"
                r"check failed|mismatch|not (?:valid|expected)))\b",
                '"iss" claim check failed',
            ),
            LogPattern(r"\b(?:wrong|invalid|bad) iss\b", "wrong iss"),
            LogPattern(r"\bissuer (?:validation|check|verification) failed\b", "Issuer validation failed"),
        ),
        why="The service expects another issuer.",
        remedy="Let the token name the issuer that the service expects (token.claims.iss), or correct the service's setting.",
        set_to_split="alternatives.claims.iss",
    ),
    Cause(
        id="audience-mismatch",
        layer="token",
        area="WebSocket configuration",
        means="the claim aud is not the expected one",
        lifted_by=("aud",),
        refuted_by=_OF_CONTENT,
        supported_by=("rest-refuses-the-credential-too",),
        log_patterns=(
            LogPattern(r"\b(?:invalid|unexpected|unknown|wrong|bad|jwt) audience\b", "Invalid audience"),
            LogPattern(
                r"\baudience\b.{0,60}\b(?:invalid|mismatch|not expected|unexpected|does not match|doesn't match|"
                r"not accepted|refused|"
                r"not allowed)\b",
                "Audience doesn't match",
            ),
            LogPattern(r"\bunexpected \"?aud\"?\b", 'unexpected "aud" claim value'),
            LogPattern(
                r"\baud\b.{0,20}\b(?:mismatch|invalid|not (?:in|valid|allowed|trusted|accepted)|"
                r"claim (?:value )?(?:is )?(?:invalid|"
                r"check failed|mismatch|not (?:valid|expected)))\b",
                '"aud" claim check failed',
            ),
            LogPattern(r"\b(?:wrong|invalid|bad) aud\b", "wrong aud"),
            LogPattern(r"\baudience (?:validation|check|verification) failed\b", "Audience validation failed"),
        ),
        why="The token is meant for another audience than this service.",
        remedy="Let the token name the audience that the service expects (token.claims.aud), or correct the service's setting.",
        set_to_split="alternatives.claims.aud",
    ),
    Cause(
        id="claim-missing",
        layer="token",
        area="Token validation",
        means="a claim that the service needs is not in the token",
        lifted_by=("claim",),
        refuted_by=_OF_CONTENT,
        supported_by=("rest-refuses-the-credential-too",),
        log_patterns=(
            LogPattern(r"\b(?:missing|required|lacks?|absent|no)\b.{0,24}\bclaims?\b", 'Token is missing the "tenant" claim'),
            LogPattern(
                r"\bclaims?\b.{0,40}\b(?:is |are )?(?:missing|required|absent|not present|not found)\b",
                "Claim 'tenant' is not present",
            ),
            LogPattern(r"\bmissingrequiredclaim", "MissingRequiredClaimError: tenant"),
            LogPattern(r"\bkeyerror: '(?!sub)[a-z_]+'.{0,40}\bclaims?\b", "KeyError: 'tenant' while reading the claims"),
        ),
        why="The service needs a claim that the token does not have.",
        remedy="Add the claim to the token (token.claims), or let the service do without it.",
        set_to_split="alternatives.claims with the claim in question",
    ),
    Cause(
        id="wrong-token",
        layer="token",
        area="Token validation",
        means="a token of another kind or of another login than the service wants (an id token for an access token)",
        lifted_by=("claim",),
        refuted_by=(*_OF_CONTENT, "token-says-no-kind", "another-claim-helped"),
        supported_by=("rest-refuses-the-credential-too",),
        log_patterns=(
            LogPattern(
                r"\b(?:wrong|invalid|unexpected|incorrect) (?:type of token|token (?:type|use|kind))\b",
                "Wrong token type: access, websocket is required",
            ),
            LogPattern(
                r"\b(?:expected|requires?|need(?:s|ed)?) an? (?:access|id|refresh|service|websocket) token\b",
                "expected an access token, got an id token",
            ),
        ),
        why="The token is good, and it is not the kind that the service takes.",
        remedy="Send the kind of token that the service wants (an access token of this very login), or mint it with that kind.",
        set_to_split="alternatives.tokens with another token of the real login, or alternatives.claims with another kind",
    ),
    Cause(
        id="token-expired",
        layer="token",
        area="Token validation",
        means="exp has passed, or the token's lifetime is longer than allowed",
        lifted_by=("lifetime",),
        refuted_by=_OF_CONTENT,
        supported_by=("expired-when-sent", "rest-refuses-the-credential-too"),
        log_patterns=(
            LogPattern(r"\b(?:token|jwt|signature)\b.{0,16}\b(?:has |is |was )?expired\b", "Signature has expired"),
            LogPattern(r"\bexpired ?(?:token|jwt|signature)(?:error)?\b", "ExpiredSignatureError"),
            LogPattern(r"\bexp\b.{0,30}\b(?:in the past|check failed|has passed)\b", '"exp" claim timestamp check failed'),
            LogPattern(
                r"\b(?:lifetime|validity|max(?:imum)? age)\b.{0,40}\b(?:exceeds|too long|longer than|exceeded|above|limit)\b",
                "Token lifetime exceeds the maximum",
            ),
            LogPattern(r"\btoken (?:is )?too old\b", "Token too old"),
        ),
        why="When it arrives, the token is over its time, or it claims more time than the service grants.",
        remedy="Issue the token shortly before use and with a lifetime that the service allows (token.lifetime_s).",
        set_to_split="token.lifetime_s",
    ),
    Cause(
        id="clock-skew",
        layer="token",
        area="Token validation",
        means="iat or nbf lies in the server's future",
        lifted_by=("backdating",),
        refuted_by=(*_OF_CONTENT, "clocks-agree"),
        supported_by=("rest-refuses-the-credential-too",),
        log_patterns=(
            LogPattern(
                r"\b(?:not yet valid|immature|used before issued|issued in the future|jwt not active|before nbf)\b",
                "The token is not yet valid (iat)",
            ),
            LogPattern(r"\b(?:iat|nbf)\b.{0,40}\b(?:(?:in the )?future|check failed)\b", '"nbf" claim timestamp check failed'),
            LogPattern(
                r"\b(?:not valid yet|must not be accepted before)\b", "The JWT must not be accepted before 2026-11-24T12:00:00Z"
            ),
            LogPattern(r"\bclock (?:skew|drift)\b(?!.{0,20}(?:ok|within|tolerance is))", "Clock skew of 412 s detected"),
        ),
        why="For the server's clock the token was issued in the future.",
        remedy="Set the clocks right (NTP on both sides), or allow a leeway in the service.",
        set_to_split="token.claims.iat set to an earlier moment",
    ),
)
