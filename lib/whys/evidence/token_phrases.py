"""How refusals of what stands in a token, or of its user, are worded."""

from __future__ import annotations

from lib.whys.evidence.phrase import GAP, IS, NEEDED, REFUSED, TOKEN, WRONG, Phrase, phrases

TOKEN_PHRASES: tuple[Phrase, ...] = (
    *phrases(
        "token-expired",
        (r"\bexp\b:? \d+ (?:<|is before|before) (?:now|\d+)", "exp: 1732800000 < now"),
        (rf"\b{TOKEN}\b{GAP}{IS} expired\b", "Token is expired"),
        (r"\bsignature has expired", "Signature has expired"),
        (rf"\bexpired (?:\w+ )?{TOKEN}\b", "Expired JWT token"),
        (
            r"\bexp(?:iry|iration(?: time)?)?\b['\"]?(?: claim)?.{0,12}\b(?:check failed|"
            r"timestamp check failed|in the past|has passed|validation failed|failed)",
            '"exp" claim timestamp check failed',
        ),
        (
            rf"\b{TOKEN} (?:lifetime|ttl|age)\b.{{0,30}}\b(?:exceed|too (?:long|old)|longer than|above)",
            "Token lifetime of 900 s exceeds the maximum of 300 s",
        ),
        (r"\bjwtexpired\b", "Could not verify JWT: JWTExpired"),
        (r"\bjwt expired\b|\btoken expired\b|\btoken expired error", "jwt expired"),
        (r"\bexp\b['\"]?(?: claim)? (?:has |is )?(?:expired|not satisfied)", '"exp" not satisfied'),
        (r"\bexpired signature\b", "ExpiredSignature"),
        (
            rf"\b{TOKEN}(?:'s)? lifetime (?:is over|has ended|has elapsed)|\b{TOKEN}\b{GAP}{IS} no longer valid \(?expired\b",
            "Your access token is no longer valid (expired)",
        ),
        (rf"\b{TOKEN} (?:is )?too old\b|\biat claim.{{0,12}}too far in the past", "Token too old, 1700000000 < 1700000900"),
    ),
    *phrases(
        "clock-skew",
        (
            rf"\b{TOKEN}\b.{{0,16}}\bnot (?:yet (?:valid|active)|active|valid (?:yet|before|until))",
            "The token is not yet valid (nbf)",
        ),
        (r"\bused (?:too early|before (?:issued|being issued|its time|\d))", "Token used too early, 1700000000 < 1700000100"),
        (rf"\bjwt (?:used|not active) before|\b{TOKEN} used before", "Jwt used before 2026-11-28T21:00:00Z"),
        (r"\b(?:iat|nbf|issued(?: at)?|not before)\b.{0,24}\b(?:in the|in) future", "iat is in the future"),
        (
            r"\bnbf\b['\"]?(?: claim)?.{0,12}\b(?:check failed|timestamp check failed|failed)",
            '"nbf" claim timestamp check failed',
        ),
        (r"\bclock skew\b(?! of \d+ s(?:econds)? is allowed)", "Rejected: clock skew between client and server is 300 s"),
        (r"\bimmature signature", "ImmatureSignatureError"),
        (r"\bcannot handle token (?:with iat )?prior to\b", "Cannot handle token with iat prior to 2026-11-29T10:00:00+0000"),
        (rf"\b{TOKEN} (?:can ?not|can't) be used before\b", "The Token can't be used before 2026-11-29T10:00:00Z."),
        (r"\b(?:nbf|iat)\b['\"]? not satisfied", '"nbf" not satisfied'),
    ),
    *phrases(
        "issuer-mismatch",
        (
            r"\b(?:iss|issuer)\b['\"]?(?: claim)? (?:must|should) (?:be|equal)\b|\b(?:expected|"
            r"expecting) (?:the )?(?:issuer|iss)\b",
            "iss must be https://login.acme.test",
        ),
        (
            r"\b(?:token|jwt) (?:was )?issued by (?:an? |the )?(?:unknown|other|another|different|"
            r"untrusted|wrong)",
            "Token was issued by another tenant",
        ),
        (rf"\b{WRONG} (?:{TOKEN} |claim )?['\"]?(?:issuer|iss)\b(?! cert)", "Invalid issuer"),
        (r"\biss\b['\"]? not satisfied", '"iss" not satisfied'),
        (
            r"\b(?:issuer|iss)\b['\"]?(?: claim)?(?: (?!and\b|but\b)[^\s,;]{1,80}){0,4}? (?:in jwt )?(?:is |was |are )?"
            + REFUSED
            + r"(?! cert)",
            "Jwt issuer is not configured",
        ),
        (r"\b(?:issuer|iss)\b['\"]?(?: claim)? (?:check|validation) failed", "IDX10205: Issuer validation failed."),
        (r"\bunexpected ['\"]iss['\"] claim", 'unexpected "iss" claim value'),
        (r"\binvalid issuer error", "InvalidIssuerError"),
    ),
    *phrases(
        "audience-mismatch",
        (
            r"\b(?:aud|audience)\b['\"]?(?: claim)? (?:must|should) (?:be|contain|include)\b|"
            r"\b(?:expected|expecting|wants?) (?:the )?(?:audience|aud)\b",
            "aud claim must be acme-realtime",
        ),
        (
            r"\b(?:token|jwt) (?:is|was) (?:issued |meant |intended )?for (?:the )?(?:another |other |"
            r"different )?(?:audience|service|application|client)\b",
            "This token is for audience acme-web, this service is acme-realtime",
        ),
        (rf"\b{WRONG} (?:{TOKEN} |claim )?['\"]?(?:audiences?|aud)\b", "Invalid audience"),
        (r"\baud\b['\"]? not satisfied", '"aud" not satisfied'),
        (
            r"\b(?:audiences?|aud)\b['\"]?(?: claim)?(?: (?!and\b|but\b)[^\s,;]{1,80}){0,4}? (?:in jwt )?(?:is |was |are )?"
            + REFUSED,
            "Audiences in Jwt are not allowed",
        ),
        (r"\b(?:audience|aud)\b['\"]?(?: claim)? (?:check|validation) failed", "IDX10214: Audience validation failed."),
        (r"\bunexpected ['\"]aud['\"] claim", 'unexpected "aud" claim value'),
        (
            rf"\b{TOKEN}\b.{{0,16}}(?:\bnot|\wn't) (?:intended|issued|meant) for (?:this|the|our) (?:audience|"
            rf"service|api|application)",
            "Token was not intended for this audience",
        ),
        (r"\bwrong audience\b", "Token has wrong audience https://b, expected one of ['https://a']"),
    ),
    *phrases(
        "secret-mismatch",
        (
            r"\b(?:token|jwt) (?:was |is )?signed (?:by|with) (?:an? |the )?(?:unknown|other|another|"
            r"different|wrong|untrusted) (?:key|secret)",
            "JWT signed with another key",
        ),
        (r"\bsignature\b(?: \w+){0,2} ?(?:verification|validation|check) (?:has )?failed", "Signature verification failed"),
        (r"\b(?:invalid|bad|wrong|incorrect) (?:jwt |token |jws )?signature\b(?! algorithm)", "invalid signature"),
        (
            r"\bsignature (?:is |was |resulted )?(?:invalid|incorrect|wrong|not valid|bad|rejected|mismatch)\b",
            "The signature is invalid",
        ),
        (r"\b(?:failed|unable) to verify (?:the )?(?:\w+ ){0,2}signature\b", "failed to verify id token signature"),
        (
            r"\bsignature (?:could not|can ?not|can't) be verified\b|\bsignature (?:did|does) not (?:verify|validate)\b",
            "JWT signature could not be verified",
        ),
        (r"\bsignature (?:does not|doesn'?t|did not) match", "JWT signature does not match locally computed signature."),
        (r"\bjwt verification fails\b", "Jwt verification fails"),
        (
            r"\b(?:signing key|signature key|matching key|key (?:id|for kid)|"
            r"kid)\b.{0,40}\b(?:not found|unknown|no match|does not (?:match|correspond)|not recogni[sz]ed)",
            "The signature key was not found",
        ),
        (
            r"\b(?:unable to find|cannot find|could not find|no|unknown)\b.{0,20}\b(?:signing key|"
            r"matching key|appropriate key|verification key|public key|kid)\b(?! fetch)",
            'Unable to find a signing key that matches: "kid-1"',
        ),
        (r"\bjwks doesn'?t have key to match", "Jwks doesn't have key to match kid or alg from Jwt"),
        (r"\bjwsinvalid ?signature\b", "Could not verify JWT: JWSError JWSInvalidSignature"),
        (r"\binvalid signature error|\bsignature mismatch", "InvalidSignatureError"),
    ),
    *phrases(
        "algorithm-mismatch",
        (
            r"\b(?:alg|algorithm) (?:rs|hs|es|ps)\d+ (?:is )?not (?:in|one of)\b|\bexpected (?:a )?(?:different )?"
            r"(?:alg|algorithm)\b",
            "alg HS256 not in [RS256]",
        ),
        (
            r"\b(?:invalid|unsupported|unexpected|disallowed|wrong|unknown) (?:jwt |token |signature |"
            r"signing )?(?:algorithm|alg|signing method)\b",
            "unexpected signing method: HS256",
        ),
        (
            r"\b(?:alg|algorithm|signing method)\b['\"]?(?: \S{1,24}){0,4}? (?:value )?(?:is |"
            r"was )?(?:not (?:allowed|supported|accepted|permitted)|invalid|unsupported|rejected)",
            "The specified alg value is not allowed",
        ),
        (
            r"\balgorithm mismatch|\bmust be signed with (?:rs|es|ps|hs)\d|\binvalid algorithm error",
            "Token must be signed with RS256",
        ),
        (
            r"\b(?:hs|rs|es|ps)\d{3}\b(?: signed)?(?: tokens?| jwts?| signatures?)? (?:is |are )?not (?:accepted"
            r"|allowed|supported)",
            "HS256 tokens are not accepted",
        ),
        (
            r"\balgorithm (?:doesn'?t|does not) match\b|\bincorrect key for this algorithm\b",
            "The provided Algorithm doesn't match the one defined in the JWT's Header.",
        ),
    ),
    *phrases(
        "wrong-token",
        (r"\btoken use must be\b|\btyp(?: header| claim)? must be\b|\btoken (?:type|kind) must be\b", "token_use must be access"),
        (r"\b(?:this|that|it) is an? (?:refresh|id|service|custom) token\b", "This is a refresh token"),
        (
            r"\b(?:expected|wanted|requires?|need(?:s|ed)?|must be|use|only) (?:an? |the )?(?:access|"
            r"id|refresh|service|websocket|ws|session) tokens?\b.{0,40}\b(?:got|given|received|but|"
            r"instead|not|accepted|allowed)",
            "Expected an access token but was given an ID token",
        ),
        (
            r"\b(?:wrong|invalid|unexpected|incorrect) (?:type of token|token (?:type|use|class|"
            r"kind))\b(?! hint)",
            "Invalid token type: expected access",
        ),
        (r"\btoken (?:has )?(?:the )?wrong type|\btoken use (?:claim )?(?:is )?not (?:allowed|accepted)", "Token has wrong type"),
        (
            r"\b(?:id|refresh) tokens? (?:are |is |was )?(?:not (?:allowed|accepted|permitted|"
            r"supported)|cannot be used|rejected)",
            "Refresh token cannot be used",
        ),
        (
            r"\bgot (?:an? )?(?:id|refresh|access) token\b.{0,12}\b(?:want|expect|need)|"
            r"\btoken type ['\"]?\w+['\"]? (?:is )?not (?:allowed|accepted|supported)|"
            r"\b(?:service|refresh|id|machine|anonymous) tokens? (?:can ?not|can't|may not) be used\b",
            "Got an id_token, want access_token",
        ),
        (
            r"\b(?:refresh|id) token\b.{0,30}\b(?:instead of|where|rather than)\b.{0,12}\baccess token",
            "Refresh token used where access token expected",
        ),
        (r"\bonly (?:access|id|non refresh) tokens? (?:are|is) (?:allowed|accepted)", "Only non-refresh tokens are allowed"),
        (r"\bexpects an id token,? but was given", "verifyIdToken() expects an ID token, but was given a custom token."),
    ),
    *phrases(
        "permission-missing",
        (
            r"\bpermission denied for (?:role|scope|permission)\b|\bnot enough (?:permissions?|"
            r"privileges?|rights)\b",
            "not enough permissions",
        ),
        (r"\binsufficient (?:scopes?|permissions?|privileges?|roles?|rights)", "insufficient_scope"),
        (
            r"\b(?:missing|lacks?|without|no)\b (?:the |a |any )?(?:required |"
            r"necessary )?(?:['\"]?[\w:.~*-]+['\"]? )?(?:permissions?|scopes?|roles?|privileges?|"
            r"entitlements?)\b(?!.{0,30}\b(?:headers?|access this|view)\b)",
            "User lacks the websocket permission",
        ),
        (
            r"\b(?:permission|scope|role|privilege|entitlement)s?:? ['\"`]?[\w:.~-]+['\"`]? (?:is |are "
            r"|was )?(?:not granted|not assigned|" + NEEDED + ")",
            "Permission 'realtime' is required to open a WebSocket",
        ),
        (
            r"\b(?:role|user|plan|account|subject)\b.{0,30}\b(?:can ?not|can't) (?:open|use|establish|start|access) "
            r"(?:an? |any |the )?(?:web ?sockets?|real ?time|live)\b",
            "Role 'viewer' cannot open realtime connections",
        ),
        (
            r"\bdo(?:es)? not have (?:the |any )?(?:web ?socket|real ?time|live|ws)(?: \w+)? (?:access|rights?|permissions?)\b",
            "User does not have realtime access",
        ),
        (
            r"\brequires? (?:the )?(?:permission|scope|role|privilege)s?:? ['\"]?[\w:.~-]+",
            "This endpoint requires scope: ws.connect",
        ),
        (r"\brequires? (?:the )?['\"]?[\w:.~-]+['\"]? (?:permission|scope|role|privilege)\b", "Requires the 'ws:connect' scope"),
        (
            r"\b(?:not (?:allowed|permitted|authori[sz]ed|entitled)|no permission|"
            r"no right) to (?:open|use|establish|start) (?:an? |any )?(?:web ?sockets?|real ?time|"
            r"live)",
            "User is not allowed to open WebSockets",
        ),
        (r"\b(?:scopes?|permissions?|roles?)\b.{0,16}\bdo(?:es)? not include\b", "Token scopes do not include ws:connect"),
        (
            r"\bneeds? (?:the |an? )['\"`]?[\w:.~-]+['\"`]? (?:role|scope|permission|privilege)\b|"
            r"\b(?:roles?|scopes?|plan|permissions?) (?:does|do) not (?:permit|allow|grant|include)\b|"
            r"\b(?:web ?sockets?|real ?time)\b.{0,16}\b(?:disabled|not (?:enabled|allowed|permitted)) for "
            r"(?:this|your|the) (?:user|account|role|subject|plan)\b",
            "You need the 'realtime' role to connect",
        ),
        (
            r"\bdo(?:es)? not have the (?:right|required|necessary) (?:roles?|permissions?|scopes?)|"
            r"\brequested role\b.{0,12}\bnot (?:in|among)\b",
            "User does not have the right roles.",
        ),
    ),
    *phrases(
        "claim-missing",
        (
            r"\b(?:missing|lacks?|without) (?:the |a |an )?(?:required |"
            r"mandatory )?['\"]?(?!auth)[\w~]+['\"]? claim\b",
            'Token is missing the "tenant" claim',
        ),
        (r"\bmissing (?:required |mandatory )?claims?\b:?", "Missing required claim: tenant_id"),
        (r"\b(?:required )?claim:? ['\"`]?[\w~]+(?: \w+)?['\"`]? (?:is |was )?" + NEEDED, "Claim 'org_id' is required"),
        (
            r"\b(?:does not|doesn'?t|must) (?:contain|have|include|carry) (?:the |an? "
            r"|any )?(?:required )?['\"`]?[\w~]+(?: \w+)?['\"`]? claim",
            "Token does not contain a tenant claim",
        ),
        (r"\b(?!(?:aud|audience|iss|issuer|the|a|no) )[\w~]+ claim (?:is |was )?" + NEEDED, "tenant_id claim not present in JWT"),
        (r"(?<!\w)['\"][\w~ ]+['\"] claim (?:is |was )?" + NEEDED, '"sub" claim is missing'),
        (
            r"\b(?:token|jwt) lacks (?!.{0,40}\b(?:scope|permission|role|privilege|signature|claim|iss|issuer|aud|audience)s?\b)",
            "Token lacks org_id",
        ),
        (r"\bno (?:mandatory|required) ['\"]?[\w~]+['\"]? in (?:the )?claims\b", "No mandatory 'iss' in claims"),
        (r"\btoken (?:has|contains|carries) no ['\"`]?[\w~]+['\"]? claim", "Token has no tenant claim"),
    ),
    *phrases(
        "token-reuse",
        (
            r"\b(?:token|ticket|nonce|jti) (?:was |"
            r"has )?(?:been )?(?:already )?(?:been )?used (?:twice|before(?! [\w~])|already|again)|\b(?:token|"
            r"ticket|nonce) has already been used",
            "token used twice",
        ),
        (rf"\b{TOKEN}\b.{{0,12}}\b(?:already|was) (?:been )?(?:used|consumed|redeemed|seen)", "Ticket already used"),
        (
            r"\b(?:token|ticket|nonce|jti)\b.{0,16}\b(?:re ?used?|reuse detected|replay(?:ed)?)\b|"
            r"\breplay (?:attack )?detected",
            "Token reuse detected",
        ),
        (
            r"\b(?:token|ticket|nonce|jti) already (?:used|redeemed|consumed)\b|\b(?:ticket|nonce|jti) (?:has been|was) used\b",
            "Nonce already used",
        ),
        (r"\bjti\b.{0,16}\balready (?:used|seen)|\btoken was used a moment ago", "jti already seen"),
    ),
    *phrases(
        "user-unknown",
        (
            r"\buser (?:is )?not (?:a )?(?:member|part) of\b.{0,24}\b(?:database|directory|realm)",
            "User is not part of this realm",
        ),
        (
            r"\b(?:user|account|subject|principal|member)\b(?! ?agent)(?: (?!and |but |or |"
            r"not )[^\s.;]{1,60}){0,4}? (?:was |is |could )?(?:not (?:be )?(?:found|known|registered|"
            r"provisioned)|unknown|does not exist|doesn'?t exist|no longer exists)",
            "User staging-1 not found",
        ),
        (
            r"\b(?:unknown|no such|non ?existent|unregistered|unrecogni[sz]ed) (?:user|account|"
            r"subject|principal|member)\b(?! ?agent)",
            "Unknown user",
        ),
        (r"\b(?:could|can) ?not find (?:the |a |any )?(?:user|account)\b", "Could not find user"),
        (r"\buser matching query does not exist|\bno user (?:found|with|for)\b", "User matching query does not exist."),
    ),
    *phrases(
        "user-inactive",
        (
            r"\b(?:user|account|subject|member|profile|customer)\b(?! ?agent)(?: (?!not |and |"
            r"but )[^\s.;]{1,60}){0,2}?" + IS + r" (?:inactive|disabled|deactivated|suspended|banned|locked(?: out)?|blocked|"
            r"not (?:active|enabled|activated)|revoked|closed|frozen)\b",
            "User is inactive",
        ),
        (
            r"\b(?:inactive|disabled|deactivated|suspended|banned|locked|frozen) (?:user|account|"
            r"member|profile)\b",
            "Inactive user",
        ),
    ),
)
"""About what stands in a token, and whom it names."""
