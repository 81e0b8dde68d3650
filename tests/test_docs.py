"""The documentation tells the truth: commands, verbs, options, paths, keys and links that it names exist."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from pathlib import Path

import pytest
import yaml

from lib.__main__ import VERBS, parser
from lib.figures.environment import leaves
from lib.figures.whys import VERDICTS
from lib.parameters.loading import ROOT, completed, read_yaml

README = ROOT / "README.md"
DOCS = [README, ROOT / "outputs" / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("*.md"))
GROUPS = set(read_yaml(ROOT / "params" / "base.yaml"))


def text_of(path: Path) -> str:
    """The document as it stands."""
    return path.read_text(encoding="utf-8")


def commands(path: Path) -> list[list[str]]:
    """Every command of our own in the document: the words behind `python -m lib`."""
    found = re.findall(r"python -m lib ((?:[^`\n#|<>]|(?<=PATH)\|)+)", text_of(path))
    return [shlex.split(line.replace("…", "")) for line in found if "VERB" not in line]


def parameter_keys() -> set[str]:
    """Every key of the parameters, groups included, and the keys of one load."""
    known = {key for key, _ in leaves(read_yaml(ROOT / "params" / "base.yaml"))}
    return known | {key.rpartition(".")[0] for key in known} | {"performance.load.users", "performance.load.workers"}


@pytest.mark.parametrize("path", DOCS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path):
    """Every relative link of a document is a file of the project."""
    targets = [target.partition("#")[0] for target in re.findall(r"\]\(([^)]+)\)", text_of(path))]
    missing = [target for target in targets if target and "://" not in target and not (path.parent / target).exists()]
    assert missing == []


@pytest.mark.parametrize("path", DOCS, ids=lambda path: str(path.relative_to(ROOT)))
def test_tests_that_are_named_exist(path):
    """Whoever says which test shows it names one that is there."""
    named = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", text_of(path))
    missing = [
        (file, test) for file, test in named
        if not (ROOT / file).is_file() or (test and not re.search(rf"def {test}\(", text_of(ROOT / file)))
    ]  # fmt: skip
    alone = [name for name in re.findall(r"`(test_\w+\.py)`", text_of(path)) if not any((ROOT / "tests").rglob(name))]
    assert missing + alone == []


def test_each_threat_names_a_test_of_its_own():
    """No line of the threat model points at a folder or a file as a whole."""
    rows = [line for line in text_of(ROOT / "docs" / "threat-model.md").splitlines() if line.startswith("|")][2:]
    assert len(rows) > 20
    assert [row for row in rows if not re.search(r"::test_\w+`\)? \|$", row)] == []


@pytest.mark.parametrize("path", DOCS, ids=lambda path: str(path.relative_to(ROOT)))
def test_commands_are_accepted_by_the_command_line(path):
    """Each `python -m lib …` that a document shows is one that the parser takes."""
    for words in commands(path):
        assert parser().parse_args(words).verb in VERBS


@pytest.mark.parametrize("path", DOCS, ids=lambda path: str(path.relative_to(ROOT)))
def test_parameter_keys_exist(path):
    """Each dotted key in code style that begins with a group of the parameters is one of them."""
    dotted = re.findall(r"`([a-z_]+\.[a-z_.]+)(?:[:`])", text_of(path)) + re.findall(r"-p ([a-z_]+\.[a-z_.]+) ", text_of(path))
    assert [key for key in dotted if key.split(".")[0] in GROUPS and key not in parameter_keys()] == []


@pytest.mark.parametrize("path", DOCS, ids=lambda path: str(path.relative_to(ROOT)))
def test_parameters_that_are_shown_are_accepted(path):
    """Each piece of YAML whose groups are ours can stand in a parameter file."""
    for text in re.findall(r"^```yaml\n(.*?)^```", text_of(path), re.MULTILINE | re.DOTALL):
        shown = yaml.safe_load(text)
        if set(shown) <= GROUPS:
            target = {"ws_url": "wss://api.staging.example/ws", "rest_url": "https://api.staging.example"}
            given = {"environment": "shown", **shown, "target": target | shown.get("target", {})}
            assert completed(given, path.name).environment == "shown"


@pytest.mark.parametrize("path", DOCS, ids=lambda path: str(path.relative_to(ROOT)))
def test_tasks_are_in_the_makefile(path):
    """Each `make TASK` is a task."""
    tasks = set(re.findall(r"^([a-z]+):", text_of(ROOT / "Makefile"), re.MULTILINE))
    assert set(re.findall(r"(?:`|^)make ([a-z]+)", text_of(path), re.MULTILINE)) <= tasks


@pytest.mark.parametrize("path", DOCS, ids=lambda path: str(path.relative_to(ROOT)))
def test_folders_and_files_exist(path):
    """Each path in code style that begins with a folder of ours is there, rounds and examples apart."""
    named = re.findall(r"`((?:params|notebooks|lib|tests|docs|bench)/[\w./-]*)`", text_of(path))
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_refused_certificates_are_told_in_the_words_of_the_document():
    """Each of the words by which docs/certificates.md tells them apart is one that a refusal is told in."""
    words = re.findall(r"^\| `([^`]+)` \|", text_of(ROOT / "docs" / "certificates.md"), re.MULTILINE)
    told = text_of(ROOT / "lib" / "clients" / "certificates.py")
    assert len(words) == 7
    assert [each for each in words if each not in told] == []


def test_the_readme_lists_every_verb_once():
    """The table of the command line has each verb, and no other."""
    table = text_of(README).partition("## The command line")[2].partition("## Map")[0]
    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == list(VERBS)


def test_the_readme_explains_every_verdict():
    """Whoever reads an answer finds its word in the table."""
    table = text_of(README).partition("## Reading the answer")[2].partition("## Your own")[0]
    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == list(VERDICTS)


def test_the_readme_gives_the_exit_statuses_of_the_command():
    """What the command's own help says stands in the README too."""
    said = re.findall(r"(\d+) ([a-z ]+?)(?:,|$)", parser().epilog.partition(": ")[2])
    assert len(said) == 5
    assert all(f"{number} {words}" in text_of(README) for number, words in said)


