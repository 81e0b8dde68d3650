"""Causes in the token: who signed it, how, and what it claims."""

from __future__ import annotations

from lib.whys.catalogue.cause import Cause

# What says of every token cause: this refusal is none that a token decides.
_NEVER = ("no-connection", "no-credential-sent", "server-failed", "gateway-failed", "too-many", "broken-off")

CAUSES = (
    Cause(
        id="secret-mismatch",
        layer="token",
        means="the token is signed with another key than the WebSocket service verifies with",
        lifted_by=("key",),
        refuted_by=(*_NEVER, "signature-accepted"),
        log_signature=(
            r"\bsignature\b.{0,24}\b(?:verification|validation|check)?\b.{0,6}\b(?:failed|failure|mismatch|invalid|"
            r"does not match|"
            r"not valid|incorrect)\b",
            r"\b(?:invalid|bad|wrong)[ _]?signature(?:error)?\b",
            r"\bsignatureverification(?:error|exception)\b",
            r"\bcrypto/rsa: verification error\b",
            r"\b(?:invalid|wrong|unknown) (?:signing )?(?:key|secret|kid)\b",
        ),
        why="Tokens of this client are signed with a key that the WebSocket service does not verify with.",
        remedy="Give client and WebSocket service the same key: compare where each reads it, and redeploy whichever is behind.",
        set_to_split="alternatives.secrets, or token.issued with a token of the real login",
    ),
    Cause(
        id="algorithm-mismatch",
        layer="token",
        means="the token is signed with an algorithm that the service does not accept",
        lifted_by=("algorithm",),
        refuted_by=(*_NEVER, "signature-accepted"),
        log_signature=(
            r"\balg(?:orithm)?\b.{0,40}\b(?:not allowed|not supported|unsupported|invalid|refused|not accepted|"
            r"mismatch|disallowed|"
            r"not permitted)\b",
            r"\b(?:invalid|unsupported|unexpected|disallowed|wrong) ?(?:signing )?(?:alg(?:orithm)?(?:error)?|signing method)\b",
            r"\bsigning method \S+ is invalid\b",
        ),
        why="The service accepts tokens of another algorithm only.",
        remedy="Sign with the algorithm that the service accepts (token.algorithm), or let it accept this one.",
        set_to_split="alternatives.algorithms",
    ),
    Cause(
        id="issuer-mismatch",
        layer="token",
        means="the claim iss is not the expected one",
        lifted_by=("iss",),
        refuted_by=_NEVER,
        log_signature=(
            r"\b(?:invalid|unexpected|unknown|wrong|untrusted|bad|jwt) issuer\b",
            r"\bissuer\b.{0,60}\b(?:invalid|mismatch|not expected|unexpected|unknown|not trusted|untrusted|does not match|"
            r"not accepted|refused|doesn't match)\b",
            r"\bunexpected \"?iss\"?\b",
            r"\biss\b.{0,20}\b(?:mismatch|invalid|not (?:in|valid|allowed|trusted|accepted)|claim (?:value )?(?:is )?(?:invalid|"
            r"check failed|mismatch|not (?:valid|expected)))\b",
            r"\b(?:wrong|invalid|bad) iss\b",
            r"\bissuer (?:validation|check|verification) failed\b",
        ),
        why="The service expects another issuer.",
        remedy="Let the token name the issuer that the service expects (token.claims.iss), or correct the service's setting.",
        set_to_split="alternatives.claims.iss",
    ),
    Cause(
        id="audience-mismatch",
        layer="token",
        means="the claim aud is not the expected one",
        lifted_by=("aud",),
        refuted_by=_NEVER,
        log_signature=(
            r"\b(?:invalid|unexpected|unknown|wrong|bad|jwt) audience\b",
            r"\baudience\b.{0,60}\b(?:invalid|mismatch|not expected|unexpected|does not match|doesn't match|not accepted|refused|"
            r"not allowed)\b",
            r"\bunexpected \"?aud\"?\b",
            r"\baud\b.{0,20}\b(?:mismatch|invalid|not (?:in|valid|allowed|trusted|accepted)|claim (?:value )?(?:is )?(?:invalid|"
            r"check failed|mismatch|not (?:valid|expected)))\b",
            r"\b(?:wrong|invalid|bad) aud\b",
            r"\baudience (?:validation|check|verification) failed\b",
        ),
        why="The token is meant for another audience than this service.",
        remedy="Let the token name the audience that the service expects (token.claims.aud), or correct the service's setting.",
        set_to_split="alternatives.claims.aud",
    ),
    Cause(
        id="claim-missing",
        layer="token",
        means="a claim that the service needs is not in the token",
        lifted_by=("claim",),
        refuted_by=_NEVER,
        log_signature=(
            r"\b(?:missing|required|lacks?|absent|no)\b.{0,24}\bclaims?\b",
            r"\bclaims?\b.{0,40}\b(?:is |are )?(?:missing|required|absent|not present|not found)\b",
            r"\binvalid token type\b",
            r"\bmissingrequiredclaim",
            r"\bkeyerror: '(?!sub)[a-z_]+'.{0,40}\bclaims?\b",
        ),
        why="The service needs a claim that the token does not have.",
        remedy="Add the claim to the token (token.claims), or let the service do without it.",
        set_to_split="alternatives.claims with the claim in question",
    ),
    Cause(
        id="token-expired",
        layer="token",
        means="exp has passed, or the token's lifetime is longer than allowed",
        lifted_by=("lifetime",),
        refuted_by=_NEVER,
        log_signature=(
            r"\b(?:token|jwt|signature)\b.{0,16}\b(?:has |is |was )?expired\b",
            r"\bexpired ?(?:token|jwt|signature)(?:error)?\b",
            r"\bexp\b.{0,30}\b(?:in the past|check failed|has passed)\b",
            r"\b(?:lifetime|validity|max(?:imum)? age)\b.{0,40}\b(?:exceeds|too long|longer than|exceeded|above|limit)\b",
            r"\btoken (?:is )?too old\b",
        ),
        why="When it arrives, the token is over its time, or it claims more time than the service grants.",
        remedy="Issue the token shortly before use and with a lifetime that the service allows (token.lifetime_s).",
        set_to_split="token.lifetime_s",
    ),
    Cause(
        id="clock-skew",
        layer="token",
        means="iat or nbf lies in the server's future",
        lifted_by=("backdating",),
        refuted_by=(*_NEVER, "clocks-agree"),
        log_signature=(
            r"\b(?:not yet valid|immature|used before issued|issued in the future|jwt not active|before nbf)\b",
            r"\b(?:iat|nbf)\b.{0,40}\b(?:(?:in the )?future|check failed)\b",
            r"\b(?:not valid yet|must not be accepted before)\b",
            r"\bclock (?:skew|drift)\b(?!.{0,20}(?:ok|within|tolerance is))",
        ),
        why="For the server's clock the token was issued in the future.",
        remedy="Set the clocks right (NTP on both sides), or allow a leeway in the service.",
        set_to_split="token.claims.iat set to an earlier moment",
    ),
)
