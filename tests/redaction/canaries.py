"""Made-up credentials of many kinds, as providers issue and servers write them; the spellings in which they come back."""

from __future__ import annotations

import base64
import html
import json
import random
import re
from collections.abc import Callable, Mapping
from urllib.parse import quote

UPPER, LOWER, DIGITS, HEX = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz", "0123456789", "0123456789abcdef"
ALNUM, BASE32 = UPPER + LOWER + DIGITS, UPPER + "234567"
URLSAFE = ALNUM + "-_"

BY_SHAPE: dict[str, list[tuple[str, int] | str]] = {
    "aws key id": ["AKIA", (BASE32, 16)],
    "aws temporary key id": ["ASIA", (BASE32, 16)],
    "github personal": ["ghp_", (ALNUM, 36)],
    "github app": ["ghs_", (ALNUM, 36)],
    "github fine-grained": ["github_pat_", (ALNUM, 22), "_", (ALNUM, 59)],
    "gitlab personal": ["glpat-", (ALNUM, 20)],
    "gitlab deploy": ["gldt-", (ALNUM, 20)],
    "gitlab runner": ["glrt-", (ALNUM, 20)],
    "slack bot": ["xoxb-", (DIGITS, 12), "-", (DIGITS, 12), "-", (ALNUM, 24)],
    "slack user": ["xoxp-", (DIGITS, 12), "-", (DIGITS, 12), "-", (DIGITS, 12), "-", (HEX, 32)],
    "slack app": ["xapp-1-A", (UPPER + DIGITS, 10), "-", (DIGITS, 13), "-", (HEX, 64)],
    "slack webhook": ["https://hooks.slack.com/services/T", (UPPER + DIGITS, 8), "/B", (UPPER + DIGITS, 8), "/", (ALNUM, 24)],
    "discord webhook": ["https://discord.com/api/webhooks/", (DIGITS, 18), "/", (URLSAFE, 68)],
    "telegram bot": ["1", (DIGITS, 9), ":AA", (URLSAFE, 33)],
    "stripe live": ["sk_live_", (ALNUM, 24)],
    "stripe restricted": ["rk_live_", (ALNUM, 24)],
    "stripe webhook": ["whsec_", (ALNUM, 32)],
    "google api": ["AIza", (URLSAFE, 35)],
    "google oauth": ["ya29.a0A", (URLSAFE, 60)],
    "google client secret": ["GOCSPX-", (URLSAFE, 28)],
    "openai project": ["sk-proj-", (ALNUM, 48)],
    "openai old": ["sk-", (ALNUM, 48)],
    "anthropic": ["sk-ant-api03-", (URLSAFE, 93), "AA"],
    "groq": ["gsk_", (ALNUM, 52)],
    "hugging face": ["hf_", (ALNUM, 34)],
    "replicate": ["r8_", (ALNUM, 37)],
    "npm": ["npm_", (ALNUM, 36)],
    "pypi": ["pypi-AgEIcHlwaS5vcmc", (URLSAFE, 60)],
    "rubygems": ["rubygems_", (HEX, 48)],
    "docker hub": ["dckr_pat_", (URLSAFE, 27)],
    "sendgrid": ["SG.", (URLSAFE, 22), ".", (URLSAFE, 43)],
    "sendinblue": ["xkeysib-", (HEX, 64), "-", (ALNUM, 16)],
    "mailgun": ["key-", (HEX, 32)],
    "mailchimp": [(HEX, 32), "-us14"],
    "twilio": ["SK", (HEX, 32)],
    "shopify": ["shpat_", (HEX, 32)],
    "square": ["sq0atp-", (URLSAFE, 22)],
    "digitalocean": ["dop_v1_", (HEX, 64)],
    "heroku": ["HRKU-AA", (URLSAFE, 58)],
    "databricks": ["dapi", (HEX, 32)],
    "dynatrace": ["dt0c01.", (UPPER + DIGITS, 24), ".", (UPPER + DIGITS, 64)],
    "new relic": ["NRAK-", (UPPER + DIGITS, 27)],
    "grafana": ["glsa_", (ALNUM, 32), "_", (HEX, 8)],
    "sentry": ["sntryu_", (HEX, 64)],
    "postman": ["PMAK-", (HEX, 24), "-", (HEX, 34)],
    "vault": ["hvs.CAES", (URLSAFE, 90)],
    "terraform": [(ALNUM, 14), ".atlasv1.", (ALNUM, 67)],
    "pulumi": ["pul-", (HEX, 40)],
    "doppler": ["dp.pt.", (ALNUM, 43)],
    "1password": ["ops_eyJ", (ALNUM, 250)],
    "age": ["AGE-SECRET-KEY-1", (UPPER + DIGITS, 58)],
    "atlassian": ["ATATT3xFfGF0", (URLSAFE, 60)],
    "linear": ["lin_api_", (ALNUM, 40)],
    "notion": ["ntn_", (ALNUM, 46)],
    "airtable": ["pat", (ALNUM, 14), ".", (HEX, 64)],
    "hubspot": ["pat-na1-", (HEX, 8), "-", (HEX, 4), "-", (HEX, 4), "-", (HEX, 4), "-", (HEX, 12)],
    "azure client": [(ALNUM, 3), "8Q~", (ALNUM, 34)],
    "azure storage": ["DefaultEndpointsProtocol=https;AccountName=acct;AccountKey=", (ALNUM + "+/", 86), "=="],
    "alibaba": ["LTAI", (ALNUM, 20)],
    "supabase": ["sbp_", (HEX, 40)],
    "planetscale": ["pscale_tkn_", (URLSAFE, 43)],
    "fly.io": ["fo1_", (URLSAFE, 43)],
    "jwt": ["eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ", (ALNUM, 30), ".", (URLSAFE, 43)],
}  # fmt: skip
"""What each is made of: fixed letters, and so many of an alphabet."""

