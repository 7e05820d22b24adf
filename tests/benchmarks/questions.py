"""The queries that are measured, each with many different values from the data."""

import re
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from random import Random
from string import Template

from world import AREAS, PREFIXES, SEAS, SEED, STATES

__all__ = ["NAMES", "Question", "activities", "questions"]

_QUERIES = Path(__file__).parent / "queries"
# From the lightest to the heaviest, so that a table is soon there.
NAMES = (
    "point-lookup",
    "place-and-period",
    "entity-page",
    "escort-join",
    "tit-for-tat",
    "monthly-aggregate",
    "large-result",
)
_ACTIVITY = re.compile(
    rf"<([^>]+)> <{re.escape(PREFIXES['rdf'])}type> "
    rf"<{re.escape(PREFIXES['mil'])}MilitaryActivity> \."
)
_YEARS = range(2015, 2025)
_DIFFERENT = 1000
# All answers to a question are to fit in a cache of 64 MiB: pages are large.
_PAGES = 300
# A cache is to see every text once before it is measured, so slow ones are few.
_SLOW = 20


@dataclass(frozen=True, slots=True)
class Question:
    """A query and its texts, no two alike: a server cannot answer from one text."""

    name: str
    texts: tuple[str, ...]


def activities(data: Path) -> list[str]:
    """Return the IRIs of all activities in the file."""
    with data.open(encoding="ascii") as lines:
        return [found[1] for line in lines if (found := _ACTIVITY.match(line))]


def questions(data: Path) -> list[Question]:
    """Return the questions to the data, always in the same words."""
    chance = Random(SEED)  # noqa: S311 - a fixed choice, not a secret
    known = activities(data)
    chosen = chance.sample(known, min(_DIFFERENT, len(known)))
    # Those that have no other place in them, as an ocean has half of everything.
    places = [f"{PREFIXES['area']}{index}" for index in range(SEAS, AREAS)]
    states = [f"{PREFIXES['actor']}state-{index}" for index in range(STATES)]
    # The first states act most, so that some pairs are found.
    rivals = [
        {"state": state, "rival": rival, "year": year}
        for state, rival, year in product(states[:8], states[:8], _YEARS)
        if state != rival
    ]
    periods = [
        {"place": place, "year": year} for place, year in product(places, _YEARS)
    ]
    values: dict[str, list[dict[str, object]]] = {
        "point-lookup": [{"activity": iri} for iri in chosen],
        "place-and-period": chance.sample(periods, len(periods) // 2),
        "entity-page": [{"activity": iri} for iri in chosen[:_PAGES]],
        "escort-join": [
            {"place": place} for place in chance.sample(places, len(places))
        ],
        "tit-for-tat": chance.sample(rivals, _SLOW),
        "monthly-aggregate": [{"day": f"{day:02}"} for day in range(1, 1 + _SLOW)],
        "large-result": [{"rows": 100_000}, {"rows": 99_999}],
    }
    return [_question(name, values[name]) for name in NAMES]


def _question(name: str, values: list[dict[str, object]]) -> Question:
    template = Template((_QUERIES / f"{name}.rq").read_text(encoding="utf-8"))
    return Question(name, tuple(template.substitute(given) for given in values))
