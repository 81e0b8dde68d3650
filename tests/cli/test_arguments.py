"""The arguments of the verbs, and how what is none of them is refused."""

from __future__ import annotations

import pytest

from lib.cli.arguments import parser

TOKEN = "hunter2-hunter2"
OF_WHYS = ("-f", "--token", "--request", "--working", "--for", "--json")
OF_ROUND = ("-f", "--out", "--only", "--skip", "--summary", "--after")
REFUSED = [
    (["why"], "VERB: found 'why'; accepted: round, suite"),
    ([], "VERB"),
    (["whys", "--tokn", TOKEN], "whys: there is no option '--tokn'; accepted: python -m lib whys"),
    (["whys", f"--tokn={TOKEN}"], "there is no option '--tokn'"),
    (["whys", "ws://a.example/", TOKEN], "whys: 1 more than it takes"),
    (["whys", "--number", "1"], "there is no option '--number'"),
    (["whys", "-f"], "-f: expected one argument"),
    (["retract", "1"], "CLAIM, --because"),
    (["round", "--until", "\x1b[2J"], r"--until: found '\x1b[2J'; accepted: healthy"),
    (["whys", "-f", "a.yaml", "-f", "b.yaml"], "-f: it is given twice"),
    (["verify", "x" * 300], "DIR: the path 'xxx"),
    (["compare", "1", "/" + "a/" * 3000], "ROUND: the path"),
    *((["round", "--number", text], "--number: found") for text in ("", "x", "1.5", "٣", "²", " 1", "1_0", "0x1", "9" * 5000)),
    *(
        (["whys", option, ""], f"{option}: it is empty")
        for option in ("-f", "--token", "--request", "--working", "--for", "--json")
    ),
    *(
        (["round", option, ""], f"{option}: it is empty")
        for option in ("-f", "--out", "--only", "--skip", "--summary", "--after")
    ),
    *(([verb, ""], "it is empty") for verb in ("whys", "verify")),
    (["whys", "-p", "token.secret", ""], "-p: KEY or VALUE is empty"),
]


@pytest.mark.parametrize(("arguments", "named"), REFUSED)
def test_what_is_no_argument_is_refused_in_one_sentence(
    arguments: list[str], named: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """What, where, what would be accepted; nothing is repeated that may be a secret in the wrong place, nor at length."""
    with pytest.raises(SystemExit) as ended:
        parser().parse_args(arguments)
    out, said = capsys.readouterr()
    assert (ended.value.code, out, said.count("\n")) == (2, "", 1)
    assert said.startswith("bad input: ")
    assert "; accepted: " in said
    assert named in said
    assert TOKEN not in said
    assert len(said) < 1500


def test_of_an_option_that_comes_twice_the_later_counts() -> None:
    """As everywhere, so that `make loop ARGS='--max 2'` is obeyed."""
    given = parser().parse_args(["round", "--max", "3", "--out", "a", "--max", "2", "--out", "b"])
    assert (given.max, given.out) == (2, "b")


def test_repeated_options_that_are_lists_add_up() -> None:
    """Files of a round, overrides and notebooks are meant to come more than once; later overrides win."""
    line = "round -f a -f b -p x 1 -p x 2 --only 01 --only 02 --out outputs"
    given = parser().parse_args(line.split(" "))
    assert (given.files, given.overrides, given.only) == (["a", "b"], [["x", "1"], ["x", "2"]], ["01", "02"])
