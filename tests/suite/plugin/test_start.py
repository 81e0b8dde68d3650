"""pytest starts whatever files stand in the suite's folder."""

from __future__ import annotations


def test_the_standard_library_comes_before_files_of_its_names(run, tmp_path):
    """`logging.py`, `token.py` and `queue.py` beside the cases break neither pytest nor its plug-ins."""
    (tmp_path / "it").mkdir()
    for name in ("logging", "token", "queue"):
        (tmp_path / "it" / f"{name}.py").write_text("raise RuntimeError('this is not the standard library')\n")
    once = run("import logging, queue\ndef test_a(): assert logging.getLogger and queue.SimpleQueue")
    assert [case.outcome for case in once.cases.values()] == ["passed"]


def test_the_suites_folder_comes_first_for_its_cases(run, tmp_path):
    """A package of the suite's top that is named as one of the standard library's is the suite's, as under `python -m pytest`."""
    (tmp_path / "it" / "test").mkdir(parents=True)
    (tmp_path / "it" / "test" / "__init__.py").write_text("OWNER = 'the suite'\n")
    once = run("import sys, test\ndef test_a(): assert test.OWNER == 'the suite' and sys.argv[0].endswith('pytest/__main__.py')")
    assert [case.outcome for case in once.cases.values()] == ["passed"]
