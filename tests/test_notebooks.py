"""The committed notebooks keep the rules that make them readable: one question, prose first, short cells, no outputs."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import Any

import pytest

from lib.parameters.loading import ROOT

FOLDER = ROOT / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
EXAMPLES = sorted((ROOT / "examples").glob("*.ipynb"))
PARAMETERS = {"environment": "embedded", "round_number": 1, "overrides": {}}
ROUND = ["01-suite-run", "02-five-whys-403", "03-log-correlation", "04-performance", "05-round-report"]
MAX_CELLS, MAX_CODE_LINES, MAX_CELL_LINES, MAX_IMPORTS = 30, 60, 10, 5
WORDS_A_CODE_LINE, PROSE_FIRST = 8, 0.8


class Notebook:
    """One notebook, read as its file says it."""

    def __init__(self, path: Path):
        self.path = path
        self.document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        self.cells = [(cell["cell_type"], "".join(cell["source"])) for cell in self.document["cells"]]
        self.code = [source for kind, source in self.cells if kind == "code"]
        self.prose = [source for kind, source in self.cells if kind == "markdown"]
        self.trees = [ast.parse(source) for source in self.code]

    @property
    def code_lines(self) -> list[str]:
        """Every line of code that is not blank."""
        return [line for source in self.code for line in source.splitlines() if line.strip()]

    def nodes(self) -> list[ast.AST]:
        """Everything in the code."""
        return [node for tree in self.trees for node in ast.walk(tree)]


@pytest.fixture(params=[*NOTEBOOKS, *EXAMPLES], ids=lambda path: path.stem)
def notebook(request: pytest.FixtureRequest) -> Notebook:
    """Each notebook in turn."""
    return Notebook(request.param)


def test_the_round_has_its_five_notebooks():
    """The names are those that a record carries, without blanks, and nothing else lies in the folder."""
    assert [path.stem for path in NOTEBOOKS] == ROUND
    assert all(re.fullmatch(r"\d\d(-[a-z0-9]+){1,3}", path.stem) for path in NOTEBOOKS)


def test_the_title_is_one_question(notebook):
    """The first line is the only title, and it asks."""
    first = notebook.cells[0]
    titles = [line for source in notebook.prose for line in source.splitlines() if line.startswith("# ")]
    assert first[0] == "markdown"
    assert titles == [first[1].splitlines()[0]]
    assert titles[0].endswith("?")


def test_it_is_short(notebook):
    """Cells, code lines, and lines in a cell are bounded."""
    assert len(notebook.cells) <= MAX_CELLS
    assert len(notebook.code_lines) <= MAX_CODE_LINES
    assert max(len(source.splitlines()) for source in notebook.code) <= MAX_CELL_LINES


def test_the_code_defines_nothing_and_repeats_nothing(notebook):
    """No function, class, lambda or loop: that is what lib is for; no shell, no magic (they would not parse)."""
    forbidden = (
        ast.FunctionDef,
        ast.AsyncFunctionDef,
        ast.ClassDef,
        ast.Lambda,
        ast.For,
        ast.AsyncFor,
        ast.While,
        ast.comprehension,
        ast.Try,
    )
    assert [node for node in notebook.nodes() if isinstance(node, forbidden)] == []


def test_imports_are_few_and_our_own(notebook):
    """At most five, from lib and pandas."""
    imports = [node for node in notebook.nodes() if isinstance(node, (ast.Import, ast.ImportFrom))]
    modules = [node.module if isinstance(node, ast.ImportFrom) else alias.name for node in imports for alias in node.names]
    assert len(modules) <= MAX_IMPORTS
    assert {str(module).split(".")[0] for module in modules} <= {"lib", "pandas"}


def test_prose_outweighs_code_and_comes_first(notebook):
    """Eight words for each line of code, and most code cells stand directly under prose."""
    words = sum(len(source.split()) for source in notebook.prose)
    follows = [notebook.cells[place - 1][0] == "markdown" for place, (kind, _) in enumerate(notebook.cells) if kind == "code"]
    assert words >= WORDS_A_CODE_LINE * len(notebook.code_lines)
    assert sum(follows) / len(follows) >= PROSE_FIRST


def test_expectations_stand_above_the_run(notebook):
    """Something is predicted before anything is awaited or asked."""
    run = next(
        place for place, (kind, source) in enumerate(notebook.cells) if kind == "code" and re.search(r"= (await )?here\.", source)
    )
    before = " ".join(source for kind, source in notebook.cells[:run] if kind == "markdown").lower()
    assert "expect" in before or "predict" in before


def test_there_is_one_parameters_cell_with_the_three_literals(notebook):
    """The contract's three parameters with their defaults, nothing else in the cell, as the first code."""
    tagged = [cell for cell in notebook.document["cells"] if "parameters" in cell["metadata"].get("tags", [])]
    assert ["".join(cell["source"]) for cell in tagged] == [notebook.code[0]]
    given = {node.targets[0].id: ast.literal_eval(node.value) for node in notebook.trees[0].body}
    assert given == PARAMETERS


def test_the_second_code_cell_opens_the_environment(notebook):
    """It shows what the parameters resolved to."""
    assert "open_environment(environment, round_number, overrides)" in notebook.code[1]
    assert notebook.code[1].splitlines()[-1] == "show.opened(here)"


def test_it_is_committed_without_traces_of_a_run(notebook):
    """No outputs, counts or papermill's metadata; the kernel is the one that every machine has."""
    code = [cell for cell in notebook.document["cells"] if cell["cell_type"] == "code"]
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code)
    assert set(notebook.document["metadata"]) == {"kernelspec", "language_info"}
    assert notebook.document["metadata"]["kernelspec"] == {"display_name": "Python 3", "language": "python", "name": "python3"}
    assert {key for cell in notebook.document["cells"] for key in cell["metadata"]} <= {"tags"}


def test_it_is_a_valid_notebook(notebook):
    """The format's own schema accepts it, ids included."""
    import nbformat

    nbformat.validate(nbformat.from_dict(notebook.document))
    assert len({cell["id"] for cell in notebook.document["cells"]}) == len(notebook.document["cells"])


def test_what_it_shows_with_exists(notebook):
    """Every `show.name` is a function of the figures room that the notebook imports, and every `here.name` one of an
    investigation."""
    from importlib import import_module

    from lib.environment.investigation import Investigation

    room = re.search(r"from lib\.figures import (\w+) as show", notebook.code[1])
    offered = import_module(f"lib.figures.{room.group(1)}")
    used = [node for node in notebook.nodes() if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)]
    known = set(dir(Investigation)) | set(Investigation.__dataclass_fields__)
    assert [node.attr for node in used if node.value.id == "show" and not callable(getattr(offered, node.attr, None))] == []
    assert [node.attr for node in used if node.value.id == "here" and node.attr not in known] == []


def test_prose_claims_no_result(notebook):
    """Committed text survives the next round: it names no measured number, date or count of cases."""
    said = " ".join(notebook.prose)
    assert re.findall(r"\b\d+(?:\.\d+)? ?(?:ms|%|seconds)\b|\b20\d\d-\d\d-\d\d\b|\b\d+ (?:of|out of) \d+\b", said) == []
