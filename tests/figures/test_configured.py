"""Notebook 02's section on what is configured: each prediction with what became of it."""

from __future__ import annotations

from typing import Any

import pytest

from lib.configuration.documents import Document
from lib.configuration.reading import read_documents
from lib.configuration.shape import Configuration, Source
from lib.figures.configured import configured
from lib.parameters import loading as params
from tests.configuration.samples import knative

PARAMETERS = params.load("embedded", {"target.rest_url": "http://127.0.0.1:1", "target.ws_url": "ws://127.0.0.1:1/ws"})
BESIDE: dict[str, Any] = {"causes": [], "candidates": [], "excluded": [], "leads": []}


def shown(configuration: Configuration | None = None, **changes: Any) -> Any:
    """The section of a diagnosis in which a file speaks for one cause, and another is merely read."""
    seen = [
        {"id": "c1", "kind": "config", "factors": {"place": "nginx.conf"}, "body_excerpt": "nginx: 2 routes"},
        {
            "id": "c2",
            "kind": "config",
            "factors": {"place": "nginx.conf:4", "speaks for": ["edge-policy"]},
            "body_excerpt": "deny all",
        },
    ]
    document = {"observations": seen, **BESIDE, **changes}
    return configured(document, configuration or Configuration(sources=(Source("nginx.conf", "nginx"),)), PARAMETERS).parts


@pytest.mark.parametrize(
    ("changes", "became"),
    [
        ({"causes": [{"id": "edge-policy", "strength": "stated", "evidence": ["h1", "c2"]}]}, "yes: stated [h1, c2]"),
        ({"candidates": ["edge-policy"]}, "left open by the handshakes"),
        ({"excluded": [{"id": "edge-policy", "by": ["h3"]}]}, "not this handshake [h3]"),
        (
            {"excluded": [{"id": "edge-policy", "by": ["h3"]}], "leads": [{"id": None, "because": "", "evidence": ["c2", "h3"]}]},
            "no [h3]: is this the deployed revision?",
        ),
        ({}, "not told by the handshakes of this run"),
    ],
)
def test_what_became_of_a_prediction(changes: dict[str, Any], became: str) -> None:
    """A finding is shown beside what the handshakes made of its cause; what merely was read is no finding."""
    assert [(row["id"], row["place"], row["became"]) for row in shown(**changes)[0].rows] == [("c2", "nginx.conf:4", became)]


def test_what_was_read_and_what_was_not() -> None:
    """Sources, what was not understood, and what was refused are told, and the two services stand side by side."""
    texts = {"rest.yaml": knative("rest"), "ws.yaml": knative("ws", "9"), "notes": "no: [configuration"}
    read = read_documents([Document(name, text) for name, text in texts.items()])
    said = "\n".join(map(repr, shown(read)))
    assert "secret JWT_SECRET" in said
    assert "Alike, or told of one alone: " in said
    assert "Read: rest.yaml (cloud-run, read just now), ws.yaml (cloud-run, read just now)." in said
    assert "a file of no known format" in said


def test_nothing_gathered() -> None:
    """Without a source it says that nothing is known, and not that nothing is wrong."""
    parameters = params.load("embedded", {"evidence": {"configuration": []}})
    assert "Not gathered" in repr(configured({}, Configuration(), parameters))


def test_a_prediction_has_what_it_expects_and_what_shows_it() -> None:
    """Beside the place stand the cause with what is seen if it is so, and what to set to see it."""
    factors = {"place": "a:1", "speaks for": ["idle-closed"], "expects": "it ends after 30 s", "probe": "target.idle_s: 35"}
    seen = {"id": "c1", "kind": "config", "factors": factors, "body_excerpt": "proxy_read_timeout 30s"}
    (row,) = shown(observations=[seen])[0].rows
    assert (row["predicts"], row["probe"]) == ("idle-closed: it ends after 30 s", "target.idle_s: 35")


def test_where_nothing_could_be_read_nothing_is_said_of_it() -> None:
    """A file of no known format is named, and no table claims that nothing in it speaks against the handshake."""
    said = repr(shown(Configuration(refused=("notes.txt holds no configuration that is understood",))))
    assert "Nothing could be read." in said
    assert "notes.txt" in said
    assert "speaks against" not in said
