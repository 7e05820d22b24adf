"""The command that links: proposals from a copy of another data set, and decisions on them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from milgraph import doorplate
from milgraph.cli.changing import Task, carry_out
from milgraph.cli.doors import open_door
from milgraph.cli.options import AsJson, Data
from milgraph.cli.proposing import Run, counted, tell
from milgraph.cli.proposing import as_json as told_of
from milgraph.cli.reviewing import ask
from milgraph.cli.session import Session, progress_bar, session_of
from milgraph.errors import ParameterError, SettingsError
from milgraph.terms import expand

if TYPE_CHECKING:
    from milgraph.linking import Proposal, Target
    from milgraph.linking.proposals import Wanted
    from milgraph.settings import Settings
    from milgraph.store.interface import Readable

__all__ = ["link"]

_EVERY = 1_000


def link(  # noqa: PLR0913 - each is an option of the command
    context: typer.Context,
    target: Annotated[
        str, typer.Argument(help="wikidata, geonames, natural-earth ...")
    ],
    source: Annotated[
        Path | None,
        typer.Argument(
            metavar="SOURCE",
            help="A copy: a dump of entities or a SPARQL result in JSON, GeoNames' "
            "table, GeoJSON, RDF; also with .gz or .bz2.",
        ),
    ] = None,
    *,
    author: Annotated[
        str,
        typer.Option(
            help="Who decides: an actor of the graph, or the IRI of an ORCID."
        ),
    ] = "",
    review: Annotated[
        bool, typer.Option("--review", help="Decide on each, here in the terminal.")
    ] = False,
    to_review: Annotated[
        Path | None,
        typer.Option(help="Write the proposals into a table to fill in."),
    ] = None,
    from_review: Annotated[
        Path | None, typer.Option(help="Take the decisions of a filled-in table.")
    ] = None,
    accept_identified: Annotated[
        bool,
        typer.Option(
            "--accept-identified",
            help="Accept what an identifying feature and no rival speaks for.",
        ),
    ] = False,
    fetch: Annotated[
        bool,
        typer.Option(
            "--fetch", help="Ask the live target first; SOURCE keeps the answer."
        ),
    ] = False,
    file: Annotated[
        Path | None,
        typer.Option("--table", help="The SSSOM table; by default that in data/links."),
    ] = None,
    namespace: Annotated[
        str, typer.Option(help="How the target's IRIs begin, where it is not known.")
    ] = "",
    source_version: Annotated[
        str, typer.Option(help="Which version the copy is of; the rows keep it.")
    ] = "",
    limit: Annotated[int, typer.Option(min=1, max=20, help="Candidates for each.")] = 3,
    least: Annotated[
        float, typer.Option(min=0, max=100, help="The least score of a proposal.")
    ] = 60.0,
    again: Annotated[
        bool, typer.Option("--again", help="Also for what is linked already.")
    ] = False,
    only_table: Annotated[
        bool, typer.Option("--only-table", help="Leave the graph as it is.")
    ] = False,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Propose links to another data set, and keep what is decided of them.

    Candidates come from names in any script, designators, classes, geometry, countries
    and identifiers. Nothing is linked without a decision: by --review, by --from-review,
    or by --accept-identified. Decisions, refusals as well, go to the graph and, once it
    has taken them, to the SSSOM table; what is decided is never proposed again.

    For example: milgraph link natural-earth seas.geojson --to-review seas.tsv
    """
    from milgraph.linking import target_of
    from milgraph.linking.proposals import Wanted

    session = session_of(context)
    found = target_of(target, namespace=namespace)
    _require(source or from_review, author, decides=review or accept_identified)
    run = _begin(session, found, file, author, source_version, data)
    # A person's answers are kept at once; all else can be had again.
    run.decisions.at_once = review
    asked = _Asked(source, fetch, review, accept_identified, to_review, from_review)
    proposals = _work(run, asked, Wanted(found.kinds, limit, least, again))
    committed = None if only_table else _commit(run, data, as_json=as_json)
    if run.rows:
        run.decisions.keep()
    if as_json:
        session.say_json({**told_of(run, proposals), "commit": committed})
        return
    tell(run, proposals, is_shown=not (review or to_review or from_review))


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is to be done with what the copy holds."""

    source: Path | None
    fetch: bool
    review: bool
    accept_identified: bool
    to_review: Path | None
    from_review: Path | None


def _require(given: Path | None, author: str, *, decides: bool) -> None:
    if given is None:
        raise ParameterError("there is no copy to read", hint="Name its file.")
    if decides and not author:
        raise ParameterError(
            "there is nobody who decides",
            hint="Name the author: --author actor:milgraph-editors, or an ORCID.",
        )
    if author and not author.startswith("orcid:"):
        expand(author)


def _work(run: Run, asked: _Asked, wanted: "Wanted") -> "list[Proposal]":
    """Return the proposals that are left, once what was asked for is done."""
    if asked.from_review is not None:
        _take(run, asked.from_review)
        return []
    assert asked.source is not None  # noqa: S101 - it was required
    if asked.fetch:
        _fetch(run, asked.source)
    proposals = _proposals(run, asked.source, wanted)
    if asked.accept_identified:
        proposals = _accepted(run, proposals)
    if asked.to_review is not None:
        _hand_out(run, proposals, asked.to_review)
    elif asked.review:
        ask(run.session, proposals, run.decide, run.author)
    return proposals


def _commit(run: Run, data: Path | None, *, as_json: bool) -> object:
    """Bring what was decided into the graph; where it refuses, the table is as before."""
    if not run.rows:
        return None
    try:
        return _committed(run, data, as_json=as_json)
    except BaseException:
        if refused := run.decisions.take_back():
            run.session.note(f"What was decided stands in {refused}, to be corrected.")
        raise


def _committed(run: Run, data: Path | None, *, as_json: bool) -> object:
    """Bring what was decided into the graph, by the editors' door."""
    quads = run.decisions.quads_of(run.rows, with_head=not run.has_head)
    task = Task(
        run.session,
        "link",
        f"Links to {run.target.title}",
        data,
        as_json=as_json,
        dry_run=False,
    )
    if not as_json:
        carry_out(
            task,
            lambda door: door.insert(quads, dry_run=False),
            subject="The linkset",
        )
        return None
    with open_door(run.session, data, task.door, task.reason) as door:
        return door.insert(quads, dry_run=False).as_json(task.name_of)


