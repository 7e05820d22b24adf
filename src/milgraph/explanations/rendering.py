"""Rendering: an explanation as text for people, as JSON, and as RDF."""

from collections.abc import Iterator, Mapping
from hashlib import sha256

from milgraph.entailment import Explanation
from milgraph.explanations.facts import (
    Assertion,
    Explained,
    Passage,
    Release,
    Report,
    Testimony,
)
from milgraph.explanations.naming import in_words, short
from milgraph.iris import SKOLEM, fragment_of
from milgraph.terms import (
    DCTERMS,
    MIL,
    OWL,
    PROV,
    RDF,
    RDFS,
    XSD,
    Literal,
    NamedNode,
    Resource,
    Term,
    Triple,
)

__all__ = [
    "axiom_in_words",
    "explanation_as_json",
    "explanation_as_text",
    "explanation_as_triples",
    "source_in_words",
]

_TYPE = RDF["type"]
_INDENT = "  "
_AXIOMS: Mapping[Term, str] = {
    RDFS.subClassOf: "{0} is a subclass of {1}",
    OWL.equivalentClass: "{0} is the same class as {1}",
    RDFS.subPropertyOf: "{0} is a subproperty of {1}",
    OWL.equivalentProperty: "{0} is the same property as {1}",
    RDFS.domain: "what has {0} is a {1}",
    RDFS.range: "what {0} leads to is a {1}",
    OWL.inverseOf: "{0} is the inverse of {1}",
    OWL.onProperty: "{0} restricts {1}",
    OWL.hasValue: "{0} asks for the value {1}",
    OWL.someValuesFrom: "{0} asks for a value of {1}",
}
_KINDS: Mapping[Term, str] = {
    OWL.TransitiveProperty: "{0} is transitive",
    OWL.SymmetricProperty: "{0} is symmetric",
}


# Text


def explanation_as_text(explained: Explained) -> str:
    """Return the derivation as an indented tree, and below it the claims that it names."""
    lines = [in_words(explained.fact)]
    lines += [_INDENT + line for line in _reasons(explained.explanation, explained)]
    within = explained.article
    for testimony in explained.testimonies:
        lines += ["", f"{short(testimony.node, within=within)}"]
        lines += [_INDENT + line for line in _testimony(testimony, within)]
    for report in explained.reports:
        lines += ["", short(report.node)]
        lines += [_INDENT + line for line in _report(report)]
    return "\n".join(lines)


def _reasons(explanation: Explanation, explained: Explained) -> Iterator[str]:
    if explanation.derivation is None:
        for assertion in explained.assertions.get(explanation.triple, ()):
            yield source_in_words(assertion, within=explained.article)
        return
    axioms = (axiom_in_words(a, explained) for a in explanation.derivation.axioms)
    yield f"follows by {explanation.derivation.rule}: {'; '.join(axioms)}"
    for premise in explanation.premises:
        yield f"- {in_words(premise.triple, within=explained.article)}"
        yield from (_INDENT * 2 + line for line in _reasons(premise, explained))


def axiom_in_words(axiom: Triple, explained: Explained) -> str:
    """Return the axiom as a clause."""
    steps = explained.steps_of.get(axiom)
    if steps:
        path = ", then ".join(map(short, steps))
        return f"{path} make {short(axiom.subject)}"
    if axiom.predicate == _TYPE:
        words = _KINDS.get(axiom.object)
    else:
        words = _AXIOMS.get(axiom.predicate)
    if words is None:
        return in_words(axiom)
    return words.format(short(axiom.subject), short(axiom.object))


def source_in_words(assertion: Assertion, *, within: NamedNode | None = None) -> str:
    """Return which graph asserts, and where it has it from if that is no claim."""
    named = assertion.kind
    if assertion.report:
        named += f" {short(assertion.graph, within=within)}"
    if assertion.sources:
        named += f", from {'; '.join(map(_plain, assertion.sources))}"
    return f"stated by {named}"


