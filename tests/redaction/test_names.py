"""Which names tell of a secret, and what is left alone."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from lib.redaction.names import tells_secret
from lib.redaction.redact import redact_text, redact_value

ORDINARY = """PyJWT: 2.1
{"PyJWT": "2.15.0"}
signature=HS256
token: revoked-by-admin-2026
pwd=/srv/app
tokenizer=fast
TOKENIZERS_PARALLELISM=false
"signature": "AssertionError:"
token=<Token object at 0x7f>
key=lambda x: x[1]
secret_name=projects/1/secrets/jwt/versions/3
primary_key=42
cache key: user:42:profile
git@github.com:org/repo.git ssh://git@github.com/x
commit e67b5da0f3b2c1d4e5f60718293a4b5c6d7e8f90
sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
request_id=9f86d081-884c-7d65-9a2f-eaa0c55ad015
password authentication failed for user "postgres"
npm_config_cache=/root/.npm npm_package_version=1.2.3 hf_hub_download failed
projects/netra-staging/logs/run.googleapis.com%2Fstderr
secret 'jwt-secret-staging' not found in Secret Manager
client_secret: null password=*** auth_token: $AUTH_TOKEN
def verify(token: str, key: str) -> bool:
jwt.decode(token, self.secret_key, algorithms=['HS256'])
install python3-jwt:all <none> 2.6.0-1
close code=4401 reason=token_expired ?code=1006
  edge-strips-credential: nginx.conf:4 says: the header authorization is removed
  edge-strips-credential: conf.d/ws.conf:4 and sites-enabled/default:4
bypass-key: default.conf:12 says so; the token: traefik.toml:8""".splitlines()


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_text_is_left_alone(text: str):
    """A false redaction destroys evidence."""
    assert redact_text(text, ["an-unrelated-secret"]) == text


def test_words_about_secrets_in_documents_stay():
    """Versions of libraries, algorithms and the signature of a failure are no secrets, whatever their key is called."""
    document = {"PyJWT": "2.15.0", "signature": "AssertionError:", "token": {"algorithm": "HS256"}, "tokens": 512, "key": "aud"}
    assert redact_value(document) == document


@pytest.mark.parametrize(
    "name", ["JWT_SECRET_STAGING", "accessToken", "x-e2e-bypass-key", "DB_PASSWORD_OLD", "dbpassword", "clientsecret"]
)
def test_names_of_secrets_tell(name: str):
    """In every style of writing names."""
    assert tells_secret(name)


def test_one_word_in_ten_thousand_of_real_logs_at_the_most():
    """Counted over the recorded logs of a service."""
    text = gzip.decompress((Path(__file__).parents[1] / "logs" / "cloud-run-503.json.gz").read_bytes()).decode()
    told = redact_text(text)
    assert told.count("secret:") - text.count("secret:") <= len(text.split()) / 10_000
