"""All findings of a configuration."""

from __future__ import annotations

from pathlib import Path

from lib.configuration.findings.all import predictions
from lib.configuration.reading import read_path
from tests.configuration.samples import ASKED, PASSES, causes, knative, nginx


def test_the_plain_ones_first() -> None:
    """What is said of this very handshake comes before what may happen to one, from whatever file."""
    told = causes(a__conf=nginx(f"{PASSES} limit_conn perip 2;"), b__yaml=knative("ws").replace("name: http1", "name: h2c"))
    assert told == ["edge-blocks-upgrade", "connection-limit"]


def test_as_predictions(tmp_path: Path) -> None:
    """An export's age is how old the claim is; what was written by hand has none. What a file lists may be tried."""
    (tmp_path / "nginx.conf").write_text(nginx(f"{PASSES} deny all;"))
    (tmp_path / "ws.yaml").write_text(
        knative("ws").replace("https://app.staging.example,", "https://x.example,https://*.y.example,")
    )
    every = predictions(read_path(tmp_path, where="path"), ASKED)
    told = {one.source: one for one in every if one.speaks_for}
    assert {name: (one.kind, one.speaks_for, one.as_of is None) for name, one in told.items()} == {
        "nginx.conf": ("config", ("edge-policy",), True),
        "ws.yaml": ("config", ("origin-refused",), False),
    }
    assert [one.words for one in every if not one.speaks_for] == [
        "read: ws.yaml (cloud-run), nginx.conf (nginx): 3 routes and 1 service"
    ]
    assert told["ws.yaml"].tries == {"origins": ("https://x.example", "https://staging.example")}
