"""The factors of a handshake, and what is known of each: which belong together, which are judged when, which are tried first."""

from __future__ import annotations

FACTORS = (
    "proxy", "credential", "carrier", "scheme", "encoding", "key", "algorithm", "iss", "aud", "claim", "permission", "lifetime",
    "backdating", "user", "origin", "subprotocols", "headers", "path", "host", "host_header", "fresh_token", "spacing",
    "concurrency", "moment", "query", "client_header", "length", "input", "issued",
)  # fmt: skip
"""Everything about a handshake that can be changed alone, and what a change brings along: `length` (it makes the request
shorter), `input` (it keeps from a handler what it fails on), `issued` (another token as a whole)."""

SAID_BY_A_TOKEN = ("key", "algorithm", "iss", "aud", "claim", "permission", "user", "lifetime", "backdating")
"""What a token says, and how it is signed."""
OF_A_TOKEN = ("credential", *SAID_BY_A_TOKEN, "scheme", "encoding", "carrier", "fresh_token")
"""What another credential as a whole differs in."""
OF_ANOTHER_LOGIN = (*SAID_BY_A_TOKEN, "issued")
"""What a token that the real login issued may tell of."""
OF_CONDUCT = ("moment", "spacing", "concurrency", "fresh_token")
"""What varies where the very same handshake now passes, now fails."""
OF_THE_CONNECTION = frozenset({"proxy", "host"})
"""To whom a connection is made; all others are read only once there is one."""
OF_A_USER = ("key", "iss", "aud", "claim", "origin", "subprotocols", "headers", "lifetime", "backdating")
"""What is judged once it is known who asks, so that one user may be exempt; route, host and scheme are judged before."""

LEADS_PAST_A_CHECK = frozenset({"headers", "client_header", "query", "path", "host", "user"})
"""What may switch a check off, or lead to where it is not made."""
MAY_BE_SWITCHED_OFF = frozenset({"user", "iss", "aud", "claim", "permission", "origin", "subprotocols"})
"""What such a check may be about; whether the signature is checked at all, a forged one tells."""
LEADS_PAST_THE_SIGNATURE = frozenset({"scheme", "encoding", "headers", "client_header", "query", "path", "carrier", "host"})
"""What may lead past the check of the signature as well."""

WEIGHT = {
    "proxy": 0, "credential": 0, "key": 0, "user": 1, "aud": 2, "iss": 3, "origin": 4, "algorithm": 5, "issued": 6,
    "path": 7, "query": 7, "scheme": 8,
    "host_header": 9, "host": 10,
}  # fmt: skip
"""Which are tried first where nothing else decides: what masks and fails most in practice."""
LIKELY_ADDITIONS = ("headers", "client_header", "carriers", "subprotocols", "permission", "claim", "aud")
"""Which of the additions are asked first when several lift together: where the first half does, it need not be asked again."""
LIKELY_DIFFERENCES = (
    *("credential", "carrier", "origin", "subprotocols", "headers", "query", "path", "host_header", "host", "client_header"),
)
"""Which differences to a handshake that works matter most often."""

SEVERAL_CARRIERS = "carriers"
"""Not one factor, but several carriers at once."""
_NAMED = {
    *(*OF_A_TOKEN, *OF_ANOTHER_LOGIN, *OF_CONDUCT, *OF_THE_CONNECTION, *OF_A_USER, *LEADS_PAST_A_CHECK, *MAY_BE_SWITCHED_OFF),
    *(*LEADS_PAST_THE_SIGNATURE, *WEIGHT, *LIKELY_ADDITIONS, *LIKELY_DIFFERENCES),
}
if _UNKNOWN := _NAMED - {*FACTORS, SEVERAL_CARRIERS}:
    raise LookupError(f"no factors of a handshake: {', '.join(sorted(_UNKNOWN))}")
