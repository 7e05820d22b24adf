"""Context validation: of a change, it finds what validating the whole graph finds.

Results hold of one focus node each. So the whole after a change must have the results
that it had before, outside the nodes that the change affects, and those of the context.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from milgraph.entailment import materialise
from milgraph.iris import ARTICLES, document_of
from milgraph.resources import Resources
from milgraph.shipped import Shipped
from milgraph.staging import materialise_view
from milgraph.terms import (
    BASE,
    MIL,
    RDF,
    RDFS,
    XSD,
    Literal,
    NamedNode,
    Term,
    Triple,
)
from milgraph.triples import TripleIndex
from milgraph.validation import (
    Dependencies,
    Engine,
    Result,
    Severity,
    Shapes,
    Transition,
    edtf_results,
    pyshacl_engine,
    turbo_engine,
    validate_change,
)

TYPE = RDF["type"]
SHIPPED = Shipped(Resources.shipped())
SHAPES = Shapes.shipped(Resources.shipped())
DEPENDENCIES = Dependencies.of(SHAPES)
TURBO = turbo_engine(SHAPES)
FIRST = NamedNode(ARTICLES + "2023-03-21-tu-95-sea-of-japan")
Edit = Callable[[set[Triple]], set[Triple]]


@dataclass(frozen=True)
class State:
    """Triples, closed, and what is found in them as a whole."""

    triples: TripleIndex
    results: frozenset[Result]

    @classmethod
    def of(cls, triples: TripleIndex, engine: Engine = TURBO) -> "State":
        found = (*engine(triples), *edtf_results(triples, triples))
        return cls(triples, frozenset(found))


def assert_the_context_decides(
    before: State, after: State, engine: Engine = TURBO
) -> frozenset[NamedNode]:
    """Hold the context of the difference to the whole; return the nodes it affects."""
    one, other = before.triples, after.triples
    transition = Transition(
        one, other, other.triples - one.triples, one.triples - other.triples
    )
    found = validate_change(engine, DEPENDENCIES, transition)
    kept = {r for r in before.results if r.focus_node not in found.focus}
    assert spelt(kept | set(found.results)) == spelt(after.results)
    return found.focus


def spelt(results: Iterable[Result]) -> set[tuple[object, ...]]:
    """Return the results without the spelling of values, which rdflib changes."""
    return {
        (r.severity, r.focus_node, r.shape, r.component, r.path)
        + ((r.value,) if isinstance(r.value, NamedNode) else ())
        for r in results
    }


# The whole of what is shipped


@pytest.fixture(scope="module")
def asserted() -> frozenset[Triple]:
    named = SHIPPED.named_graphs(lambda *_: None)
    return frozenset(materialise_view(named, SHIPPED.axioms).named.asserted())


@pytest.fixture(scope="module")
def whole(asserted: frozenset[Triple]) -> State:
    return State.of(materialise(asserted, SHIPPED.axioms))


def edited(asserted: frozenset[Triple], edit: Edit) -> State:
    return State.of(materialise(edit(set(asserted)), SHIPPED.axioms))


def about(name: str) -> NamedNode:
    return NamedNode(BASE + name)


def without(*predicates: NamedNode, of: NamedNode | None = None) -> Edit:
    """Take away what has one of the predicates, in the first article or of the node."""
    return lambda triples: {
        t
        for t in triples
        if t.predicate not in predicates
        or (t.subject != of if of else not is_of(FIRST, t))
    }


def is_of(article: NamedNode, triple: Triple) -> bool:
    return isinstance(triple.subject, NamedNode) and (
        document_of(triple.subject) == article
    )


def with_second_times(triples: set[Triple]) -> set[Triple]:
    times = {t for t in triples if t.predicate == MIL.hasTime and is_of(FIRST, t)}
    other = min((t.object for t in times), key=str)
    return triples | {Triple(t.subject, MIL.hasTime, other) for t in times}


def with_stolen_parts(triples: set[Triple]) -> set[Triple]:
    """Let the parts of the first article be parts of an activity of another article."""
    parts = {t for t in triples if t.predicate == MIL.partOf and is_of(FIRST, t)}
    thief = max(
        (
            t.subject
            for t in triples
            if t.predicate == MIL.hasTime and not is_of(FIRST, t)
        ),
        key=str,
    )
    assert parts
    return (triples - parts) | {Triple(t.subject, MIL.partOf, thief) for t in parts}


def with_other_types(triples: set[Triple]) -> set[Triple]:
    changed = {
        t
        for t in triples
        if t.predicate == TYPE and is_of(FIRST, t) and t.object == MIL.Escort
    }
    assert changed
    return (triples - changed) | {
        Triple(t.subject, TYPE, MIL.AirspaceViolation) for t in changed
    }


def with_other_state(triples: set[Triple]) -> set[Triple]:
    moved = {t for t in triples if t.predicate == MIL.ofState and "russia" in str(t)}
    assert moved
    other = about("actor/japan")
    return (triples - moved) | {Triple(t.subject, MIL.ofState, other) for t in moved}


def with_a_circle_of_places(triples: set[Triple]) -> set[Triple]:
    within = min((t for t in triples if t.predicate == MIL.withinPlace), key=str)
    return triples | {Triple(within.object, MIL.withinPlace, within.subject)}


@pytest.mark.parametrize(
    ("edit", "at_least"),
    [
        (without(MIL.hasTime), 5),
        (without(RDFS.label), 0),
        (without(MIL.claimant, MIL.modality), 5),
        (without(MIL.inArticle), 5),
        (without(MIL.earliestStart, MIL.latestEnd), 5),
        (without(MIL.ofState, of=about("actor/russian-mod")), 0),
        (without(TYPE, of=about("place/sea-of-japan")), 1),
        (with_second_times, 5),
        (with_stolen_parts, 0),
        (with_other_types, 1),
        (with_other_state, 1),
        (with_a_circle_of_places, 2),
    ],
)
def test_an_edit_and_its_undoing_find_what_the_whole_has(
    whole, asserted, edit, at_least
):
    after = edited(asserted, edit)
    assert len(after.results ^ whole.results) >= at_least
    affected = assert_the_context_decides(whole, after)
    assert assert_the_context_decides(after, whole) == affected


def test_a_change_of_nothing_affects_nothing(whole):
    assert assert_the_context_decides(whole, whole) == frozenset()


def test_the_nodes_given_are_validated_in_any_case(whole):
    broken = State.of(
        TripleIndex(t for t in whole.triples if t.predicate != MIL.hasTime)
    )
    (node, *_) = sorted(
        {r.focus_node for r in broken.results if r.severity is Severity.VIOLATION},
        key=str,
    )
    nothing = Transition(broken.triples, broken.triples, (), ())
    found = validate_change(TURBO, DEPENDENCIES, nothing, focus=[node])
    assert found.focus == {node}
    assert set(found.results) == {r for r in broken.results if r.focus_node == node}
    assert 0 < found.size < 200


def random_edits(draw: st.DrawFn, triples: list[Triple]) -> Edit:
    """Draw a few triples to take away, to repeat with another value, or to garble."""
    at = st.integers(0, len(triples) - 1)
    values: dict[NamedNode, list[Term]] = {}
    for triple in triples:
        values.setdefault(triple.predicate, []).append(triple.object)
    removed: set[Triple] = set()
    added: set[Triple] = set()
    for number in draw(st.lists(at, min_size=1, max_size=5)):
        triple = triples[number]
        kind = draw(st.sampled_from(["remove", "add", "replace", "garble"]))
        same = values[triple.predicate]
        value = (
            triples[draw(at)].object
            if kind == "garble"
            else same[draw(st.integers(0, len(same) - 1))]
        )
        if kind != "add":
            removed.add(triple)
        if kind != "remove":
            added.add(Triple(triple.subject, triple.predicate, value))
    return lambda whole: (whole - removed) | added


@pytest.fixture(scope="module")
def facts(asserted: frozenset[Triple]) -> list[Triple]:
    """What is asserted, in order, but for the ontology: a release changes that."""
    return sorted(filter(is_about_the_world, asserted), key=str)


def is_about_the_world(triple: Triple) -> bool:
    subject = triple.subject
    ontology = (BASE + "ontology", BASE + "code/")
    return (
        isinstance(subject, NamedNode)
        and subject.value.startswith(BASE)
        and not subject.value.startswith(ontology)
    )


def hold_a_random_edit(
    data: st.DataObject, whole: State, asserted: frozenset[Triple], facts: list[Triple]
) -> None:
    after = edited(asserted, random_edits(data.draw, facts))
    assert_the_context_decides(whole, after)
    assert_the_context_decides(after, whole)


OFTEN = settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
VERY_OFTEN = settings(OFTEN, max_examples=30)
# A run of the reference validator takes a second: what fails is not made smaller.
UNSHRUNK = (Phase.explicit, Phase.generate)


@OFTEN
@given(data=st.data())
def test_of_any_edit_the_context_finds_what_the_whole_has(data, whole, asserted, facts):
    hold_a_random_edit(data, whole, asserted, facts)


@pytest.mark.long
@VERY_OFTEN
@given(data=st.data())
def test_of_many_edits_the_context_finds_what_the_whole_has(
    data, whole, asserted, facts
):
    hold_a_random_edit(data, whole, asserted, facts)


# A part of it, by the reference validator


@pytest.fixture(scope="module")
def small() -> frozenset[Triple]:
    """An article of the view with what it reaches; taken as a graph of its own."""
    named = SHIPPED.named_graphs(lambda *_: None)
    view = materialise_view(named, SHIPPED.axioms).triples
    article = NamedNode(ARTICLES + "2022-11-30-korean-zone-entries")
    own = {t.subject for t in view if is_of(article, t)}
    reached = DEPENDENCIES.context(own, view)
    return frozenset(reached | {t for node in own for t in view.about(node)})


def hold_each_validator_to_itself(
    data: st.DataObject, small: frozenset[Triple]
) -> None:
    """Compare no validator with the other: they differ about 2 being after a date."""
    edit = random_edits(data.draw, sorted(small, key=str))
    before, after = TripleIndex(small), TripleIndex(edit(set(small)))
    for engine in (pyshacl_engine(SHAPES), TURBO):
        states = State.of(before, engine), State.of(after, engine)
        assert_the_context_decides(*states, engine)


@settings(OFTEN, max_examples=4, phases=UNSHRUNK)
@given(data=st.data())
def test_the_reference_validator_finds_the_same_in_the_context(data, small):
    hold_each_validator_to_itself(data, small)


@pytest.mark.long
@settings(VERY_OFTEN, max_examples=12, phases=UNSHRUNK)
@given(data=st.data())
def test_the_reference_validator_finds_the_same_in_many_contexts(data, small):
    hold_each_validator_to_itself(data, small)


# Forms of numbers


def test_two_spellings_of_one_number_are_one_value():
    node = NamedNode(ARTICLES + "x#quantity")
    spellings = ["2", "02", "+2"]
    triples = [
        Triple(node, TYPE, MIL.CountQuantity),
        *(
            Triple(node, MIL.atLeast, Literal(text, datatype=XSD.integer))
            for text in spellings
        ),
    ]
    once = triples[:2]
    assert set(TURBO(triples)) == set(TURBO(once))
