"""How refusals of a credential that was not found, or not understood, are worded."""

from __future__ import annotations

from lib.whys.evidence.phrase import NEEDED, TOKEN, UNREAD, Phrase, phrases

CREDENTIAL_PHRASES: tuple[Phrase, ...] = (
    *phrases(
        "credential-malformed",
        (
            r"\b(?:invalid|wrong|unsupported) scheme,? expected\b|\bunsupported (?:authorization|"
            r"auth) scheme\b",
            "invalid scheme, expected JWT",
        ),
        (
            r"\b(?:not enough(?: or too many)?|too many|wrong number of|invalid number of) segments\b|"
            r"\bmust have three segments|\bnot in the form of header\.payload\.signature|"
            r"\bmissing dot delimiter",
            "Not enough segments",
        ),
        (
            rf"\b(?:malformed|badly formed|ill formed) (?:\w+ )?(?:{TOKEN}|authori[sz]ation|bearer)|"
            rf"\b(?:{TOKEN}) (?:is )?malformed|\b{TOKEN} is not an? (?:jwt|jws|json web token)\b|"
            rf"\b{TOKEN} could not be base ?64\w*(?: ?url)? decoded\b",
            "jwt malformed",
        ),
        (
            r"\b(?:invalid|bad|wrong) (?:token|jwt|auth\w*)(?: header)? format|"
            r"\binvalid (?:compact jws|header padding|crypto padding|token header)|\billegal base64",
            "Invalid Compact JWS",
        ),
        (
            r"\bauth\w*(?: header)?(?: value)? (?:must|should|does not|doesn'?t) (?:start|begin|"
            r"be (?:in the form|of the form|prefixed|an? bearer)|be ['\"`]?(?:bearer|jwt|token)\b|use|have)",
            "Authorization header must start with Bearer",
        ),
        (
            r"\b(?:invalid|unsupported|wrong|unknown|bad|unexpected) (?:auth\w*|token|"
            r"bearer) (?:scheme|prefix|type|method)\b(?<!token type)",
            "Invalid authentication scheme.",
        ),
        (
            r"\bexpected:? ['\"`]?\w+ <\w+>|"
            r"\b(?:expected|expects?|format|must|should|use|send|provide|requires?|required|needs?)\b.{0,40}"
            r"\bauthori[sz]ation: \w+ [<{\[]|"
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
            r"an )?(?:['\"`]?[\w.~-]+['\"`]? )?(?:query|url|cookie|sub ?protocol|sec websocket protocol|\w+ cookie)",
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
            rf"\b['\"]?[\w]*(?:token|jwt)['\"]? (?:query |url )?(?:parameter|param)\w* (?:is )?{NEEDED}",
            "access_token query parameter is missing",
        ),
        (
            rf"\bexpect(?:s|ed|ing)? (?:the |an? )?(?:\w+ )?{TOKEN}\b.{{0,8}}\bin (?:the )?(?:query|url|cookie|sub ?protocol)|"
            rf"\bmissing ['\"`]?[?&]\w+=",
            "Expected token in query string",
        ),
        (r"^query (?:\w*token|jwt|ticket|auth\w*): field required", "query token: Field required"),
    ),
    *phrases(
        UNREAD,
        (
            rf"\b(?:no|missing|without)\b (?:(?!from\b|in\b|of\b|on\b)\w+ ){{0,2}}(?:{TOKEN}|authori[sz]ation(?: header)?|"
            rf"bearer(?: token)?|auth (?:token|header))\b(?! (?:claim|type|field|in|from|use|"
            rf"class))(?!.{{0,20}}claim)",
            "No token provided",
        ),
        (
            rf"\b(?:{TOKEN}|authori[sz]ation(?: header| field)?|auth header)\b (?:is |was |were |"
            rf"are )?(?:missing|absent|(?<!authorization )required|not (?:provided|found|present|sent|"
            rf"supplied|set|given))\b(?! (?:the|an?|its|required|claims?)\b| ['\"])",
            "Jwt is missing",
        ),
        (r"\bnot authenticated\b(?!.{0,20}\bwithin\b)|\bfull authentication is required\b", "Not authenticated"),
        (r"^header authorization: field required", "header authorization: Field required"),
    ),
)
"""About where a credential is put, and in which form."""
