"""Questions: a stored query, a file or a text, with the terms of its parameters."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from milgraph.errors import ParameterError, SourceError
from milgraph.python.values import term_of, text_of
from milgraph.queries import Catalogue, StoredQuery
from milgraph.resources import Resources
from milgraph.sparql import MAXIMUM_LENGTH
from milgraph.terms import Term

__all__ = ["Question", "found_question", "question_of"]

_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*", re.ASCII)
# A character of UTF-8 has at most four bytes.
_MAXIMUM_BYTES = 4 * MAXIMUM_LENGTH


@dataclass(frozen=True, slots=True)
class Question:
    """A query, and the terms that its variables are bound to."""

    text: str
    bindings: Mapping[str, Term]


def question_of(
    query: str | Path, parameters: Mapping[str, object], resources: Resources
) -> Question:
    """Return the question that a name, a file or a text stands for.

    Raises:
        UnknownQueryError: there is no stored query of that name.
        ParameterError: a parameter that the query does not have, or of another type.
        SourceError: the file cannot be read.
    """
    if isinstance(query, Path):
        query = _read(query)
    elif _NAME.fullmatch(query):
        stored = Catalogue.of(resources.queries).get(query)
        return _stored(stored, parameters)
    return Question(query, {name: term_of(v) for name, v in parameters.items()})


def found_question(
    query: str, parameters: Mapping[str, object], resources: Resources
) -> Question | None:
    """Return the question that a name or a text stands for, if it is either."""
    if "{" in query:
        return question_of(query, parameters, resources)
    stored = Catalogue.of(resources.queries).queries.get(query)
    if stored is None:
        if parameters:
            raise ParameterError(f"{query!r} is no query, and has no parameters")
        return None
    return _stored(stored, parameters)


def _stored(query: StoredQuery, parameters: Mapping[str, object]) -> Question:
    given = {name: text_of(value) for name, value in parameters.items()}
    return Question(query.text, query.bindings(given))


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(_MAXIMUM_BYTES).decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"{path} cannot be read: {error}") from error