def test_the_readme_asks_what_the_notebooks_ask():
    """Each notebook's title stands beside its link."""
    rows = dict(re.findall(r"^\| \[([\w-]+)\]\(notebooks/[\w-]+\.ipynb\) \| (.+?) \|", text_of(README), re.MULTILINE))
    notebooks = sorted((ROOT / "notebooks").glob("*.ipynb"))
    titles = {
        path.stem: "".join(json.loads(text_of(path))["cells"][0]["source"]).splitlines()[0].removeprefix("# ")
        for path in notebooks
    }
    assert rows == titles


def test_the_readme_links_every_document():
    """Whoever begins at the README finds each page of docs/."""
    pages = {path.name for path in (ROOT / "docs").glob("*.md")}
    assert pages - set(re.findall(r"\(docs/([\w-]+\.md)\)", text_of(README))) == set()


def test_the_map_names_every_folder():
    """Each folder that is in git and holds something stands in the map, and so does each room of lib."""
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    folders = {name.split("/")[0] for name in tracked if "/" in name and not name.startswith(".")}
    map_ = text_of(README).partition("## Map")[2]
    assert {folder for folder in folders if f"\n{folder}/" not in map_} == set()
    rooms = {name.split("/")[1].removesuffix(".py") for name in tracked if name.startswith("lib/") and "/__" not in name[:6]}
    assert {room for room in rooms if not re.search(rf"^  .*\b{room}\b", map_, re.MULTILINE)} == set()


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.stem)
def test_a_decision_is_short_and_can_be_reversed(path):
    """At most 25 lines: context, decision, cost, what would reverse it."""
    text = text_of(path)
    assert len(text.splitlines()) <= 25
    assert re.fullmatch(r"\d{4}-[a-z0-9-]+", path.stem)
    assert [part for part in ("Context.", "Decision.", "Cost.", "What would reverse it.") if f"**{part}**" not in text] == []
