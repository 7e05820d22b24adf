"""Accounts: an occurrence of its own for each account of a whole that nobody has judged.

So that every count is over occurrences, whether editors have compared accounts or not.
"""

from collections.abc import Iterable, Iterator

from milgraph.iris import ARTICLES, OCCURRENCES, document_of, fragment_of
from milgraph.terms import (
    BASE,
    MIL,
    RDF,
    RDFS,
    XSD,
    Literal,
    NamedNode,
    Quad,
    Term,
    Triple,
)
from milgraph.triples import TripleIndex, Triples

__all__ = [
    "is_own_occurrence",
    "may_have_own",
    "names_of_own",
    "own_occurrence",
    "touched_accounts",
]

_TYPE, _LABEL = RDF["type"], RDFS.label
_ACTIVITY, _PART_OF, _STATED_IN = MIL.Activity, MIL.partOf, MIL.statedIn
_JUDGED_ACCOUNT = MIL.judgedAccount
_EDITORS = NamedNode(BASE + "actor/milgraph-editors")
_REASON = Literal(
    "By rule: the only account so far, not yet compared with others.", language="en"
)
_DECIDING = (_PART_OF, _STATED_IN, _LABEL)


def is_own_occurrence(triple: Triple) -> bool:
    """Return whether the triple of an article's graph is about such an occurrence.

    No author can write one: every subject of an article is minted under it.
    """
    subject = triple.subject
    return isinstance(subject, NamedNode) and subject.value.startswith(OCCURRENCES)


def names_of_own(account: NamedNode) -> tuple[NamedNode, NamedNode]:
    """Return the account's own occurrence, and the judgement that ties the two.

    No article has a dot in its name, so that no two accounts share the IRI.
    """
    slug = document_of(account).value.removeprefix(ARTICLES)
    occurrence = f"{OCCURRENCES}{slug}.{fragment_of(account)}"
    return NamedNode(occurrence), NamedNode(f"{occurrence}#judgement")


def may_have_own(account: NamedNode, view: Triples) -> bool:
    """Return whether the node is one that can have an occurrence of its own."""
    return Triple(account, _TYPE, _ACTIVITY) in view


def own_occurrence(account: NamedNode, view: Triples) -> Iterator[Quad]:
    """Return the quads of the account's own occurrence, if by the view it needs one."""
    occurrence, judgement = names_of_own(account)
    if (
        not may_have_own(account, view)
        or any(view.objects(account, _PART_OF))
        or not any(view.objects(account, _STATED_IN))
        or any(n != judgement for n in view.subjects(_JUDGED_ACCOUNT, account))
    ):
        return
    article = document_of(account)
    for subject, predicate, value in (
        (occurrence, _TYPE, MIL.Occurrence),
        (occurrence, MIL.hasJudgement, judgement),
        (judgement, _TYPE, MIL.AccountJudgement),
        (judgement, _JUDGED_ACCOUNT, account),
        (judgement, MIL.judgedBy, _EDITORS),
        (judgement, MIL.confidence, Literal("1", datatype=XSD.decimal)),
        (judgement, MIL.reason, _REASON),
    ):
        yield Quad(subject, predicate, value, article)
    for label in view.objects(account, _LABEL):
        yield Quad(occurrence, _LABEL, label, article)


def touched_accounts(added: TripleIndex, removed: Iterable[Triple]) -> set[NamedNode]:
    """Return the nodes of articles whose own occurrence a change of the view may decide."""
    found: set[Term] = set()
    for triples in (added, TripleIndex(removed)):
        found.update(triples.values(_JUDGED_ACCOUNT))
        found.update(triples.subjects(_TYPE, _ACTIVITY))
        for predicate in _DECIDING:
            found.update(*triples.values(predicate).values())
    return {
        node
        for node in found
        if isinstance(node, NamedNode) and node.value.startswith(ARTICLES)
    }