def _testimony(testimony: Testimony, within: NamedNode | None) -> Iterator[str]:
    if testimony.description:
        yield testimony.description
    manner = _listed(testimony.manner)
    claimants = _listed(testimony.claimants, within=within)
    yield f"claimant: {claimants} ({manner})" if manner else f"claimant: {claimants}"
    for passage in testimony.passages:
        yield f"text: {_passage(passage, within)}"


def _passage(passage: Passage, within: NamedNode | None) -> str:
    name = short(passage.node, within=within)
    if not fragment_of(passage.node):
        return f"the record {name}"
    if passage.start is None or passage.end is None:
        return f"segment {name}"
    return f"segment {name}, code points {passage.start} to {passage.end}"


def _report(report: Report) -> Iterator[str]:
    if report.title:
        yield report.title
    published = filter(None, [_listed(report.publishers), report.published])
    if said := ", ".join(published):
        yield f"publisher: {said}"
    if report.sources:
        yield f"source: {_listed(report.sources)}"
    for release in report.releases:
        yield f"data set: {_listed(release.data_sets)}"
        version = f", version {release.version}" if release.version else ""
        yield f"release: {short(release.node)}{version}"
        yield f"licence: {_listed(release.licences)}"
        if release.citation:
            yield f"citation: {release.citation}"


def _listed(terms: tuple[Term, ...], *, within: NamedNode | None = None) -> str:
    return ", ".join(
        term.value if isinstance(term, Literal) else short(term, within=within)
        for term in terms
    )


# JSON


def explanation_as_json(explained: Explained) -> dict[str, object]:
    """Return the derivation nested: each fact with its rule and premises, or its sources."""
    return _as_json(explained.explanation, explained)


def _as_json(explanation: Explanation, explained: Explained) -> dict[str, object]:
    told: dict[str, object] = {
        "fact": in_words(explanation.triple),
        "triple": _triple(explanation.triple),
        "asserted": explanation.is_asserted,
    }
    if explanation.derivation is None:
        found = explained.assertions.get(explanation.triple, ())
        return told | {"assertions": [_assertion(one) for one in found]}
    return told | {
        "rule": explanation.derivation.rule,
        "axioms": [
            {"words": axiom_in_words(axiom, explained), "triple": _triple(axiom)}
            for axiom in explanation.derivation.axioms
        ],
        "premises": [_as_json(one, explained) for one in explanation.premises],
    }


def _triple(triple: Triple) -> dict[str, object]:
    return {
        "subject": _term(triple.subject),
        "predicate": triple.predicate.value,
        "object": _term(triple.object),
    }


def _term(term: Term) -> object:
    if isinstance(term, NamedNode):
        return term.value
    if not isinstance(term, Literal):
        return str(term)
    if term.language:
        return {"value": term.value, "language": term.language}
    return {"value": term.value, "datatype": term.datatype.value}


def _assertion(assertion: Assertion) -> dict[str, object]:
    told: dict[str, object] = {
        "graph": assertion.graph.value,
        "kind": assertion.kind.removeprefix("the "),
        "sources": [_plain(term) for term in assertion.sources],
    }
    if assertion.testimony:
        claim = assertion.testimony
        told["claim"] = {
            "iri": claim.node.value,
            "claimants": [_plain(term) for term in claim.claimants],
            "manner": [_plain(term) for term in claim.manner],
            "description": claim.description,
            "segments": [
                {"iri": p.node.value, "start": p.start, "end": p.end}
                for p in claim.passages
            ],
        }
    if assertion.report:
        report = assertion.report
        told["article"] = {
            "iri": report.node.value,
            "title": report.title,
            "publishers": [_plain(term) for term in report.publishers],
            "published": report.published,
            "sources": [_plain(term) for term in report.sources],
            "releases": [
                {
                    "iri": one.node.value,
                    "dataSets": [_plain(term) for term in one.data_sets],
                    "version": one.version,
                    "licences": [_plain(term) for term in one.licences],
                    "citation": one.citation,
                }
                for one in report.releases
            ],
        }
    return told


def _plain(term: Term) -> str:
    return term.value if isinstance(term, NamedNode | Literal) else str(term)


# RDF


