"""Programs that run for us trust the target's private authority beside those that they would trust anyway."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from lib.environment.authorities import trusting
from lib.parameters.model import TlsSettings
from tests.pki import Pki

COUNT = "import ssl; print([one['subject'][-1][0][1] for one in ssl.create_default_context().get_ca_certs()])"


def test_a_child_trusts_the_private_authority_and_the_usual_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A Python that knows nothing of us finds both among its authorities, and nothing is left afterwards."""
    ours, usual = Pki(tmp_path), Pki(tmp_path, "Usual")
    usual_root = usual.sign("Usual Root", None, is_authority=True)
    monkeypatch.setenv("SSL_CERT_FILE", str(usual_root.certificate))
    with trusting(TlsSettings(ca=f"file:{ours.root.certificate}", certificate=None, key=None, verify=True)) as variables:
        said = subprocess.run(
            [sys.executable, "-c", COUNT], env=os.environ | variables, capture_output=True, text=True, timeout=30
        )
        assert ast.literal_eval(said.stdout) == ["Example Root", "Usual Root"], said.stderr
        assert len(set(variables.values())) == 1
    assert not Path(variables["SSL_CERT_FILE"]).exists()


def test_without_a_private_authority_nothing_is_set():
    """What a program trusts is then its own affair."""
    with trusting(TlsSettings(ca=None, certificate=None, key=None, verify=True)) as variables:
        assert variables == {}
