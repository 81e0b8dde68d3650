"""Which names tell of a secret, and which values under such a name are one: words of status, references and versions are not."""

from __future__ import annotations

import re
from functools import lru_cache

PSEUDONYM = r"(?:secret:[0-9a-f]{8}|jwt:[0-9a-f]{8}(?: (?:sub|iss|exp)=[\w.@:/-]{0,64})*)"
_WHOLLY_PSEUDONYM = re.compile(rf"(?:(?:Bearer|Basic|Digest|JWT|Token)\s+)?(?:{PSEUDONYM}[+.,;]?)+", re.IGNORECASE)

HINTS = (
    r"token|jwt|secret|passw|passphrase|passcode|pwd|credential|authoriz|signature|cookie|"
    r"api.?key|access.?key|account.?key|private.?key|signing.?key|encryption.?key|master.?key|"
    r"shared.?key|session.?key|service.?key|bypass.?key|auth.?key|license.?key|subscription.?key|"
    r"functions.?key|storage.?key|deploy.?key|x-[a-z0-9-]*(?:key|verify)|_key|keytab|otp|mfa.?code|pin.?code|"
    r"webhook.?url|apikey|bearer|dsn|connection.?string|csrf|xsrf|session.?id|\bsid\b|\bauth\b|"
    r"recovery.?code|seed.?phrase|mnemonic|pepper|client.?key|_auth\b|fernet|sess(?:ion)?id|_session|salt\b|_pass\b|_pw\b"
    r"|totp|app.?key"
    r"|routing.?key|bypass|x-session|\bpin\b|_pin\b|application.?key|write.?key|crumb|\bpsk\b|pre.?shared.?key|pass.?phrase"
    r"|access.sign\b|hmac|saml.?(?:re|art)|remember.?me|oauth2_proxy|aspxauth|honeycomb-team"
)
"""Parts of names, for a search that lets most texts pass; `tells_secret` decides."""

_PACKAGE = re.compile(r"(?:python\d?|lib\w*|node|ruby|php|golang|perl|py\d*)-")
MAX_WORD = 200
"""A longer value is no word of a sentence."""

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_PASSWORDS = _words(
    """
    dbpassword mypassword otp passcode passphrase passwd password passwords passwort pin pwd userpassword
    """
)

_KEYS = _words(
    """
    access account admin aes api app application auth bypass client consumer decryption deploy encryption functions gpg
    anon fernet role hmac hub jwt license master preshared private publish root rsa sas secret service session shared signing ssh
    storage subscription write
    """
)

_TOKENS = _words(
    """
    aspxauth auth authorization bearer cookie cookies csrf csrftoken dsn jws jwt sessionid sid token tokens xsrf xsrftoken
    """
)

_SECRETS = _words(
    """
    accesskey accountkey apikey credential credentials keytab mnemonic pepper presharedkey psk secret secretkey secrets
    sharedaccesskey
    """
)

_AFTER = _words(
    """
    b64 backup base base64 bytes content current data default dev digest encoded for hash header hex hmac jwk key live main new
    next old override pem plain plaintext prev previous primary private prod production raw ref secondary stage staging string
    test text value
    """
)
"""Words after which a name still tells of the secret itself, as in JWT_SECRET_STAGING."""
_NO_SECRET = frozenset(
    {
        *("pyjwt", "tokenizer", "accesstokenurl", "public_key", "publickey", "primary_key", "foreign_key"),
        "edge-strips-credential",
    }
)
"""Names that tell of no secret; the last is a cause. Others that end so (bypass-key) may be the name of a header as well."""

