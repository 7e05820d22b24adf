"""Usage: what is wrong with the words of a command, told in ours."""

from typing import Any

import typer
from typer.core import TyperGroup

__all__ = ["Commands"]

# What the reader of arguments says, and how we say it.
_WORDING = (
    ("Value error, ", ""),
    ("Input should be a valid integer", "it is not a whole number"),
    ("Input should be a valid number", "it is not a number"),
    ("Input should be", "it should be"),
)
_REST = ", unable to parse"


class Commands(TyperGroup):
    """The commands; of a value that cannot be used is said what it should be."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that the arguments name."""
        try:
            return super().invoke(ctx)
        except typer.BadParameter as error:
            error.message = _worded(error.message)
            raise


def _worded(message: str) -> str:
    for theirs, ours in _WORDING:
        message = message.replace(theirs, ours)
    return message.partition(_REST)[0]
