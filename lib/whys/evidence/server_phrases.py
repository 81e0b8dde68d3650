"""How servers word a refusal: all phrases, each with one that was really written so."""

from __future__ import annotations

import re

from lib.whys.evidence.credential_phrases import CREDENTIAL_PHRASES
from lib.whys.evidence.edge_phrases import EDGE_PHRASES
from lib.whys.evidence.phrase import TOKEN, TOO_MANY, UNREAD, Phrase, phrases
from lib.whys.evidence.service_phrases import SERVICE_PHRASES
from lib.whys.evidence.token_phrases import TOKEN_PHRASES

EITHER: tuple[Phrase, ...] = (
    *phrases(
        ("user-inactive", "user-unknown"),
        (
            r"\b(?:user|account)\b.{0,24}\b(?:inactive|disabled|deleted|unknown|"
            r"suspended) or (?:been )?(?:deleted|inactive|disabled|unknown|suspended)",
            "User inactive or deleted.",
        ),
        (r"\bno active account\b", "No active account found with the given credentials"),
        (
            r"\b(?:user|account)\b.{0,24}\b(?:not found|does not exist|"
            r"unknown) or (?:is )?(?:inactive|disabled|suspended)",
            "User not found or disabled",
        ),
    ),
    *phrases(
        UNREAD,
        (
            rf"\b(?:missing|no|absent) or (?:malformed|badly formed|"
            rf"misformatted)\b.{{0,24}}\b(?:{TOKEN}|auth\w*|header)",
            "missing or malformed jwt",
        ),
        (
            rf"\b(?:{TOKEN}|authori[sz]ation(?: header)?)\b.{{0,8}}\b(?:missing|absent) or malformed",
            "Authorization header missing or malformed",
        ),
    ),
    *phrases(
        ("secret-mismatch", "algorithm-mismatch"),
        (
            r"\banother algorithm expected,? or no matching key",
            "Signed JWT rejected: Another algorithm expected, or no matching key(s) found",
        ),
        (r"\bno applicable key found in the json web key set", "no applicable key found in the JSON Web Key Set"),
    ),
    *phrases(
        ("secret-mismatch", "issuer-mismatch"),
        (r"\b(?:unknown|untrusted) (?:signer|signing key) or issuer", "Untrusted signer or issuer"),
    ),
    *phrases(
        ("audience-mismatch", "issuer-mismatch"),
        (
            r"\b(?:check|verify|wrong|invalid|incorrect|unexpected) (?:the |your )?"
            r"(?:audience (?:and|or) (?:the )?issuer|issuer (?:and|or) (?:the )?audience)",
            "Incorrect claims. Please, check the audience and issuer.",
        ),
    ),
    *phrases(
        ("token-expired", "wrong-token"),
        (r"\bsession (?:has |is )?expired\b|\bexpired session\b", "Your session has expired"),
    ),
    *phrases("issuer-mismatch", (r"\bno credentials found for given ['\"]?iss\b", "No credentials found for given 'iss'")),
    *phrases(
        UNREAD, (r"\buser ['\"]?system:anonymous['\"]? cannot\b", 'forbidden: User "system:anonymous" cannot get path "/ws"')
    ),
    *phrases(("host-refused", "origin-refused"), (r"\binvalid host ?/ ?origin\b", "Invalid Host/Origin header")),
    *phrases(
        TOO_MANY,
        (
            r"\b(?:monthly|weekly|daily|hourly|per (?:second|minute|hour|day|month))\b.{0,24}\b(?:quota|limit)\b",
            "Monthly connection quota exceeded",
        ),
    ),
    *phrases(("route-missing", "credential-carrier"), (r"^missing authentication token$", "Missing Authentication Token")),
    *phrases(
        ("protocol-version", "edge-blocks-upgrade"),
        (
            r"\b(?:missing|invalid)\b.{0,12}\bsec websocket version\b|"
            r"\bnot found in 'sec websocket version|"
            r"\bsec websocket version['\"`]? header did not include",
            "Missing or invalid Sec-WebSocket-Version header",
        ),
    ),
)
"""Sentences that offer several explanations, and which: what else they say is then not looked at."""

PHRASES: tuple[Phrase, ...] = (*TOKEN_PHRASES, *CREDENTIAL_PHRASES, *EDGE_PHRASES, *SERVICE_PHRASES)
"""Sentences that say one thing; a set of several causes is what they leave open."""

OWN_500 = re.compile(r"500 Internal Server Error</h1></center>\s*<hr><center>(?:nginx|openresty|angie|tengine)", re.IGNORECASE)
"""nginx's own page for a 500, which no application wrote: mostly an authentication subrequest that failed, and no more."""

TIMEOUTS = re.compile(
    r"\bupstream request timeout\b|\bgateway time ?-?out\b|\breached the maximum request timeout", re.IGNORECASE
)
"""A proxy's words for an application that did not answer in time: they speak for a handler that hangs, and no more."""