def _begin(
    session: Session,
    target: "Target",
    file: Path | None,
    author: str,
    source_version: str,
    data: Path | None,
) -> Run:
    from milgraph import graphs
    from milgraph.linking import Decisions, Judgements
    from milgraph.matching import profiles

    with session.graph(data) as graph:
        if doorplate.find(session.settings(data).data) is None:
            graph.ensure_current()
        else:
            # A server that holds the graph brings it up to date when it starts.
            graph.follow()
        dataset: Readable = graph.reader().snapshot()
        ours = {profile.id: profile for profile in profiles(dataset)}
        held = Judgements.of_graph(dataset, graphs.links(target.name))
        has_head = _has_head(dataset, target)
    today = datetime.now(UTC).date().isoformat()
    path = file or _shipped_table(session.settings(data), target)
    decisions = Decisions(
        target, path, target.table(path, today=today), today, source_version
    )
    return Run(session, target, decisions, ours, held, author, has_head)


def _has_head(dataset: "Readable", target: "Target") -> bool:
    from milgraph import graphs
    from milgraph.linksets import VOID

    graph = graphs.links(target.name)
    return any(True for _ in dataset.match(graph, VOID.triples, None, graph))


def _shipped_table(settings: "Settings", target: "Target") -> Path:
    if not settings.resources.in_checkout:
        raise SettingsError(
            "there is no checkout whose table could be kept",
            hint="Name a table: --table my-links.sssom.tsv",
        )
    return settings.resources.root / "data" / "links" / f"{target.name}.sssom.tsv"


def _fetch(run: Run, path: Path) -> None:
    from milgraph.linking.live import fetch

    fetch(run.target, run.ours.values(), path)


def _proposals(run: Run, source: Path, wanted: "Wanted") -> "list[Proposal]":
    from milgraph.linking import propose

    with progress_bar() as progress:

        def tell(number: int) -> None:
            if number % _EVERY == 0:
                progress(f"{number:,} of {run.target.title} compared", 0.0)

        return propose(
            list(run.ours.values()),
            run.target.read(source),
            run.judged,
            wanted,
            progress=tell,
        )


def _accepted(run: Run, proposals: "list[Proposal]") -> "list[Proposal]":
    """Accept what is identified; return the others."""
    from dataclasses import replace

    from milgraph.linking import Verdict
    from milgraph.linking.decisions import decided

    identified = [proposal for proposal in proposals if proposal.is_identified]
    decisions = (
        decided(
            proposal,
            Verdict.ACCEPT,
            author=run.author,
            evidence=f"Identified: {proposal.reasons}",
        )
        for proposal in identified
    )
    run.decide(*(replace(decision, is_automatic=True) for decision in decisions))
    linked = {proposal.ours.id for proposal in identified}
    return [p for p in proposals if p.ours.id not in linked]


def _hand_out(run: Run, proposals: "Sequence[Proposal]", path: Path) -> None:
    from milgraph.linking import review_text

    if path.exists():
        raise ParameterError(
            f"{path} is there already", hint="Name another file, or remove it."
        )
    path.write_text(review_text(proposals), encoding="utf-8")
    run.session.note(f"{counted(len(proposals), 'proposal')} to decide on in {path}.")


def _take(run: Run, path: Path) -> None:
    """Take the decisions of the table, but those that were taken before."""
    from milgraph.linking import read_review

    judged = run.judged
    found = read_review(path, run.ours)
    fresh = [one for one in found if (one.subject.id, one.value) not in judged]
    run.decide(*fresh)
    run.known = len(found) - len(fresh)
    if not found:
        run.session.note(f"There is no decision in {path} yet.")
