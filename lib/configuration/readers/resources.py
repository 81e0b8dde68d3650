"""One resource of Kubernetes, whoever defines its kind, and where something in it stands."""

from __future__ import annotations

from dataclasses import dataclass

from lib.configuration.located import Map, at, mapping
from lib.configuration.shape import Place


@dataclass(frozen=True)
class Resource:
    """One resource and the file that it stands in."""

    document: Map
    file: str

    @property
    def kind(self) -> str:
        """Its kind."""
        return str(self.document.get("kind", ""))

    @property
    def name(self) -> str:
        """Its name."""
        return str(at(self.document, "metadata", "name") or "")

    @property
    def namespace(self) -> str:
        """Its namespace, empty where none is told."""
        return str(at(self.document, "metadata", "namespace") or "")

    @property
    def annotations(self) -> Map:
        """Its annotations."""
        return mapping(self.document, "metadata", "annotations")

    def place(self, parent: Map, key: str | None = None, path: str = "") -> Place:
        """Where something in it stands."""
        return parent.place(self.file, key, path=f"{self.kind}/{self.name} {path}".strip())
