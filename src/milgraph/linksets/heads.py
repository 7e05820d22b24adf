"""Heads: the metadata of a mapping set, as the YAML in front of its table."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from milgraph.errors import LinksetError, Position
from milgraph.linksets.slots import MANY, OF_A_SET

__all__ = ["Metadata", "head_text", "read_head"]

# Each slot with its values; a slot of one value has a tuple of one.
Metadata = Mapping[str, tuple[str, ...]]

_LARGEST = 256 * 1024
_DEEPEST = 2
_CURIES = "curie_map"
_BREAKS = re.compile("[\r\x85\u2028\u2029\ufeff]")


class _Plain(yaml.SafeLoader):  # type: ignore[misc]  # PyYAML has no types
    """A safe loader for which each scalar is the text that stands there.

    A version `1.10` is no number, and a date no object.
    """

    yaml_implicit_resolvers: dict[str, list[tuple[str, object]]] = {}  # noqa: RUF012 - as PyYAML declares it

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        """Return the keys with their values, once none is there twice."""
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.MarkedYAMLError(
                    problem="a key is a list or a mapping, where a name belongs",
                    problem_mark=key.start_mark,
                )
            if key.value in seen:
                raise yaml.MarkedYAMLError(
                    problem=f"{key.value} is there twice", problem_mark=key.start_mark
                )
            seen.add(key.value)
        found: dict[Any, Any] = super().construct_mapping(node, deep)
        return found


class _Quoting(yaml.SafeDumper):  # type: ignore[misc]  # PyYAML has no types
    """A safe dumper that refers to nothing: what is said twice is written twice."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - PyYAML's signature
        return True


def _represent(dumper: Any, text: str) -> Any:
    """Return the text as a scalar, quoted where YAML would take a part for a line break."""
    style = '"' if _BREAKS.search(text) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Quoting.add_representer(str, _represent)


def read_head(text: str, source: str) -> tuple[Metadata, Mapping[str, str]]:
    """Return the metadata and the prefixes of the YAML text.

    Raises:
        LinksetError: it is not YAML, is larger or deeper than metadata are, refers to
            parts of itself, or has a key that SSSOM does not know.
    """
    place = Position(source, 1)
    if len(text) > _LARGEST:
        raise LinksetError(
            f"the metadata are longer than {_LARGEST:,} characters", position=place
        )
    try:
        _require_plain(text, source)
        head = yaml.load(text, Loader=_Plain)  # noqa: S506 - a SafeLoader
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or "not YAML"
        raise LinksetError(
            f"the metadata are not YAML: {problem}",
            position=Position(source, mark.line + 1 if mark else 1),
        ) from error
    if head is None:
        head = {}
    if not isinstance(head, dict):
        raise LinksetError("the metadata are not keys with values", position=place)
    return _metadata(head, place), _curies(head.get(_CURIES, {}), place)


def _require_plain(text: str, source: str) -> None:
    """Refuse, before anything is built, what could grow, recurse or hide a key."""
    depth = 0
    for event in yaml.parse(text, Loader=_Plain):
        place = Position(source, event.start_mark.line + 1)
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise LinksetError(
                "the metadata refer to a part of themselves",
                position=place,
                hint="Write the value out, without & and *.",
            )
        if getattr(event, "tag", None):
            raise LinksetError("the metadata hold a tag of YAML", position=place)
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            raise LinksetError("the metadata are nested too deep", position=place)


def _metadata(head: Mapping[object, object], place: Position) -> Metadata:
    found: dict[str, tuple[str, ...]] = {}
    for key, value in head.items():
        if key == _CURIES:
            continue
        if key not in OF_A_SET:
            raise LinksetError(
                f"{key} is not a slot of a mapping set",
                position=place,
                hint="Those of SSSOM are allowed: mapping_set_id, license, object_source ...",
            )
        values = tuple(_texts(key, value, place))
        if len(values) > 1 and key not in MANY:
            raise LinksetError(f"{key} has more than one value", position=place)
        if values:
            found[key] = values
    return found


def _texts(key: str, value: object, place: Position) -> Iterator[str]:
    for one in value if isinstance(value, list) else [value]:
        if not isinstance(one, str):
            raise LinksetError(f"{key} is neither a text nor a list", position=place)
        if one:
            yield one


def _curies(found: object, place: Position) -> Mapping[str, str]:
    if not isinstance(found, dict) or not all(
        isinstance(prefix, str) and isinstance(iri, str) and iri
        for prefix, iri in found.items()
    ):
        raise LinksetError(
            "the curie_map is not prefixes with their namespaces", position=place
        )
    return dict(found)


def head_text(metadata: Metadata, curies: Mapping[str, str]) -> str:
    """Return the YAML of the metadata, slots in SSSOM's order, prefixes sorted.

    >>> print(head_text({"license": ("https://example.org/l",)}, {"e": "https://e.org/"}))
    license: https://example.org/l
    curie_map:
      e: https://e.org/
    <BLANKLINE>
    """
    head: dict[str, object] = {
        slot: list(metadata[slot]) if slot in MANY else metadata[slot][0]
        for slot in OF_A_SET
        if slot in metadata
    }
    head[_CURIES] = dict(sorted(curies.items()))
    text = yaml.dump(
        head,
        Dumper=_Quoting,
        sort_keys=False,
        allow_unicode=True,
        default_flow_style=False,
        width=float("inf"),
    )
    return str(text)