STATUS = _words(
    """
    absent accepted allowed and any authorization bad basic bearer been blank bypassed can cannot change changed check checked
    cookie could created credential credentials deleted denied digest disabled do does empty enabled error exceeded exists expired
    asked expires failed failure false for forbidden found from generated good granted had has have header here hidden id
    ignored in inactive incorrect invalid is issued it jwt key length limit malformed masked match matched matches may
    mismatch missing must name needed never new no none not null of ok omitted on optional or parsed passed password
    present provided query received redacted refreshed refused rejected removed renewed required reset revoked rotated same
    secret sent set should signature skipped subprotocol succeeded success supplied test that the this to token too true type
    unauthorized undefined unknown unset unsupported unused updated used user valid validated value verified was were what
    wrong yes your
    """
)
_ALGORITHM = re.compile(
    r"(?:HS|RS|ES|PS)\d{3}K?|EdDSA|(?:hmac-?)?sha-?\d{1,3}(?:[-_/]\d+)?|md5|none|aes-?\d*(?:[-_]?\w{3})?|ed25519|x25519"
    r"|bcrypt|argon2\w{0,2}|scrypt"
    r"|rsa-?\w*|ecdsa-?[\w-]*|http/?\d|oauth2?|oidc|base64(?:url)?|utf-?8|p-?256|pbkdf2\w*|pkcs\d+|x509|v\d{1,2}|h2c?",
    re.IGNORECASE,
)
_REFERENCE = re.compile(
    r"(?:env|file|vault|secretmanager|arn|ref|op|gcp|aws|projects)[:/][\w./:@*#-]+"
    r"|\$\{?\{?(?:[\w. ?-]|:(?!-\w))*+\}{0,2}|\{\{?[^{}]*\}?\}?|<.*"
    r"|%[\w()]*s?|@\w+@|\*+|x{3,}|X{3,}|\.{2,}|…|\[[\w -]*\]|-+|\d+ (?:bytes|characters|chars)"
    r"|[\w.]*(?:env|environ|config|settings|secrets)[.\[][\w.\"'\]]*"
    r"|\$\(\$?\{?[\w./:}-]*\)?"
)
_VERSION = re.compile(r"[v^~=<>]*\d+(?:\.\d+)+(?:[-+.]?(?:a|b|rc|dev|post|alpha|beta|final|snapshot)[\w.]*)?", re.IGNORECASE)
_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)?(?:s|ms|m|h|d|k|kb|mb|%)?", re.IGNORECASE)
_PHRASE = re.compile(r"(?:[a-z]{2,20}|\d{1,4}|[a-z])(?:[-_.](?:[a-z]{2,20}|\d{1,4}|[a-z]))+")
_PATH = re.compile(
    r"(?:~|\.{1,2})?/[\w./@+ -]*|[A-Za-z]:[\\/].*"
    r"|[\w./-]+\.(?:pem|key|crt|cer|json|ya?ml|txt|p12|pfx|env|jks|py|js|ts|go|java|rb|rs|log)(?::\d+)?"
    r"|[\w./-]+\.(?:conf|cfg|cnf|ini|toml|xml|hcl|tf|inc|map|properties|template|tmpl|tpl|j2|htaccess):\d{1,6}"
)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d(?:[T ][\d:.]+(?:Z|[+-]\d\d:?\d\d)?)?|\d\d:\d\d:\d\d[\d.,]*")
_CREDENTIAL_LIKE = re.compile(r"[A-Za-z0-9+/=_.~%:-]{16,}")
_CLASS_NAME = re.compile(
    r"(?:[A-Z][a-z]+){2,}(?:Error|Exception|Token|Key|Secret|Provider|Service|Handler|Middleware|Factory|Manager)?"
)


@lru_cache(maxsize=8_192)
def tells_secret(name: str) -> str | None:
    """What a name tells of: `password`, `pin`, `pwd` (perhaps a folder), `secret`, `key`, `token`, `signature`; None: nothing."""
    if name.lower() in _NO_SECRET or len(name) > 256 or _PACKAGE.match(name):
        return None
    words = [word.lower() for word in _WORD.findall(name)]
    if words[-1:] == ["key"] and not _is_key(words) and (tells := _of_key(name, words)):
        return tells
    while words and (words[-1].isdigit() or (len(words) > 1 and words[-1] in _AFTER and not _is_key(words))):
        words.pop()
    if not words:
        return None
    last = words[-1]
    if last == "pwd":
        return "pwd"
    if last == "pin":
        return "pin" if len(words) == 1 or words[0] == "x" or words[-2] in _HOLDERS else None
    if last in _PASSWORDS or last.endswith(("password", "passwd", "passphrase", "passcode")) or words[-2:] == ["pass", "phrase"]:
        return "password"
    if (
        last in _SECRETS
        or (last.endswith("secret") and len(last) > 6)
        or last.endswith(("apikey", "secretkey", "accesskey", "privatekey", "appkey", "authkey", "masterkey", "signingkey"))
    ):
        return "secret"
    if _is_key(words):
        return "key"
    if tells := _opaque(words):
        return tells
    if last in _TOKENS or last.endswith(("token", "sessionid", "sessid")):
        return "token"
    if last in {"signature", "sig", "hmac", "crumb"} or tuple(words[-2:]) in _SIGNATURES or name.lower() == "private_key_id":
        return "signature"
    return "token" if " ".join(words[-2:]) in _PAIRS else None


def _opaque(words: list[str]) -> str | None:
    """Of names that tell of a secret only where the value looks made: `signature`, whose values must."""
    last, several = words[-1], len(words) > 1
    if (
        (last in {"pass", "pw", "session", "bypass", "verify"} and several)
        or last == "salt"
        or (last == "seed" and "totp" in words)
    ):
        return "signature" if last != "pw" and last != "pass" else "secret"
    return None


def _of_key(name: str, words: list[str]) -> str | None:
    if words[-2:-1] == ["routing"]:
        return "signature"
    return "key" if name.lower().startswith("x-") and _NO_KEYS.isdisjoint(words) else None


