"""Previews: an entity, a type or a property in a small frame of somebody else's page."""

from base64 import b64encode
from collections.abc import Iterable
from hashlib import sha256

from milgraph.matching import Profile
from milgraph.reconciliation import Collection, Explained, Property, local_id
from milgraph.service.markup import Content, Markup, element
from milgraph.terms import NamedNode, compact

__all__ = ["PREVIEW_HEADERS", "entity_card", "explained_card", "plain_card", "preview"]

_STYLE = (
    "body{font:14px/1.4 system-ui,sans-serif;margin:8px;color:#1c1c1c;background:#fff}"
    "h1{font-size:16px;margin:0 0 2px}p{margin:2px 0}.kind{color:#555}"
    "dl{margin:4px 0;display:grid;grid-template-columns:max-content 1fr;gap:1px 10px}"
    "dt{color:#555}dd{margin:0}"
)
_DIGEST = b64encode(sha256(_STYLE.encode()).digest()).decode()
# It is there to be framed. It has no script, no form and nothing that depends on who
# looks, so that no frame around it can do harm.
PREVIEW_HEADERS = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_DIGEST}'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors *"
}
# What tells entities of one name apart, as far as they have it.
_SHOWN = (
    "mil:ofState", "mil:operatedBy", "mil:platformType", "mil:variantOf", "mil:hullNumber",
    "mil:partOfOrganization", "mil:administeredBy", "mil:zoneKind", "coordinates",
    "links:wikidata",
)  # fmt: skip
_MOST_NAMES = 8
_MOST_VALUES = 4
_LONGEST_TEXT = 240


def preview(title: str, card: Content) -> str:
    """Return the card as a whole page."""
    el = element
    head = el(
        "head",
        el("meta", charset="utf-8"),
        el("title", title),
        el("style", Markup(_STYLE)),
    )
    return f"<!DOCTYPE html>\n{el('html', head, el('body', card), lang='en')}\n"


def entity_card(
    collection: Collection, profile: Profile, *, address: str = ""
) -> Markup:
    """Return what the entity is, in a few lines; with a link where it has an address."""
    el = element
    facts = [
        (found.name, ", ".join(v.name or v.text for v in values[:_MOST_VALUES]))
        for name in _SHOWN
        if (found := collection.properties.get(name))
        and (values := found.of(profile.id))
    ]
    others = list(dict.fromkeys(n.text for n in profile.names[1:]))[:_MOST_NAMES]
    if others:
        facts.insert(0, ("also", ", ".join(others)))
    name: Content = profile.label
    if address:
        name = el("a", name, href=address, target="_blank", rel="noopener")
    kinds = [kind.name for kind in collection.types_of(profile)]
    return el(
        "div",
        el("h1", name),
        el("p", ", ".join(kinds), " · ", local_id(profile.id), class_="kind"),
        el("p", _short(profile.description)) if profile.description else None,
        el("dl", [[el("dt", key), el("dd", text)] for key, text in facts]),
    )


def plain_card(name: str, identifier: str, definition: str, more: str = "") -> Markup:
    """Return the card of a type or a property."""
    el = element
    return el(
        "div",
        el("h1", name),
        el("p", identifier, class_="kind"),
        el("p", definition),
        el("p", more) if more else None,
    )


def explained_card(feature: str, found: Explained) -> Markup:
    """Return the card of a feature of candidates: what it is and what it counts."""
    points = f"It adds up to {found.gain:g} points and takes up to {found.loss:g}."
    return plain_card(found.name, feature, found.text, points)


def of_property(found: Property, collection: Collection) -> Markup:
    """Return the card of a property, with how many entities have it."""
    kinds: Iterable[str] = (
        collection.kinds[iri].name
        if iri in collection.kinds
        else compact(NamedNode(iri))
        for iri, _ in found.kinds.most_common(3)
    )
    more = f"{len(found.values)} entities have it: {', '.join(kinds)} and others."
    return plain_card(found.name, found.id, found.definition, more)


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_TEXT else text[:_LONGEST_TEXT].rstrip() + "…"
