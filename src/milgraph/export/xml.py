"""XML: whether RDF/XML can hold what is written, found out before the first byte."""

import re
from collections.abc import Iterable

from milgraph.errors import QueryError
from milgraph.terms import Literal, Quad, Triple, show
from milgraph.wellformed import HINTS

__all__ = ["require_holdable"]

# XML 1.0, section 2.2: no reference can stand for them either.
_UNHOLDABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def require_holdable(statements: Iterable[Triple] | Iterable[Quad]) -> None:
    """Require that XML has a way to write each text of the statements.

    Raises:
        QueryError: it has none; told is the first node, in the order of names.
    """
    found = (
        (str(one.subject), str(one.predicate), one)
        for one in statements
        if isinstance(one.object, Literal) and _UNHOLDABLE.search(one.object.value)
    )
    first = min(found, default=None, key=lambda breach: breach[:2])
    if first is None:
        return
    one = first[2]
    assert isinstance(one.object, Literal)  # noqa: S101 - it was found by its text
    character = _UNHOLDABLE.findall(one.object.value)[0]
    raise QueryError(
        f"{show(one.predicate)} of {show(one.subject)} holds U+{ord(character):04X}, "
        "which XML cannot hold",
        hint=HINTS["rdfxml"],
    )
