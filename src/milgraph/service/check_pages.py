"""The page on which people check facts: their text, and below it what is found."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from milgraph.service.findings import MOST_FINDINGS, name_of
from milgraph.service.markup import Content, Markup, element, page
from milgraph.service.tables import cell
from milgraph.syntax import FORMATS

if TYPE_CHECKING:
    from milgraph.validation import Cause, Report, Result

__all__ = ["FIELDS", "check_page", "report_section"]

# What the form sends, apart from its button.
FIELDS = ("facts", "format", "shapes", "report")
_FIRST = "trig"
_ROWS = 16
_MOST_PLACES = 20


def check_page(typed: Mapping[str, str], found: Content = None) -> str:
    """Return the page with the form as it was filled, and what was found below it."""
    el = element
    return page(
        "Check facts",
        el("h1", "Check facts"),
        el(
            "p",
            "Facts are held against the ontology and the shapes, together with what is "
            "in the graph. Nothing is stored. An article in TriG is checked as it would "
            "be submitted; facts in a format without graphs are read as one claim.",
        ),
        _form(typed),
        found,
    )


def _form(typed: Mapping[str, str]) -> Markup:
    el = element
    chosen = typed.get("format") or _FIRST
    formats = [
        el("option", form.name, value=form.name, selected=form.name == chosen)
        for form in FORMATS.values()
    ]
    shapes = typed.get("shapes", "")
    return el(
        "form",
        _area("facts", "Facts", typed.get("facts", ""), required=True),
        el(
            "p",
            el("label", "Format", for_="format"),
            el("select", formats, id="format", name="format"),
            class_="field",
        ),
        el(
            "details",
            el("summary", "By shapes of your own"),
            _area("shapes", "Shapes, in Turtle; in the place of ours", shapes),
            open=bool(shapes.strip()),
        ),
        el("p", el("button", "Check", type="submit")),
        action="/check",
        method="post",
        enctype="multipart/form-data",
    )


def _area(name: str, label: str, text: str, *, required: bool = False) -> Markup:
    area = element(
        "textarea",
        # The first line break of a textarea is dropped by the browser.
        "\n" + text,
        id=name,
        name=name,
        rows=str(_ROWS),
        spellcheck="false",
        required=required,
    )
    return element("p", element("label", label, for_=name), area, class_="field")


def report_section(report: "Report") -> Markup:
    """Return the report as a part of a page: the verdict, then cause by cause."""
    el = element
    shown = report.causes[:MOST_FINDINGS]
    rest = len(report.causes) - len(shown)
    verdict = "conform" if report.conforms else "do not conform"
    return el(
        "section",
        el("h2", "Report"),
        el(
            "p",
            el("strong", f"The facts {verdict}"),
            f": {report.summary}. Nothing was stored.",
            role="status",
        ),
        el("ol", [el("li", _shown(cause)) for cause in shown]) if shown else None,
        el("p", f"{rest:,} more causes are not shown.") if rest else None,
    )


def _shown(cause: "Cause") -> Content:
    """Return what is wrong, what was written and expected, and where it is all found."""
    el = element
    first = cause.first
    label = f"{first.severity.label.capitalize()}: {name_of(first.shape)}"
    others = cause.results[1:_MOST_PLACES]
    rest = len(cause.results) - len(others) - 1
    return [
        el("strong", label),
        el("p", first.message),
        _told(first),
        el("p", f"The same of {len(cause.results) - 1:,} more:") if others else None,
        el("ul", [el("li", _place(result)) for result in others]) if others else None,
        el("p", f"And {rest:,} more.") if rest else None,
    ]


def _told(result: "Result") -> Markup:
    el = element
    found: list[tuple[str, Content]] = [
        ("Node", _place(result)),
        *(
            (name, cell(term))
            for name, term in (
                ("Property", result.path),
                ("You wrote", result.value),
            )
            if term is not None
        ),
        *([("Expected", result.expected)] if result.expected else []),
        *(
            (name, cell(term))
            for name, term in (
                ("Claim", result.claim),
                ("Segment", result.segment),
                ("Rule", result.shape),
            )
            if term is not None
        ),
    ]
    return el("dl", [[el("dt", name), el("dd", told)] for name, told in found])


def _place(result: "Result") -> Content:
    """Return the node, and where in the text it is."""
    place = result.position
    parts = []
    if place and place.line:
        parts.append(f"line {place.line}")
    if place and place.column:
        parts.append(f"column {place.column}")
    if place and place.path:
        parts.append(place.path)
    return [cell(result.focus_node), f" ({', '.join(parts)})" if parts else None]
