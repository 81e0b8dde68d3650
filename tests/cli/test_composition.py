"""Which parameters a command line stands for."""

from __future__ import annotations

from pathlib import Path

import pytest

from lib.__main__ import parser
from lib.cli.composition import composed, loaded
from lib.parameters.loading import BadInput, Parameters

FILE = "environment: mine\ntarget: {ws_url: ws://a.example/}\n"


def read(file: Path, *more: str) -> Parameters:
    """The parameters of `whys -f FILE …`."""
    given = parser().parse_args(["whys", "-f", str(file), *more])
    return composed(given, lambda line: None)


@pytest.mark.parametrize("key", ["token.command", "logs.command"])
def test_a_file_from_elsewhere_runs_nothing_here_unless_that_is_allowed(key: str, tmp_path: Path) -> None:
    """Whatever else is given beside it; a command on the command line is one's own."""
    group, _, name = key.partition(".")
    file = tmp_path / "theirs.yaml"
    file.write_text(f"{FILE}{group}: {{{name}: [rm, -rf, /]}}\n")
    for more in ([], ["ws://b.example/"], ["--token", "env:TOKEN"]):
        with pytest.raises(BadInput, match=rf"{key}.*outside the project.*--allow-commands"):
            read(file, *more)
    for more in (["--allow-commands"], ["-p", key, "[echo, mine]"]):
        assert getattr(getattr(read(file, *more), group), name)
    with pytest.raises(BadInput, match="outside the project"):
        loaded(parser().parse_args(["performance", "-f", str(file)]))


def test_a_captured_request_names_no_command(tmp_path: Path) -> None:
    """What was captured lies over the file group by group, and nothing in it can become a program to run."""
    captured = tmp_path / "request.txt"
    captured.write_text("curl 'http://a.example/ws?token.command=x' -H 'Token-Command: [rm, -rf, /]' -H 'Upgrade: websocket'")
    given = parser().parse_args(["whys", "--request", str(captured)])
    found = composed(given, lambda line: None)
    assert (found.token.command, found.logs.command, found.token.oauth2, found.token.login) == (None, None, None, None)


@pytest.mark.parametrize(
    ("more", "issued"),
    [([], "env:ADDRESS_TOKEN"), (["--token", "env:OTHER"], "env:OTHER"), (["-p", "token.issued", "env:A"], "env:A")],
)
def test_credentials_of_an_address_are_kept_in_memory(more: list[str], issued: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """`whys URL` with a token, a signature and a user in it: references in the parameters; a token given beside it is the one."""
    for name in ("ADDRESS_TOKEN", "ADDRESS_QUERY_SIG", "ADDRESS_QUERY_TICKET", "ADDRESS_AUTHORIZATION"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv(name, "")  # so that it is unset afterwards
    url = "wss://ada:sesame-0123@a.example/ws?v=2&ticket=0paque0123456789abc&sig=a%2Fb0123456789abcdef"
    found = composed(parser().parse_args(["whys", url, *more]), lambda line: None)
    assert (found.target.ws_url, found.token.issued) == ("wss://a.example/ws?v=2", issued)
    assert found.headers == {"Authorization": "env:ADDRESS_AUTHORIZATION"}
    assert found.target.query["sig"] == "env:ADDRESS_QUERY_SIG"
    assert not [secret for secret in ("sesame", "0paque", "b0123456789abc") if secret in found.model_dump_json()]


def test_an_address_that_cannot_be_read_is_refused_without_a_trace() -> None:
    """Brackets that do not close."""
    with pytest.raises(BadInput, match="an address such as"):
        composed(parser().parse_args(["whys", "ws://[::1/ws?token=0paque0123456789abc"]), lambda line: None)
