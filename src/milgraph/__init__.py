"""milgraph: military activities and actors as a graph in which every fact has a source."""

from typing import TYPE_CHECKING

__all__ = ["KnowledgeGraph"]

if TYPE_CHECKING:
    from milgraph.python import KnowledgeGraph
else:

    def __getattr__(name: str) -> object:
        """Import what is asked for: the commands need none of it, and start sooner."""
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from milgraph import python  # noqa: PLC0415 - by whoever asks for it

        return getattr(python, name)

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