def explanation_as_triples(explained: Explained) -> frozenset[Triple]:
    """Return the derivation in PROV-O.

    Each fact is a `prov:Entity` and an `rdf:Statement`. One that follows was derived
    from its premises, and generated by an activity that used them and the axioms and is
    labelled with the rule; one that is asserted has the graph as its primary source.
    """
    return frozenset(_told(explained.explanation, explained))


def _told(explanation: Explanation, explained: Explained) -> Iterator[Triple]:
    node = _name_of(explanation.triple)
    yield from _statement(explanation.triple, node)
    if explanation.derivation is None:
        for assertion in explained.assertions.get(explanation.triple, ()):
            yield Triple(node, PROV.hadPrimarySource, assertion.graph)
            for source in assertion.sources:
                yield Triple(node, DCTERMS.source, source)
            yield from _provenance(assertion)
        return
    activity = NamedNode(f"{node.value}-derivation")
    yield Triple(node, PROV.wasGeneratedBy, activity)
    yield Triple(activity, _TYPE, PROV.Activity)
    yield Triple(activity, RDFS.label, Literal(explanation.derivation.rule))
    for axiom in explanation.derivation.axioms:
        yield Triple(activity, PROV.used, _name_of(axiom))
        yield from _statement(axiom, _name_of(axiom))
        words = Literal(axiom_in_words(axiom, explained), language="en")
        yield Triple(_name_of(axiom), RDFS.label, words)
    for premise in explanation.premises:
        yield Triple(activity, PROV.used, _name_of(premise.triple))
        yield Triple(node, PROV.wasDerivedFrom, _name_of(premise.triple))
        yield from _told(premise, explained)


def _name_of(triple: Triple) -> NamedNode:
    """Return the name of the statement, which follows from what it states."""
    return NamedNode(SKOLEM + sha256(str(triple).encode()).hexdigest()[:32])


def _statement(triple: Triple, node: NamedNode) -> Iterator[Triple]:
    yield Triple(node, _TYPE, PROV.Entity)
    yield Triple(node, _TYPE, RDF.Statement)
    yield Triple(node, RDF.subject, triple.subject)
    yield Triple(node, RDF.predicate, triple.predicate)
    yield Triple(node, RDF.object, triple.object)


def _provenance(assertion: Assertion) -> Iterator[Triple]:
    """Return what the graphs say of the claim, its passages and its article."""
    if assertion.testimony:
        yield from _of_claim(assertion.testimony)
    report = assertion.report
    if report is None:
        return
    node: Resource = report.node
    if assertion.testimony:
        yield Triple(assertion.testimony.node, MIL.inArticle, node)
    for publisher in report.publishers:
        yield Triple(node, DCTERMS.publisher, publisher)
    for source in report.sources:
        yield Triple(node, DCTERMS.source, source)
    if report.title:
        yield Triple(node, RDFS.label, Literal(report.title))
    for release in report.releases:
        yield Triple(node, MIL.inRelease, release.node)
        yield from _of_release(release)


def _of_release(release: Release) -> Iterator[Triple]:
    for data_set in release.data_sets:
        yield Triple(release.node, MIL.ofDataSet, data_set)
    for licence in release.licences:
        yield Triple(release.node, DCTERMS.license, licence)
    for name, text in (
        (MIL.releaseVersion, release.version),
        (DCTERMS.bibliographicCitation, release.citation),
    ):
        if text:
            yield Triple(release.node, name, Literal(text))


def _of_claim(claim: Testimony) -> Iterator[Triple]:
    for claimant in claim.claimants:
        yield Triple(claim.node, MIL.claimant, claimant)
    if claim.description:
        yield Triple(claim.node, DCTERMS.description, Literal(claim.description))
    for passage in claim.passages:
        yield Triple(claim.node, MIL.anchoredIn, passage.node)
        offsets = ((MIL.startOffset, passage.start), (MIL.endOffset, passage.end))
        for name, offset in offsets:
            if offset is not None:
                value = Literal(str(offset), datatype=XSD.integer)
                yield Triple(passage.node, name, value)
