"""How refusals of a credential, of what stands in it, or of its user are worded."""

from __future__ import annotations

from lib.whys.evidence.phrase import GAP, IS, NEEDED, REFUSED, TOKEN, UNREAD, WRONG, Phrase, phrases

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
        (rf"\b{WRONG} (?:{TOKEN} |claim )?(?:issuer|iss)\b(?! cert)", "Invalid issuer"),
        (
            r"\b(?:issuer|iss)\b['\"]?(?: claim)?(?: ~| \S{1,80})? (?:in jwt )?(?:is |was |are )?" + REFUSED + r"(?! cert)",
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
        (rf"\b{WRONG} (?:{TOKEN} |claim )?(?:audiences?|aud)\b", "Invalid audience"),
        (
            r"\b(?:audiences?|aud)\b['\"]?(?: claim)?(?: ~| \S{1,80})? (?:in jwt )?(?:is |was |are )?" + REFUSED,
            "Audiences in Jwt are not allowed",
        ),
        (r"\b(?:audience|aud)\b['\"]?(?: claim)? (?:check|validation) failed", "IDX10214: Audience validation failed."),
        (r"\bunexpected ['\"]aud['\"] claim", 'unexpected "aud" claim value'),
        (
            rf"\b{TOKEN}\b.{{0,16}}\bnot (?:intended|issued|meant) for (?:this|the|our) (?:audience|"
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
        (r"\bsignature (?:is |was )?(?:invalid|incorrect|wrong|not valid|bad|rejected|mismatch)\b", "The signature is invalid"),
        (r"\bsignature (?:does not|doesn'?t|did not) match", "JWT signature does not match locally computed signature."),
        (r"\bjwt verification fails\b", "Jwt verification fails"),
        (
            r"\b(?:signing key|signature key|matching key|key (?:id|for kid)|"
            r"kid)\b.{0,40}\b(?:not found|unknown|no match|does not match|not recogni[sz]ed)",
            "The signature key was not found",
        ),
        (
            r"\b(?:unable to find|cannot find|could not find|no|unknown)\b.{0,20}\b(?:signing key|"
            r"matching key|verification key|public key|kid)\b(?! fetch)",
            'Unable to find a signing key that matches: "kid-1"',
        ),
        (r"\bjwks doesn'?t have key to match", "Jwks doesn't have key to match kid or alg from Jwt"),
        (r"\bjwsinvalid ?signature\b", "Could not verify JWT: JWSError JWSInvalidSignature"),
        (r"\binvalid signature error|\bsignature mismatch", "InvalidSignatureError"),
    ),
    *phrases(
        "algorithm-mismatch",
        (
            r"\b(?:alg|algorithm) (?:rs|hs|es|ps)\d+ (?:is )?not (?:in|one of)\b|\bexpected (?:alg|"
            r"algorithm)\b",
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
            r"\b(?:permission|scope|role|privilege|entitlement)s?:? ['\"]?[\w:.~-]+['\"]? (?:is |are )?" + NEEDED,
            "Permission 'realtime' is required to open a WebSocket",
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
            r"\bdo(?:es)? not have the (?:right|required|necessary) (?:roles?|permissions?|scopes?)",
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
        (r"\b(?:required )?claim:? ['\"]?[\w~]+(?: \w+)?['\"]? (?:is |was )?" + NEEDED, "Claim 'org_id' is required"),
        (r"(?<!\w)['\"][\w~ ]+['\"] claim (?:is |was )?" + NEEDED, '"sub" claim is missing'),
        (r"\btoken (?:has|contains|carries) no ['\"]?[\w~]+['\"]? claim", "Token has no tenant claim"),
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
    *phrases(
        "credential-malformed",
        (
            r"\b(?:invalid|wrong|unsupported) scheme,? expected\b|\bunsupported (?:authorization|"
            r"auth) scheme\b",
            "invalid scheme, expected JWT",
        ),
        (
            r"\b(?:not enough|too many|wrong number of|invalid number of) segments\b|"
            r"\bmust have three segments|\bnot in the form of header\.payload\.signature|"
            r"\bmissing dot delimiter",
            "Not enough segments",
        ),
        (
            rf"\b(?:malformed|badly formed|ill formed) (?:\w+ )?(?:{TOKEN}|authori[sz]ation|bearer)|"
            rf"\b(?:{TOKEN}) (?:is )?malformed|\bcould not (?:be )?(?:parse|decode)d? (?:the )?(?:jwt|"
            rf"token)",
            "jwt malformed",
        ),
        (
            r"\b(?:invalid|bad|wrong) (?:token|jwt|auth\w*)(?: header)? format|"
            r"\binvalid (?:compact jws|header padding|crypto padding|token header)|\billegal base64",
            "Invalid Compact JWS",
        ),
        (
            r"\bauth\w*(?: header)?(?: value)? (?:must|should|does not|doesn'?t) (?:start|begin|"
            r"be (?:in the form|of the form|prefixed)|use|have)",
            "Authorization header must start with Bearer",
        ),
        (
            r"\b(?:invalid|unsupported|wrong|unknown|bad|unexpected) (?:auth\w*|token|"
            r"bearer) (?:scheme|prefix|type|method)\b(?<!token type)",
            "Invalid authentication scheme.",
        ),
        (
            r"\bexpected (?:the )?(?:auth\w* )?(?:scheme|prefix)\b|\bdoes not use the \S+ scheme|"
            r"\bformat is authori[sz]ation: ",
            "Format is Authorization: Bearer [token]",
        ),
    ),
    *phrases(
        "credential-carrier",
        (
            r"\b(?:token|jwt|credentials?) (?:must|has to|have to|needs? to|should) (?:be )?(?:passed|"
            r"sent|given|supplied|provided|come|travel)?\b ?(?:in|by|as|via|through|from) (?:the |a |"
            r"an )?(?:query|url|cookie|sub ?protocol|sec websocket protocol|\w+ cookie)",
            "token must be passed in query parameter `token`",
        ),
        (
            r"\buse the (?:\S+ )?(?:query parameter|cookie) (?:for|to send) (?:the |your )?token",
            "Use the token query parameter for the token",
        ),
        (
            rf"\b(?:no|missing|absent)\b.{{0,20}}\b(?:{TOKEN}|session|auth\w*)\b.{{0,12}}\b(?:in|"
            rf"from)\b (?:the |your )?(?:query|url|cookie|sub ?protocol|sec websocket protocol)",
            "No token in query string",
        ),
        (
            rf"\b(?:query (?:string )?(?:parameter|param)|url parameter|"
            rf"cookie)\b:?(?: ['\"]?[\w.-]+['\"]?)? (?:is |was )?{NEEDED}",
            "Query parameter token is required",
        ),
        (
            r"\b(?:missing|no|required) (?:required )?(?:\w+ )?(?:query (?:string )?(?:parameter|"
            r"param)|url parameter|(?:auth\w*|session|token) cookie|cookie)\b",
            "Missing query parameter: access_token",
        ),
        (
            rf"\b['\"]?[\w]*(?:token|jwt)['\"]? (?:query|url) (?:parameter|param)\w* (?:is )?{NEEDED}",
            "access_token query parameter is missing",
        ),
        (r"^query (?:\w*token|jwt|ticket|auth\w*): field required", "query token: Field required"),
    ),
    *phrases(
        UNREAD,
        (
            rf"\b(?:no|missing|without)\b (?:\w+ ){{0,2}}(?:{TOKEN}|authori[sz]ation(?: header)?|"
            rf"bearer(?: token)?|auth (?:token|header))\b(?! (?:claim|type|field|in|from|use|"
            rf"class))(?!.{{0,20}}claim)",
            "No token provided",
        ),
        (
            rf"\b(?:{TOKEN}|authori[sz]ation(?: header)?|auth header)\b (?:is |was |were |"
            rf"are )?(?:missing|absent|(?<!authorization )required|not (?:provided|found|present|sent|"
            rf"supplied|set|given))\b(?! (?:the|an?|its|required|claims?)\b| ['\"])",
            "Jwt is missing",
        ),
        (r"\bnot authenticated\b(?!.{0,20}\bwithin\b)|\bfull authentication is required\b", "Not authenticated"),
        (r"^header authorization: field required", "header authorization: Field required"),
    ),
)
"""About the credential, what stands in it, and whom it names."""
