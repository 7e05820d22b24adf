"""Decisions: what a person says of a proposal, and the row of the table that it becomes."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path

from milgraph import graphs
from milgraph.errors import LinksetError
from milgraph.linking.proposals import Proposal
from milgraph.linking.targets import Target
from milgraph.linksets import NO_TERM_FOUND, NOT, MappingSet, Row, quads_of
from milgraph.matching import Profile
from milgraph.terms import SKOS, NamedNode, Quad, compact

__all__ = ["Decision", "Decisions", "Verdict", "decided"]

_TOOL = "milgraph link"
_ORCID = "https://orcid.org/"
_BY_HAND = "semapv:ManualMappingCuration"
_BY_FEATURES = "semapv:CompositeMatching"


class Verdict(StrEnum):
    """What becomes of a proposal; what is skipped stays a proposal."""

    ACCEPT = "accept"
    REJECT = "reject"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Decision:
    """A verdict on two entities, with its author and its evidence.

    Of the verdict `none` the other entity is nothing: their data set has no such one.
    """

    verdict: Verdict
    subject: Profile
    object_id: str
    object_label: str
    predicate: NamedNode
    author: str
    evidence: str
    confidence: str = "0.90"
    score: float | None = None
    is_automatic: bool = False

    def __post_init__(self) -> None:
        if not self.author.strip():
            raise LinksetError("the decision has no author", hint="Say who decided.")
        if not self.evidence.strip():
            raise LinksetError(
                "the decision has no evidence",
                hint="Say what was seen, or why it is refused.",
            )

    @property
    def value(self) -> str:
        """The IRI of the object, or that nothing was found."""
        none = self.verdict is Verdict.NONE
        return NO_TERM_FOUND.value if none else self.object_id


def decided(
    proposal: Proposal, verdict: Verdict, *, author: str, evidence: str
) -> Decision:
    """Return the decision on the proposal."""
    return Decision(
        verdict,
        proposal.ours,
        proposal.theirs.id,
        proposal.theirs.label,
        proposal.predicate,
        author,
        evidence,
        score=proposal.score,
    )


@dataclass
class Decisions:
    """The table that decisions go to, at once or when all of them are known to stand."""

    target: Target
    path: Path
    table: MappingSet
    today: str
    source_version: str = ""
    at_once: bool = True

    def __post_init__(self) -> None:
        self._before = self.path.read_bytes() if self.path.exists() else None

    def add(self, decisions: Iterable[Decision]) -> tuple[Row, ...]:
        """Write the decisions into the table, all or none; return their rows.

        Raises:
            LinksetError: one is of a pair that is judged already, or is not whole.
        """
        rows = tuple(self._row(decision) for decision in decisions)
        curies = _needed(rows, self.target.curies)
        self.table = self.table.adding(rows, curies=curies, version=self.today)
        if rows and self.at_once:
            self.keep()
        return rows

    def keep(self) -> None:
        """Write the table into its file."""
        self.table.write(self.path)

    def take_back(self) -> Path | None:
        """Put the file back as it was before.

        Return the one beside it in which stands what was decided, if it was written.
        """
        if not self.at_once or not self.path.exists():
            return None
        refused = self.path.with_name(f"{self.path.name}.refused")
        self.path.replace(refused)
        if self._before is not None:
            self.path.write_bytes(self._before)
        return refused

    def quads_of(self, rows: Collection[Row], *, with_head: bool) -> frozenset[Quad]:
        """Return what the rows say, and with the head what the linkset says of itself."""
        graph = graphs.links(self.target.name)
        told = quads_of(replace(self.table, rows=tuple(rows)), self.target.name)
        return frozenset(q for q in told if with_head or q.subject != graph)

    def _row(self, decision: Decision) -> Row:
        is_refusal = decision.verdict is Verdict.REJECT
        is_none = decision.verdict is Verdict.NONE
        return Row.of(
            subject_id=compact(NamedNode(decision.subject.id)),
            subject_label=decision.subject.label,
            predicate_id=compact(SKOS.exactMatch if is_none else decision.predicate),
            predicate_modifier=NOT.value if is_refusal else "",
            object_id=self._name(decision.value),
            object_label="" if is_none else decision.object_label,
            mapping_justification=_BY_FEATURES if decision.is_automatic else _BY_HAND,
            author_id=[_author(decision.author)],
            object_source_version=self.source_version,
            mapping_tool=_TOOL,
            mapping_tool_version=version("milgraph"),
            mapping_date=self.today,
            confidence=decision.confidence,
            similarity_score=""
            if decision.score is None
            else f"{decision.score / 100:.3f}",
            comment=f"Refused. {decision.evidence}"
            if is_refusal
            else decision.evidence,
        )

    def _name(self, iri: str) -> str:
        """Return the object as the table names it, by the prefix of the target."""
        namespace = self.target.namespace
        if iri.startswith(namespace):
            return f"{self.target.prefix}:{iri.removeprefix(namespace)}"
        if iri == NO_TERM_FOUND.value:
            return compact(NO_TERM_FOUND)
        raise LinksetError(
            f"{iri} is not of {self.target.title}, whose names begin with {namespace}",
            hint="Give the --namespace of the copy that was read.",
        )


def _author(name: str) -> str:
    """Return the author as tables name one, by a prefix."""
    if name.startswith(("http://", "https://")):
        return compact(NamedNode(name.replace(_ORCID, "orcid:", 1)))
    return name


def _needed(rows: Iterable[Row], known: Mapping[str, str]) -> Mapping[str, str]:
    """Return the prefixes that the rows use."""
    slots = (
        "subject_id",
        "predicate_id",
        "object_id",
        "mapping_justification",
        "author_id",
    )
    used = {row[slot].partition(":")[0] for row in rows for slot in slots}
    return {prefix: iri for prefix, iri in known.items() if prefix in used}
