"""Pages that say why the graph holds a fact."""

from collections.abc import Iterable

from milgraph.entailment import Explanation
from milgraph.explanations import Explained
from milgraph.explanations.facts import Assertion, Release, Report, Testimony
from milgraph.explanations.naming import in_words
from milgraph.explanations.rendering import axiom_in_words
from milgraph.service.markup import Content, Markup, element, page
from milgraph.service.tables import cell
from milgraph.terms import Term, Triple

__all__ = ["explanation_page", "question_page"]


def question_page() -> str:
    """Return the page that asks for a fact."""
    el = element
    return page(
        "Why is this so?",
        el("h1", "Why is this so?"),
        el("p", "Name a fact by IRIs or short names, and see what it rests on."),
        el(
            "form",
            [
                el(
                    "p",
                    el("label", name.capitalize(), for_=name),
                    " ",
                    el("input", id=name, name=name, required=True, size="60"),
                )
                for name in ("subject", "predicate", "object")
            ],
            el("p", el("button", "Explain", type="submit")),
            action="/explain",
            method="get",
        ),
    )


def explanation_page(found: Explained) -> str:
    """Return the derivation as nested lists, and below it the claims and articles."""
    el = element
    return page(
        f"Why: {in_words(found.fact)}",
        el("h1", "Why is this so?"),
        el("p", _fact(found.fact), class_="lead"),
        el("section", el("h2", "Derivation"), _reasons(found.explanation, found)),
        _section("Claims", [_testimony(one) for one in found.testimonies]),
        _section("Articles", [_report(one) for one in found.reports]),
    )


def _section(title: str, entries: Iterable[Markup]) -> Markup | None:
    listed = list(entries)
    if not listed:
        return None
    return element("section", element("h2", title), element("ul", listed))


def _fact(triple: Triple) -> Content:
    terms: tuple[Term, ...] = (triple.subject, triple.predicate, triple.object)
    return [part for term in terms for part in (cell(term), " ")]


def _reasons(explanation: Explanation, found: Explained) -> Content:
    if explanation.derivation is None:
        asserted = found.assertions.get(explanation.triple, ())
        return element("ul", [element("li", _assertion(one)) for one in asserted])
    axioms = [axiom_in_words(axiom, found) for axiom in explanation.derivation.axioms]
    rule = element("code", explanation.derivation.rule)
    return [
        element("p", "follows by ", rule, ": ", "; ".join(axioms)),
        element(
            "ul",
            [
                element("li", _fact(premise.triple), _reasons(premise, found))
                for premise in explanation.premises
            ],
        ),
    ]


def _assertion(assertion: Assertion) -> Content:
    sources = _listed(assertion.sources)
    return [
        "stated by ",
        assertion.kind,
        " ",
        cell(assertion.graph),
        [", from ", sources] if sources else None,
    ]


def _testimony(testimony: Testimony) -> Markup:
    passages: list[Content] = []
    for passage in testimony.passages:
        passages += [", ", cell(passage.node)]
        if passage.start is not None and passage.end is not None:
            passages.append(f" (code points {passage.start} to {passage.end})")
    return element(
        "li",
        cell(testimony.node),
        f": {testimony.description} " if testimony.description else ": ",
        "claimed by ",
        _listed(testimony.claimants),
        " (",
        _listed(testimony.manner),
        ")",
        passages,
    )


def _report(report: Report) -> Markup:
    said: list[Content] = [
        _listed(report.publishers),
        report.published,
        _listed(report.sources),
        *map(_release, report.releases),
    ]
    return element(
        "li",
        cell(report.node),
        f": {report.title}" if report.title else None,
        [[", ", part] for part in said if part],
    )


def _release(release: Release) -> Content:
    return [
        "of ",
        _listed(release.data_sets),
        ", release ",
        cell(release.node),
        f", version {release.version}" if release.version else None,
        [", licence ", _listed(release.licences)],
        f". {release.citation}" if release.citation else None,
    ]


def _listed(terms: Iterable[Term]) -> list[Content]:
    spaced: list[Content] = []
    for term in terms:
        spaced += ["; ", cell(term)] if spaced else [cell(term)]
    return spaced
