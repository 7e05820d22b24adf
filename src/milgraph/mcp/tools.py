"""Tools: what a client can call, by which JSON Schema, and what answers."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from milgraph.errors import Way
from milgraph.mcp import answering, writing
from milgraph.mcp.arguments import Arguments
from milgraph.mcp.holdings import Holdings
from milgraph.sparql import MAXIMUM_LENGTH
from milgraph.syntax import FORMATS

__all__ = ["READING", "WAYS", "WRITING", "Tool"]

Answer: TypeAlias = Callable[[Holdings, Arguments], Awaitable[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool: its name, what it is for, what it takes, and what answers a call."""

    name: str
    title: str
    description: str
    answer: Answer
    takes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    writes: bool = False

    @property
    def schema(self) -> dict[str, Any]:
        """The JSON Schema of its arguments."""
        return {
            "type": "object",
            "properties": {name: dict(entry) for name, entry in self.takes.items()},
            "required": list(self.needs),
            "additionalProperties": False,
        }


def _text(description: str, longest: int = 2_000) -> dict[str, Any]:
    return {"type": "string", "description": description, "maxLength": longest}


def _whole(description: str, least: int, most: int) -> dict[str, Any]:
    told: dict[str, Any] = {"type": "integer", "description": description}
    return {**told, "minimum": least, "maximum": most}


_FACTS = {
    "facts": _text(
        "An article in TriG: its record, and a block for each claim. The resource "
        "milgraph://guide/articles says how it is written.",
        answering.LARGEST_DOCUMENT,
    ),
    "format": {
        "type": "string",
        "description": "The format of the facts; trig unless told.",
        "enum": list(FORMATS),
    },
}
_CHANGE = {
    "reason": _text("Why; the history keeps it.", 500),
    "dry_run": {"type": "boolean", "description": "Do everything but store it."},
}


async def _schema(holdings: Holdings, _: Arguments) -> dict[str, Any]:
    return await holdings.card.told()


READING = (
    Tool(
        "schema",
        "What is in the graph",
        "Call this first: classes and properties with counts and sample values, prefixes, "
        "what GRAPH means, pitfalls, example queries.",
        _schema,
    ),
    Tool(
        "query",
        "Ask the graph",
        "Answer a SPARQL 1.1 query, or a stored query by its name with parameters. "
        "Returns a page of rows, whether they are complete and how to get the rest, and "
        "the claims and articles that state what they name.",
        answering.query,
        {
            "sparql": _text("A SELECT, ASK, CONSTRUCT or DESCRIBE.", MAXIMUM_LENGTH),
            "name": _text("The name of a stored query.", 200),
            "parameters": {
                "type": "object",
                "description": "The parameters of the stored query by their names, such "
                'as {"area": "place:black-sea", "from": "2023-03-01"}.',
            },
            "limit": _whole("Rows to return; 50 unless told.", 1, answering.MOST_ROWS),
            "offset": _whole("Rows to leave out at the beginning.", 0, 50_000),
            "seconds": _whole("After how long to give up.", 1, 600),
        },
    ),
    Tool(
        "search",
        "Find by name",
        "Find entities, activities and articles by a name, alias, designator or "
        "transliteration; spelling may be wrong. Gives the short names that query takes.",
        answering.search,
        {
            "text": _text(
                "The name, or a part of it: Tu-95MS, Tu95ms, Sea of Japan.", 200
            ),
            "kinds": {
                "type": "array",
                "description": "Only these: entity, activity, article, or classes such "
                "as mil:Place.",
                "items": _text("A group or a class.", 200),
                "maxItems": 20,
            },
            "limit": _whole("Hits to return; 10 unless told.", 1, 50),
        },
        ("text",),
    ),
    Tool(
        "stored_queries",
        "Queries that are there",
        "List the stored queries, which answer common questions well, or describe one of "
        "them with its parameters and its SPARQL.",
        answering.stored_queries,
        {
            "name": _text("The name of the one to describe.", 200),
            "about": _text("A word that its name, title or tags have.", 200),
        },
    ),
    Tool(
        "explain",
        "Why is this in the graph?",
        "Say who states a fact, and where in the text, or the rule and the premises that "
        "it follows from.",
        answering.explain,
        {
            "subject": _text("An IRI or a short name, such as article:X#flight."),
            "predicate": _text("An IRI or a short name; a is rdf:type."),
            "object": _text("An IRI, a short name, or a literal as in Turtle."),
        },
        ("subject", "predicate", "object"),
    ),
    Tool(
        "check",
        "Check facts",
        "Hold an article, or bare facts, against the shapes in the graph as it stands: "
        "what is wrong, where, and how to mend it. Nothing is stored.",
        answering.check,
        _FACTS,
        ("facts",),
    ),
)
WRITING = (
    Tool(
        "submit",
        "Submit an article",
        "Commit an article, in the place of its earlier version. Nothing is stored "
        "unless it conforms. Check it first, and ask the user before storing.",
        writing.submit,
        {**_FACTS, **_CHANGE},
        ("facts",),
        writes=True,
    ),
    Tool(
        "retract",
        "Retract an article",
        "Take an article away, with all that follows from it alone. Ask the user first.",
        writing.retract,
        {"article": _text("Its slug, short name or IRI.", 500), **_CHANGE},
        ("article",),
        writes=True,
    ),
)
# The ways to what helps, by the tools.
WAYS: Mapping[Way, str] = {
    Way.LIST_QUERIES: "The tool stored_queries lists those that there are.",
    Way.LIST_ARTICLES: "The tool query with the name articles lists them.",
    Way.READ_GRAPH: "The tool query reads it: SELECT * {{ GRAPH {} {{ ?s ?p ?o }} }}.",
    Way.UNDO: "No tool undoes a commit; submit the article as it was.",
    Way.ASK: "The tool query finds it.",
}