_PAIRS = frozenset({"webhook url", "connection string", "session id", "recovery code", "seed phrase", "mfa code"})
_HOLDERS = _words("access account admin card customer door login member reset security sim user")
"""Whose pin is a secret; one of a board is none."""
_SIGNATURES = frozenset(
    {
        ("access", "sign"), ("hmac", "sha"), ("saml", "response"), ("saml", "request"), ("saml", "art"), ("remember", "me"),
        ("2", "proxy"), ("honeycomb", "team"),
    }
)  # fmt: skip
"""The last two words of names whose values are credentials where they look made."""
_NO_KEYS = _words("idempotency cache partition correlation shard group letter request sort index")


def _is_key(words: list[str]) -> bool:
    return words[-1] == "key" and len(words) > 1 and (words[-2] in _KEYS or words[-2].endswith(("secret", "api", "jwt")))


def is_pseudonym(value: str) -> bool:
    """Whether a value is nothing but pseudonyms, as they stand in a text that was redacted before."""
    return _WHOLLY_PSEUDONYM.fullmatch(value) is not None


def is_secret(value: str, tells: str, *, loose: bool) -> bool:
    """Whether a value under a name that tells of such a secret is one. `loose`: it stands behind a colon, without quotes."""
    bare = value.strip().rstrip(".,;:!?")
    if (
        len(bare) < 2
        or is_pseudonym(value)
        or _REFERENCE.fullmatch(bare)
        or _VERSION.fullmatch(bare)
        or _ALGORITHM.fullmatch(bare)
    ):
        return False
    if all(word.lower() in STATUS for word in re.findall(r"[A-Za-z]+|[^A-Za-z\s_.,;:!?'-]", bare)):
        return False
    if tells == "pin":
        return bool(re.fullmatch(r"\d{4,12}", bare))
    if tells == "password" or (tells == "pwd" and not _PATH.fullmatch(bare)):
        return not (len(bare) < 4 and bare.isdigit())
    if _NUMBER.fullmatch(bare) and len(bare) < 12:
        return False
    if _MOMENT.fullmatch(bare) or _PATH.fullmatch(bare):
        return False
    if tells == "signature":
        return bool(_CREDENTIAL_LIKE.fullmatch(bare)) and is_made(bare)
    return not ((loose or tells == "token") and (is_phrase(bare) or (loose and _CLASS_NAME.fullmatch(bare))))


def is_made(value: str) -> bool:
    """Whether a value looks made by a machine: with digits or letters mixed by chance, and no words with marks between them."""
    return (any(map(str.isdigit, value)) or is_random(value)) and not is_phrase(value)


def turns(value: str) -> int:
    """How often small letters, capitals and digits take turns: all the time in what is made, seldom in words."""
    return len(re.findall(r"(?<=[a-z])[A-Z0-9]|(?<=[A-Z])[a-z0-9]|(?<=[0-9])[A-Za-z]", value))


def is_random(value: str) -> bool:
    """Whether letters are mixed as chance mixes them: many capitals among small ones, more than names of classes have."""
    letters = re.sub(r"[^A-Za-z]+", "", value)
    capitals, changes = sum(map(str.isupper, letters)), len(re.findall(r"(?<=[a-z])[A-Z]|(?<=[A-Z])[a-z]", letters))
    return len(letters) >= 12 and 0.36 <= capitals / len(letters) <= 0.8 and changes / len(letters) >= 0.28


def is_passphrase(value: str) -> bool:
    """Whether a value of several words is a secret and no sentence about one, which has the words of such sentences."""
    words = re.findall(r"[a-z]+", value.lower())
    return STATUS.isdisjoint(words) and len(words) <= 8 and not is_pseudonym(value)


def is_phrase(value: str) -> bool:
    """Whether a value is words with marks between them, such as revoked-by-admin-2026."""
    return bool(_PHRASE.fullmatch(value)) and len(re.findall(r"[a-z]{2,}", value)) > 1


def is_shown_in_prose(value: str, tells: str) -> bool:
    """Whether a word behind the name of a secret in a sentence is the secret: it must look like one, not like a word."""
    bare = value.rstrip(".,;:!?)")
    if (
        len(bare) < 6
        or not is_secret(bare, tells, loose=True)
        or _NUMBER.fullmatch(bare)
        or _MOMENT.fullmatch(bare)
        or _PATH.fullmatch(bare)
    ):
        return False
    if is_phrase(bare) or re.fullmatch(r"[A-Za-z]+(?:[-'][A-Za-z]+)*|[\w.-]+\(\)?|[\w-]+(?:\.[A-Za-z][\w-]*)+", bare):
        return False
    letters, digits = re.search(r"[A-Za-z]", bare), re.search(r"\d", bare)
    return bool(letters and (digits or re.search(r"[!@#$%^&*?]", bare)))