BY_NAME = {
    "json password": '{{"password": "{}"}}',
    "json in json": '{{"body": "{{\\"client_secret\\": \\"{}\\"}}"}}',
    "yaml": "db:\n  password: {}\n",
    "env line": "export DB_PASSWORD={}",
    "query token": "GET /ws?v=2&token={}&x=1",
    "query code": "Location: https://app.example/cb?code={}&state=s",
    "query key": "/maps?key={}",
    "prose": "login failed: password {} was wrong",
    "x-api-key": "x-api-key: {}",
    "bypass header": "X-E2E-Bypass-Key: {}",
    "bearer": "Authorization: Bearer {}",
    "cookie": "Cookie: theme=dark; sid={}",
    "set-cookie": "Set-Cookie: sid={}; Path=/; HttpOnly",
    "userinfo": "postgres://app:{}@db.internal:5432/app",
    "aws secret": "AWS_SECRET_ACCESS_KEY={}",
    "python repr": "Settings(jwt_secret='{}', debug=False)",
    "asgi headers": "(b'x-api-key', b'{}')",
    "xml": "<password>{}</password>",
    "option": "curl --token {} https://x.example",
    "account key": "AccountName=a;AccountKey={};EndpointSuffix=core.windows.net",
    "refresh token": '"refresh_token":"{}"',
    "named pair": '{{"name": "JWT_SECRET", "value": "{}"}}',
}
"""How a credential without a shape is written, where only the words before it tell."""


def made(seed: int = 20, kinds: Mapping[str, list[tuple[str, int] | str]] = BY_SHAPE) -> dict[str, str]:
    """One credential of each kind, the same for the same seed."""
    chance = random.Random(seed)
    return {
        kind: "".join(part if isinstance(part, str) else "".join(chance.choices(part[0], k=part[1])) for part in parts)
        for kind, parts in kinds.items()
    }


def opaque(chance: random.Random, length: int = 20) -> str:
    """A credential of no shape, with letters and digits."""
    return "k7" + "".join(chance.choices(ALNUM, k=length - 2))


def _broken(text: str) -> str:
    return f"{text[:7]}\x1b[31m{text[7:9]}\u200b{text[9:]}\x1b[0m"


SPELLINGS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "percent": lambda text: "".join(f"%{byte:02X}" for byte in text.encode()),
    "percent twice": lambda text: quote(quote(f"={text}", safe=""), safe="").replace("-", "%252D").replace("_", "%255f"),
    "unicode escapes": lambda text: "".join(f"\\u{ord(letter):04x}" for letter in text),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64, one off": lambda text: base64.urlsafe_b64encode(f"u {text} x".encode()).decode().rstrip("="),
    "base64, two off": lambda text: base64.b64encode(f"us {text}".encode()).decode(),
    "base32": lambda text: base64.b32encode(text.encode()).decode(),
    "hex": lambda text: text.encode().hex(),
    "entities": lambda text: "".join(f"&#x{ord(letter):x};" if n % 3 else f"&#{ord(letter)};" for n, letter in enumerate(text)),
    "json escapes": lambda text: (
        json.dumps(json.dumps(text))[3:-3].replace("/", "\\/").replace("-", "\\u002D").replace("+", "\\u002B")
    ),
    "broken": _broken,
    "broken, escaped": lambda text: _broken(text).encode("unicode_escape").decode(),
    "markdown": lambda text: re.sub(r"([\\\\`*_{}\[\]()#+!|~$<>&])", r"\\\1", text),
    "html": lambda text: html.escape(f'<b title="{text}">'),
}
"""How an echo may spell what it repeats."""
