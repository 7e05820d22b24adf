"""Commands that find which accounts may be of one occurrence, and keep what is decided."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from milgraph.cli.doors import open_door
from milgraph.cli.inputs import name_of as input_name
from milgraph.cli.inputs import read_utf8
from milgraph.cli.options import AsJson, Data, DryRun, Reason
from milgraph.cli.rendering import plain
from milgraph.cli.session import Session, progress_bar, session_of
from milgraph.errors import ReviewError
from milgraph.terms import expand

if TYPE_CHECKING:
    from milgraph.coreference.decisions import Decided, Decision
    from milgraph.coreference.proposing import Proposal, Proposals
    from milgraph.store.interface import Readable
    from milgraph.terms import NamedNode, Triple

__all__ = ["occurrences"]

_LIMIT = 20
_LARGEST = 32 * 1024 * 1024
_AS_BEFORE = "s, d, p, n or q"
_KEYS = {"s": "same", "d": "different", "p": "possibly-same"}

_Answer = TypeVar("_Answer")

occurrences = typer.Typer(
    name="occurrences",
    help="Find accounts of one occurrence, and keep what editors decide of them.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@dataclass(frozen=True, slots=True)
class _Keeping:
    """Where decisions go, and why."""

    to: Path | None
    dry_run: bool
    reason: str
    data: Path | None


Least = Annotated[
    float,
    typer.Option(help="The lowest score that is proposed.", min=0.0, max=100.0),
]
By = Annotated[
    str,
    typer.Option(
        "--by",
        metavar="ACTOR",
        help="Who decides, such as actor:milgraph-editors.",
        show_default=False,
    ),
]
To = Annotated[
    Path | None,
    typer.Option(
        "--to",
        metavar="FILE",
        help="Add the judgements to this Turtle file, and not to the graph.",
        show_default=False,
    ),
]
_LEAST = 45.0


@occurrences.command("propose")
def propose(  # noqa: PLR0913 - each is an option of the command
    context: typer.Context,
    *,
    least: Least = _LEAST,
    limit: Annotated[int, typer.Option(help="How many are listed.", min=1)] = _LIMIT,
    tsv: Annotated[
        Path | None,
        typer.Option(
            "--tsv",
            metavar="FILE",
            help="Write all of them as a table for a spreadsheet.",
            show_default=False,
        ),
    ] = None,
    by: By = "",
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """List accounts that may be of one occurrence, the likeliest first, with reasons.

    Nothing is merged. What editors have compared is not proposed again.

    For example: milgraph occurrences propose --least 60 --tsv review.tsv
    """
    from milgraph.coreference.proposing import as_json as in_json
    from milgraph.coreference.reviewing import write_table

    session = session_of(context)
    _, found = _found(session, data, least)
    if tsv is not None:
        tsv.write_text(write_table(found.found, judged_by=by), encoding="utf-8")
    if as_json:
        session.say_json(in_json(found, limit=limit))
        return
    if tsv is not None:
        session.say(f"{tsv}: {len(found.found):,} of {found.total:,} proposals.")
        return
    for proposal in found.found[:limit]:
        session.say("\n".join(_lines(proposal)))
        session.say()
    session.say(_summary(found, limit))


@occurrences.command("review")
def review(  # noqa: PLR0913 - each is an option of the command
    context: typer.Context,
    *,
    by: By = "",
    least: Least = _LEAST,
    limit: Annotated[int, typer.Option(help="How many are asked.", min=1)] = _LIMIT,
    to: To = None,
    dry_run: DryRun = False,
    reason: Reason = "",
    data: Data = None,
) -> None:
    """Ask about one proposal after the other, and keep the decisions.

    Whoever has enough answers q, presses Ctrl-C or ends the input: what is decided by
    then is kept.

    For example: milgraph occurrences review --by actor:milgraph-editors
    """
    from milgraph.coreference.decisions import require_author

    session = session_of(context)
    author = _author(by)
    dataset, found = _found(session, data, least)
    judged_by = expand(author)
    # Nobody is to decide for an hour in a name that is refused at the end.
    require_author(judged_by, dataset.triples)
    decisions = list(_asked(session, found.found[:limit], judged_by))
    _keep(session, dataset, decisions, _Keeping(to, dry_run, reason, data))


@occurrences.command("decide")
def decide(  # noqa: PLR0913 - each is an option of the command
    context: typer.Context,
    file: Annotated[
        str,
        typer.Argument(metavar="FILE", help="A table that `propose --tsv` wrote."),
    ],
    *,
    by: By = "",
    to: To = None,
    dry_run: DryRun = False,
    reason: Reason = "",
    data: Data = None,
) -> None:
    """Read a table back, and keep the decisions in it: all of them, or none.

    A row whose decision is empty stays open.

    For example: milgraph occurrences decide review.tsv --by actor:milgraph-editors
    """
    from milgraph.coreference.reviewing import read_decisions

    session = session_of(context)
    text = read_utf8(file, limit=_LARGEST)
    decisions = read_decisions(text, name=input_name(file), judged_by=by)
    with session.graph(data) as graph:
        dataset = graph.ensure_current().snapshot()
    _keep(session, dataset, decisions, _Keeping(to, dry_run, reason, data))


def _found(
    session: Session, data: Path | None, least: float
) -> "tuple[Readable, Proposals]":
    """Return what is proposed in the newest state, and that state."""
    from milgraph.coreference.proposing import propose as find

    with session.graph(data) as graph:
        dataset = graph.ensure_current().snapshot()
    with progress_bar() as progress:
        return dataset, find(dataset, least=least, progress=progress)


def _lines(proposal: "Proposal") -> Iterator[str]:
    yield f"{proposal.score:g}"
    ends = (proposal.first_occurrences, proposal.second_occurrences)
    for account, named in zip(proposal.accounts, ends, strict=True):
        of = f" = {', '.join(map(_short, named))}" if named else ""
        label = f"  {plain(account.label)}" if account.label else ""
        yield f"  {_short(account.node)}{label}{of}"
    for reason in proposal.reasons:
        yield f"  {reason.points:+6.1f} {reason.feature}: {plain(reason.why)}"


def _short(node: "NamedNode") -> str:
    from milgraph.coreference.accounts import name_of

    return plain(name_of(node))


def _summary(found: "Proposals", limit: int) -> str:
    shown = min(limit, len(found.found))
    told = f"{shown:,} of {found.total:,} proposals, of {found.accounts:,} accounts."
    if found.crowded:
        told += (
            f" {found.crowded:,} keys have so many accounts that these were compared "
            "only where they share more."
        )
    return told


def _author(by: str) -> str:
    if not by.strip():
        raise ReviewError(
            "a decision without an author",
            hint="Give --by: an actor, such as actor:milgraph-editors.",
        )
    return by


def _asked(
    session: Session, proposals: "Sequence[Proposal]", judged_by: "NamedNode"
) -> "Iterator[Decision]":
    """Return what the person at the terminal decides, until nobody answers any more."""
    # A decision that is half made is none; those before it are kept.
    with suppress(typer.Abort, KeyboardInterrupt):
        for number, proposal in enumerate(proposals, start=1):
            told = "\n".join(_lines(proposal))
            session.say(f"\n{number} of {len(proposals)}: {told}")
            key = _chosen("One occurrence? s)ame d)ifferent p)ossibly n)ext q)uit")
            if key == "q":
                break
            if key in _KEYS:
                yield _decision(proposal, _KEYS[key], judged_by)
    session.say()


def _decision(proposal: "Proposal", verdict: str, judged_by: "NamedNode") -> "Decision":
    """Ask how sure the person is, and why."""
    from milgraph.coreference.decisions import Decision, Verdict

    first, second = (account.node for account in proposal.accounts)
    confidence = _prompted("How sure, from 0 to 1", _confidence)
    why = _prompted("Why", _reason)
    return Decision(first, second, Verdict(verdict), confidence, why, judged_by)


def _chosen(question: str) -> str:
    def key(text: str) -> str:
        found = text.strip().lower()[:1]
        if found not in (*_KEYS, "n", "q"):
            raise typer.BadParameter(f"answer with {_AS_BEFORE}")
        return found

    return _prompted(question, key)


def _prompted(question: str, parse: Callable[[str], _Answer]) -> _Answer:
    answer: _Answer = typer.prompt(question, value_proc=parse)
    return answer


def _confidence(text: str) -> Decimal:
    try:
        found = Decimal(text.strip())
    except InvalidOperation:
        found = Decimal(-1)
    if not 0 <= found <= 1:
        raise typer.BadParameter("a decimal from 0 to 1, like 0.9")
    return found


def _reason(text: str) -> str:
    if not text.strip():
        raise typer.BadParameter("a sentence that another editor can check")
    return text.strip()


def _keep(
    session: Session,
    dataset: "Readable",
    decisions: "Sequence[Decision]",
    keeping: _Keeping,
) -> None:
    """Add the judgements to the file, or to the graph by the editors' door."""
    from milgraph.coreference.decisions import judgements_of
    from milgraph.coreference.writing import appended
    from milgraph.graphs import OCCURRENCES
    from milgraph.terms import Quad

    if not decisions:
        session.say("Nothing was decided, and nothing was written.")
        return
    there = _there(keeping.to)
    more = _triples(there, keeping.to) if keeping.to else ()
    decided = judgements_of(decisions, dataset, *more)
    where = "Nothing had to be written."
    if decided.triples and keeping.to is not None:
        text = appended(there, decided.triples, name=str(keeping.to))
        if not keeping.dry_run:
            keeping.to.write_text(text, encoding="utf-8")
        where = f"{keeping.to}: {len(decided.triples):,} triples."
    elif decided.triples:
        reason = keeping.reason or "Which accounts are of one occurrence"
        door = open_door(session, keeping.data, "occurrences", reason)
        with door as opened:
            quads = [
                Quad(t.subject, t.predicate, t.object, OCCURRENCES)
                for t in decided.triples
            ]
            told = opened.insert(quads, dry_run=keeping.dry_run)
        where = f"Commit {told.commit}." if told.commit else "Nothing was stored."
    session.say(f"{_counted(decided)} {where}")


def _there(path: Path | None) -> str:
    """Return what the file holds by now, if there is one."""
    if path is None or not path.exists() or not path.stat().st_size:
        return ""
    return read_utf8(str(path), limit=_LARGEST)


def _triples(text: str, path: Path) -> "tuple[Triple, ...]":
    from milgraph.syntax import FORMATS, Source, read

    if not text.strip():
        return ()
    source = Source(str(path), text.encode(), FORMATS["turtle"])
    return tuple(quad.triple for quad in read(source))


def _counted(decided: "Decided") -> str:
    return (
        f"{decided.joined:,} joined, {decided.parted:,} told apart, "
        f"{decided.possible:,} possibly the same, {decided.unchanged:,} as before."
    )
