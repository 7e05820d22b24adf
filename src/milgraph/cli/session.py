"""Session: what one run of the program was told, and how it speaks to its user."""

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from milgraph.settings import Settings

if TYPE_CHECKING:
    from milgraph.history import Author
    from milgraph.knowledge_graph import KnowledgeGraph
    from milgraph.validation import Engine, Shapes

__all__ = ["Session", "session_of"]

_WIDTH = 100


@dataclass(frozen=True, slots=True)
class Session:
    """The options that every command has."""

    data: Path | None = None
    debug: bool = False

    def settings(self, data: Path | None = None, **given: object) -> Settings:
        """Return the settings: options first, then the environment, then defaults.

        Raises:
            SettingsError: a variable that is not a setting, or a wrong value.
        """
        return Settings.from_environ(os.environ, data=data or self.data, **given)

    @contextmanager
    def graph(
        self,
        data: Path | None = None,
        *,
        engine: "Callable[[Shapes], Engine] | None" = None,
    ) -> Iterator["KnowledgeGraph"]:
        """Give the graph, with a progress bar for what takes long."""
        # Commands that only print their help need not wait for this import.
        from milgraph.knowledge_graph import KnowledgeGraph
        from milgraph.validation import turbo_engine

        settings = self.settings(data)
        with progress_bar() as progress:
            yield KnowledgeGraph(
                settings,
                progress=progress,
                told=self.note,
                engine=engine or turbo_engine,
            )

    def author(self, door: str, reason: str = "") -> "Author":
        """Return whoever runs the program, who is an admin of a graph of their own."""
        from milgraph.doors import login_author

        return login_author(door, reason)

    def write(self, content: bytes) -> None:
        """Write the bytes to standard output as they are."""
        sys.stdout.flush()
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()

    def say(self, text: str = "") -> None:
        """Print what was asked for."""
        typer.echo(text)

    def note(self, text: str) -> None:
        """Print what is not part of the answer."""
        typer.echo(text, err=True)

    def say_json(self, value: object) -> None:
        """Print the value as JSON."""
        typer.echo(json.dumps(value, ensure_ascii=False, indent=2))

    @property
    def width(self) -> int:
        """The width of running text."""
        return min(_WIDTH, shutil.get_terminal_size((_WIDTH, 24)).columns)


def session_of(context: typer.Context) -> Session:
    """Return the session that the command runs in."""
    found = context.find_object(Session)
    return found or Session()


@contextmanager
def progress_bar() -> Iterator[Callable[[str, float], None]]:
    """Give a function that shows how far the work is, on a terminal only."""
    if not sys.stderr.isatty():
        yield lambda _step, _share: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    columns = (BarColumn(), TextColumn("{task.description}"))
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=1.0, visible=False)

        def show(step: str, share: float) -> None:
            bar.update(task, description=step, completed=share, visible=True)

        yield show
