"""Extending: what entities have for properties, as cells that a spreadsheet takes."""

from collections.abc import Iterator, Mapping
from typing import Any

from milgraph.errors import ParameterError
from milgraph.reconciliation.asking import Extension, placed
from milgraph.reconciliation.collection import Collection
from milgraph.reconciliation.properties import Property
from milgraph.reconciliation.values import Value, full_iri, local_id

__all__ = ["SETTINGS", "extend", "proposed"]

_MOST_VALUES = 100
_LEVELS = {
    "exact": ("exact", ""),
    "close": ("exact", "close", ""),
    "any": ("exact", "close", "broad", ""),
}
# The settings of a property, as the manifest declares them.
SETTINGS: tuple[Mapping[str, Any], ...] = (
    {
        "name": "limit",
        "label": "Most values",
        "type": "number",
        "default": 0,
        "help_text": "How many values a cell gets at most; 0 is all of them.",
    },
    {
        "name": "language",
        "label": "Language",
        "type": "text",
        "default": "",
        "help_text": "Only texts in this language, as in ja; empty is every language.",
    },
    {
        "name": "links",
        "label": "Links",
        "type": "select",
        "default": "exact",
        "help_text": "Of links to other data sets: only what is the same, or also what is close or broader.",
        "choices": [
            {"value": "exact", "name": "the same"},
            {"value": "close", "name": "the same or close"},
            {"value": "any", "name": "any, broader ones too"},
        ],
    },
    {
        "name": "form",
        "label": "Written as",
        "type": "select",
        "default": "short",
        "help_text": "Identifiers and codes by what is short, or as whole IRIs.",
        "choices": [
            {"value": "short", "name": "short"},
            {"value": "iri", "name": "IRI"},
        ],
    },
)


def extend(collection: Collection, asked: Extension) -> dict[str, Any]:
    """Return the answer to a data extension query: what the columns are, and the rows.

    What has no value gets none, and an entity that is not known none at all.

    Raises:
        ParameterError: a property is defined nowhere, or a setting has no such value.
    """
    columns = []
    for number, (id_, settings) in enumerate(asked.properties):
        with placed(f"$.properties[{number}].id"):
            found = collection.property(id_)
        with placed(f"$.properties[{number}].settings"):
            columns.append((id_, found, _checked(settings)))
    return {
        "meta": [_meta(collection, id_, found) for id_, found, _ in columns],
        "rows": {
            id_: {
                name: [] if found is None else list(_cells(found, id_, settings))
                for name, found, settings in columns
            }
            for id_ in asked.ids
        },
    }


def proposed(collection: Collection, kind: str | None) -> Iterator[Property]:
    """Return the properties that entities of the class have, the most common first.

    Raises:
        ParameterError: there is no such class.
    """
    offered = collection.properties.values()
    if not kind:
        yield from sorted(offered, key=lambda one: (-len(one.values), one.id))
        return
    found = collection.kind(kind)
    if found is None:
        return
    counted = [(one.kinds.get(found.iri, 0), one) for one in offered]
    counted.sort(key=lambda pair: (-pair[0], pair[1].id))
    yield from (one for count, one in counted if count)


def _checked(settings: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the settings with those that are left out; unknown ones are not read.

    Raises:
        ParameterError: one has no such value.
    """
    found = {one["name"]: settings.get(one["name"]) for one in SETTINGS}
    for one in SETTINGS:
        name = one["name"]
        if found[name] in (None, ""):
            found[name] = one["default"]
        choices = [choice["value"] for choice in one.get("choices", ())]
        if choices and found[name] not in choices:
            raise ParameterError(
                f"the setting {name} is one of {', '.join(choices)}",
            )
    found["limit"] = _number(found["limit"])
    found["language"] = _language(found["language"])
    return found


def _language(value: object) -> str:
    if not isinstance(value, str):
        raise ParameterError(
            "the setting language is the tag of one language",
            hint="As a text, as in ja; to get every language, leave it out.",
        )
    return value.strip().lower()


def _number(value: object) -> int:
    """Return the number, which OpenRefine has sent as a text too."""
    try:
        number = int(value)  # type: ignore[call-overload]
    except (TypeError, ValueError, OverflowError) as error:
        raise ParameterError("the setting limit is a number from 0 upwards") from error
    if number < 0:
        raise ParameterError("the setting limit is a number from 0 upwards")
    return min(number, _MOST_VALUES) or _MOST_VALUES


def _meta(collection: Collection, id_: str, found: Property | None) -> dict[str, Any]:
    if found is None:
        name = collection.defined.get(id_)
        return {"id": id_, "name": name or id_}
    told: dict[str, Any] = {"id": id_, "name": found.name}
    known = [collection.kinds[i] for i in found.of_kinds if i in collection.kinds]
    if known:
        least = min(known, key=lambda kind: (-kind.depth, kind.members, kind.id))
        told["type"] = {"id": least.id, "name": least.name}
    return told


def _cells(
    found: Property, id_: str, settings: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    language = settings["language"]
    values = [
        value
        for value in found.of(full_iri(id_))
        if value.level in _LEVELS[settings["links"]]
        and (not language or value.language in ("", language))
    ]
    for value in values[: settings["limit"]]:
        yield _cell(value, is_iri=settings["form"] == "iri")


def _cell(value: Value, *, is_iri: bool) -> dict[str, Any]:
    if value.kind == "id":
        return {"id": local_id(value.text), "name": value.name}
    if value.kind == "int":
        return {"int": int(value.text)}
    if value.kind == "float":
        return {"float": float(value.text)}
    if value.kind == "date":
        return {"date": value.text}
    return {"str": value.iri if is_iri and value.iri else value.text}
