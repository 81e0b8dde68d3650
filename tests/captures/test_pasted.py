"""A command is read as it stands in terminals, chats, mails, scripts and on web pages, and again as it was copied."""

from __future__ import annotations

import pytest

from lib.captures.pasted import cleaned
from lib.captures.reading import read
from lib.parameters.errors import BadInput

T = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2ln"
U = "-H 'Upgrade: websocket'"
A = f"-H 'Authorization: Bearer {T}'"
URL = "https://a.example/ws"
PASTED = {
    "a key that another command makes": f'curl -i -N {U} {A} -H "Sec-WebSocket-Key: $(openssl rand -base64 16)" {URL}',
    "the same in backquotes": f'curl -i -N {U} {A} -H "Sec-WebSocket-Key: `openssl rand -base64 16`" {URL}',
    "a prompt": f"$ curl --include --no-buffer {U} {A} {URL} -v",
    "prompts of continued lines": f"user@h:~$ curl -i \\\n> {U} \\\n> {A} \\\n> {URL}",
    "typographic quotes and dashes": f"curl -i “{URL}” -H “Upgrade: websocket” –H “Authorization: Bearer {T}” —compressed",
    "single typographic quotes": f"curl ‘{URL}’ -H ‘Upgrade: websocket’ -H ‘Authorization: Bearer {T}’",
    "blanks that do not break": f'curl\u00a0-i {URL} {U} -H\u00a0"Authorization:\u00a0Bearer {T}"',
    "invisible characters": f"\u200bcurl {URL} {U} {A}\u200b",
    "blanks behind the backslash": f"curl '{URL}' \\ \n  {U} \\  \n  {A}",
    "lost backslashes": f"curl '{URL}'\n  {U}\n  {A}\n",
    "line ends of Windows": f"curl '{URL}' \\\r\n  {U} \\\r\n  {A}\r\n",
    "a fence": f"what I do:\n```bash\ncurl '{URL}' {U} {A}\n```\nand it fails",
    "code in a line": f"`curl '{URL}' {U} {A}`",
    "a mail's quotation": f"> curl '{URL}' \\\n>   {U} \\\n>   {A}",
    "pasted twice": f"curl '{URL}' {U} {A}\ncurl '{URL}' {U} {A}\n",
    "pasted twice into one line": f"curl '{URL}' {U} {A} curl '{URL}' {U} {A}",
    "a variable of its own": f'TOKEN={T}\ncurl {URL} {U} -H "Authorization: Bearer $TOKEN"',
    "an exported one": f'export TOKEN="{T}"; curl {URL} {U} -H "Authorization: Bearer ${{TOKEN}}"',
    "what curl -v prints": (
        f"* x\n> GET /ws HTTP/1.1\n> Host: a.example\n> Upgrade: websocket\n> Authorization: Bearer {T}\n>\n< HTTP/1.1 403"
    ),
    "npx": f'npx wscat -c "wss://a.example/ws" {A}',
    "an equals sign behind a letter": f'websocat -H="Authorization: Bearer {T}" wss://a.example/ws',
    "cmd": f'C:\\>curl ^"{URL}^" ^\r\n  -H ^"Upgrade: websocket^" ^\r\n  -H ^"Authorization: Bearer {T}^" ^\r\n  --insecure',
    "PowerShell": f'PS C:\\> curl.exe "{URL}" -H "Upgrade: websocket" `\n>> -H "Authorization: Bearer {T}"',
    "a trace": f"+ curl -sk {U} {A} {URL}",
    "Postman": f"curl --location '{URL}' \\\n--header 'Upgrade: websocket' \\\n--header 'Authorization: Bearer {T}'",
    "escaped quotes of bash": f"curl $'{URL}' -H $'Upgrade: websocket' -H $'Authorization: Bearer {T}'",
    "a pipe and redirections": f"timeout 5 curl -s {U} {A} {URL} 2>&1 | head -20",
    "kept in a variable": f'OUT="$(curl -s {U} {A} {URL})"',
    "comments": f"# mine\ncurl {U} \\\n  {A} \\\n  {URL} # all",
}


@pytest.mark.parametrize("text", PASTED.values(), ids=PASTED)
def test_each_way_to_paste_a_command_is_the_same_request(text: str) -> None:
    """Address, upgrade and credential are those of the command, once each."""
    found = read(text)
    assert (found.is_handshake, found.url.partition("://")[2]) == (True, "a.example/ws")
    assert [value for name, value in found.headers if name.lower() == "authorization"] == [f"Bearer {T}"]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (f'curl {URL} {U} -H "Authorization: Bearer $(gcloud auth print-access-token)"', "the header Authorization"),
        (f'curl "https://$(hostname)/ws" {U}', "its address"),
        (f'curl "https://$HOST/ws" {U}', "its address holds $HOST"),
        (f'curl {URL} {U} -b "sid=`cat sid`"', "the header Cookie"),
        (f'curl {URL} {U} -u "me:$(pass show x)"', "the header Authorization"),
    ],
)
def test_what_would_have_to_be_run_is_refused_where_it_matters(text: str, named: str) -> None:
    """Nothing is run; the place is named."""
    with pytest.raises(BadInput) as refusal:
        read(text)
    assert named in str(refusal.value)


def test_a_variable_that_is_set_anew_has_not_its_old_value() -> None:
    """What a command would print is not known: the variable stays one."""
    found = read(f'T=0ld-0123456789abc\nT=$(fresh)\ncurl {URL} {U} -H "Authorization: Bearer $T"')
    assert dict(found.headers)["Authorization"] != "Bearer 0ld-0123456789abc"


def test_what_needs_nothing_stays_as_it_is() -> None:
    """A redirection, a value with an apostrophe, a raw request."""
    for text in ("curl 'https://a.example/ws' -H 'X: it’s “so”' > out.txt", "GET /ws HTTP/1.1\nHost: a.example\nX: > y"):
        assert cleaned(text) == text
