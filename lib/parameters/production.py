"""Which names of hosts look like production, however they are written: a test's credential must not end there unmeant.

A name is read as its reader sees it: punycode decoded, wide and styled letters resolved, marks and invisible characters left
out, and letters of other scripts that look like Latin ones taken for them (Unicode TS 39, the letters of our words alone).
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections.abc import Collection
from itertools import pairwise

MAX_LABEL = 63
"""No resolver takes a longer one."""
_LOOK_ALIKE = {
    "p": "ρрᏢᑭⲣꓑ",
    "r": "ʀгᎡᎱᏒᖇᴦⲅꓣꭇꭈɾ",
    "o": "οσоօ०০੦૦௦౦೦൦๐໐ဝ၀ᴏᴑⲟⵔ〇ꓳøө",
    "d": "ԁᎠᏧᑯᗞᗪꓒꓓđɗᴅ",
    "u": "ʋυսሀᑌᴜꓴꞟцив",
    "c": "ϲсᏟᴄⲥꓚ",
    "t": "τтᎢⲧꓔᴛŧ",
    "i": "lıɩɪιіӏᎥꙇłǀᛁⲓⵏꓡᏞᒪ",
    "n": "νոռⲛꓠпηɴ",
    "v": "ѵνᏙᐯᴠⴸꓦꛟ",
    "e": "εеҽᎬⴹꓰᴇєɛ",
    "k": "κкᏦⲕꓗ",
}
"""What looks like each letter of our words; i stands for l too, as either is written for the other."""
_FOLDED = {ord(sign): letter for letter, signs in _LOOK_ALIKE.items() for sign in signs}
_WORDS = ("production", "produktion", "produccion", "produzione", "prod", "prd")
_REGION = r"(?:eu|us|uk|de|fr|ap|au|ca|in|jp|sg|br|za|asia|emea|apac|global|east|west|north|south|central|blue|green)"
_PRODUCTION = re.compile(rf"\d*([a-z]*?)(?:{'|'.join(_WORDS)}){_REGION}?\d*[a-d]?".replace("l", "i"))
_LIVE = re.compile(rf"(?:.*-)?live\d*(?:-(?:{_REGION}?\d*|[a-d]))*".replace("l", "i"))
"""Words such as live-chat or delivery name a service, not where it runs."""
_OTHERWISE = frozenset({"non", "not", "no", "pre", "pred"})
"""Before the word they say that it is not production: non-prod, preprod, predprod (предпрод)."""
_WORDS_OF_THEIR_OWN = frozenset({"re", "co", "over", "under", "post", "n", "no", "not"})
"""reproduction, coproduction: what no environment is called; nprd, noprod: what is none (casinoprod is one)."""


def unnamed_production(host: str, named: Collection[str]) -> str:
    """Why nothing goes to a host that looks like production (by a label of its name) and is not named; else empty."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        labels = () if host.lower().rstrip(".") in named else host.split(".")
        found = any(_is_production(as_seen(label)) for label in labels)
        return "looks like production; name it in target.allow_hosts if that is meant" if found else ""
    return ""


def as_seen(label: str) -> str:
    """A label of a name in the letters that its reader sees, l as i; what looks like none of ours is `?`."""
    text = label[:MAX_LABEL].lower()
    if text.startswith("xn--"):
        try:
            text = text[4:].encode("ascii").decode("punycode")
        except UnicodeError:
            return text
    text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    text = "".join(sign for sign in text if unicodedata.category(sign) not in ("Mn", "Me", "Cf")).translate(_FOLDED)
    text = "".join(sign if sign.isascii() else "?" for sign in text).replace("_", "-")
    return re.sub(r"(?<=[a-z])[01](?=[a-z])", lambda digit: "oi"[int(digit[0])], text)


def _is_production(label: str) -> bool:
    parts = ["", *label.split("-")]
    if any(_names_production(part) for before, part in pairwise(parts) if before not in _OTHERWISE):
        return True
    return bool(_LIVE.fullmatch(label)) and not any(part in _OTHERWISE for part in parts)


def _names_production(part: str) -> bool:
    found = _PRODUCTION.fullmatch(_completed(part))
    if found is None:
        return False
    before = found[1]
    return before not in _WORDS_OF_THEIR_OWN and not before.endswith(tuple(_OTHERWISE - {"no", "not"}))


def _completed(part: str) -> str:
    """A part that mixes Latin letters with others, as the one of our words that the Latin ones fit."""
    letters = part.strip("0123456789")
    if "?" not in letters or not re.search("[a-z]", letters):
        return part
    fits = re.compile(re.escape(letters).replace(r"\?", "[a-z]"))
    return next((word for word in (*_WORDS, "live") if fits.fullmatch(word.replace("l", "i"))), part)
