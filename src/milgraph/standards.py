"""Standards: what every change is held to, compiled once."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from milgraph.ontology import Axioms
from milgraph.terms import Triple
from milgraph.validation import Dependencies, Engine, Shapes

__all__ = ["Standards"]

_DEPENDENCIES = "dependencies.json"


@dataclass(frozen=True, slots=True)
class Standards:
    """The rules by which something follows, and the shapes that must be satisfied."""

    axioms: Axioms
    shapes: Shapes
    engine: Engine
    dependencies: Dependencies

    @classmethod
    def of(
        cls,
        ontology: Iterable[Triple],
        shapes: Shapes,
        engine: Callable[[Shapes], Engine],
        *,
        folder: Path | None = None,
    ) -> "Standards":
        """Return the standards of an ontology and its shapes.

        What takes long to find out of the shapes is kept in the folder.

        Raises:
            UnsupportedAxiomError: an axiom that the rules do not cover.
        """
        axioms = Axioms.of(ontology)
        file = folder / _DEPENDENCIES if folder else None
        dependencies = Dependencies.of(shapes, file=file)
        return cls(axioms, shapes, engine(shapes), dependencies)
