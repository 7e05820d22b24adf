"""The command that says why the graph holds a fact."""

from typing import Annotated

import typer

from milgraph.cli.options import AsJson, Data
from milgraph.cli.rendering import plain
from milgraph.cli.session import session_of
from milgraph.syntax import FORMATS

__all__ = ["explain"]


def explain(  # noqa: PLR0913 - each is an option of the command
    context: typer.Context,
    subject: Annotated[str, typer.Argument(help="An IRI or a short name.")],
    predicate: Annotated[
        str, typer.Argument(help="An IRI or a short name; a is rdf:type.")
    ],
    value: Annotated[
        str,
        typer.Argument(
            metavar="OBJECT",
            help="An IRI, a short name, or a literal as in Turtle: 7, '\"Japan\"@en'.",
        ),
    ],
    *,
    as_json: AsJson = False,
    as_turtle: Annotated[
        bool, typer.Option("--turtle", help="Print it in PROV-O, as Turtle.")
    ] = False,
    data: Data = None,
) -> None:
    """Say why the graph holds a fact: who states it, or what it follows from.

    What follows is shown with the rule of OWL 2 RL, the axioms and the premises, down
    to the claims and reference data that state them and the places of the text.

    For example: milgraph explain place:vladivostok mil:withinPlace place:sea-of-japan
    """
    from milgraph.explanations import (
        axioms_of,
        explain_fact,
        explanation_as_json,
        explanation_as_text,
        explanation_as_triples,
        fact_of,
    )
    from milgraph.export import serialise

    if as_json and as_turtle:
        raise typer.BadParameter("choose one of --json and --turtle")
    session = session_of(context)
    fact = fact_of(subject, predicate, value)
    with session.graph(data) as graph:
        snapshot = graph.ensure_current().snapshot()
    found = explain_fact(snapshot, axioms_of(snapshot), fact)
    if as_json:
        session.say_json(explanation_as_json(found))
    elif as_turtle:
        session.write(serialise(explanation_as_triples(found), FORMATS["turtle"]))
    else:
        for line in explanation_as_text(found).splitlines():
            session.say(plain(line))
