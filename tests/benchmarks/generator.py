"""Made-up military activities in the ontology's own terms, of any size, from one seed.

What articles assert passes the gate. The facts of the view are those of them that are
accepted, and the supertypes and shortcuts that queries read; what else follows of each
node, and the occurrences, are left to entailment. A smaller size is a prefix of a larger
one, and every article can be made alone, so that a commit of one can be measured too.

Run it with `python tests/benchmarks/generator.py SIZE FILE [--graphs]`.
"""

import argparse
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import chain, count
from pathlib import Path
from random import Random

from world import (
    AREAS,
    BOMBERS,
    FIGHTERS,
    PREFIXES,
    PUBLISHERS,
    REFERENCE_GRAPH,
    SEED,
    STATES,
    Fact,
    above,
    chance_of,
    facts,
    iri,
    reference,
    text,
    typed,
)

__all__ = ["SUPERCLASSES", "Article", "batches", "size_of"]

# Every class that an activity is given, with all classes above it.
SUPERCLASSES = {
    "AirPatrol": ("Patrol", "Flight", "MilitaryActivity", "Activity"),
    "Flight": ("MilitaryActivity", "Activity"),
    "Exercise": ("MilitaryActivity", "Activity"),
    "ZoneEntry": ("MilitaryActivity", "Activity"),
    "Escort": ("MilitaryActivity", "Activity"),
    "Scramble": ("MilitaryActivity", "Activity"),
}
_REPORTED = ("AirPatrol", "AirPatrol", "Flight", "Exercise", "ZoneEntry")
_FIRST_DAY, _DAYS = date(2015, 1, 1), 3652
_WORDS = tuple(
    re.findall(
        r"\w+",
        "night dawn low altitude strait coast formation intercepted near border announced "
        "ministry reported escorted approached airspace identified radar contact exercise "
        "joint carrier group refuelling bombers fighters patrol transit identification "
        "zone scrambled response",
    )
)


@dataclass(frozen=True, slots=True)
class _Happening:
    """When, where and by whom something was done, as one article tells it."""

    day: date
    area: int
    state: int


@dataclass(slots=True)
class Article:
    """A report: its record, what its claims assert, and what follows from both.

    Article `index` is the same whatever else is made. A single one reports one activity,
    alone: about as much as a short notice says.
    """

    index: int
    seed: int = SEED
    single: bool = False
    record: list[Fact] = field(default_factory=list)
    claims: dict[str, list[Fact]] = field(default_factory=dict)
    entailed: list[Fact] = field(default_factory=list)
    supposed: dict[str, list[Fact]] = field(default_factory=dict)
    _chance: Random = field(init=False, repr=False)
    _publisher: str = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._chance = chance_of(f"{self.seed}/article/{self.index}")
        self._publisher = iri(f"actor:publisher-{self._pick(PUBLISHERS)}")
        self._write_record()
        reports = 1 if self.single else self._chance.choice((2, 3, 4, 5, 6))
        for number in range(1, reports + 1):
            self._report(number)

    @property
    def iri(self) -> str:
        """The article's IRI, in angle brackets."""
        return _iri_of(self.index)

    @property
    def view(self) -> Iterable[Fact]:
        """All facts, asserted and accepted or entailed, each once."""
        claimed = chain.from_iterable(self.claims.values())
        return dict.fromkeys(chain(self.record, claimed, self.entailed))

    def asserted(self) -> Iterator[str]:
        """Return what the article asserts as N-Quads, each claim in its own graph."""
        yield from _lines(self.record, self.iri)
        for claim, said in (self.claims | self.supposed).items():
            yield from _lines(said, claim)

    def _name(self, local: str) -> str:
        return f"{self.iri[:-1]}#{local}>"

    def _pick(self, number: int) -> int:
        """Return an index below the number, a small one more often."""
        return int(number * self._chance.random() ** 1.6)

    def _words(self, number: int) -> str:
        return text(" ".join(self._chance.choices(_WORDS, k=number)))

    def _write_record(self) -> None:
        day, published = _published(self.index), self._name("published")
        segment = self._name("s1")
        self.record += facts(
            self.iri,
            ("a", iri("mil:NewsReport")),
            ("rdfs:label", self._words(6)),
            ("dcterms:publisher", self._publisher),
            ("dcterms:source", f"<https://example.org/report/{self.index}>"),
            ("mil:publishedOn", published),
        )
        self.record += _time(published, day)
        self.record += facts(
            segment,
            ("a", iri("mil:Segment")),
            ("mil:inDocument", self.iri),
            ("mil:segmentKind", iri("segment:body")),
            ("mil:segmentIndex", typed(1, "xsd:integer")),
        )
        self.entailed += facts(
            self.iri, ("a", iri("mil:Article")), ("a", iri("mil:Document"))
        )

    def _report(self, number: int) -> None:
        chance = self._chance
        day = _published(self.index) - timedelta(chance.randrange(10))
        what = _Happening(day, self._pick(AREAS), self._pick(STATES))
        claim = self._claim(number, what.state, "fact")
        self.claims[claim] = []
        activity = self._name(f"activity-{number}")
        self._activity(activity, chance.choice(_REPORTED), what, claim, crew="bomber")
        if self.single:
            return
        if chance.random() < 0.5:
            self._escort(activity, number, what, claim)
        if chance.random() < 0.3:
            self._scramble(activity, number, what, claim)
        if number > 1 and chance.random() < 0.2:
            self._answer(activity, number, what)

    def _claim(self, number: int, state: int, modality: str) -> str:
        claim, relay = self._name(f"claim-{number}"), self._name(f"relay-{number}")
        self.record += facts(
            claim,
            ("a", iri("mil:Claim")),
            ("mil:inArticle", self.iri),
            ("mil:claimant", iri(f"actor:ministry-{state}")),
            ("mil:anchoredIn", self._name("s1")),
            ("mil:wording", iri("wording:reported")),
            ("mil:modality", iri(f"modality:{modality}")),
            ("mil:polarity", iri("polarity:positive")),
            ("mil:evidentiality", iri("evidentiality:official-statement")),
            ("dcterms:description", self._words(14)),
            ("mil:hasRelay", relay),
        )
        self.record += facts(
            relay,
            ("a", iri("mil:Relay")),
            ("mil:relayer", self._publisher),
            ("mil:relayIndex", typed(1, "xsd:integer")),
        )
        return claim

    def _activity(
        self, activity: str, kind: str, what: _Happening, claim: str, *, crew: str
    ) -> None:
        time = f"{activity[:-1]}-time>"
        area = iri(f"area:{what.area}")
        self.record += facts(activity, ("rdfs:label", self._words(5)))
        said = self.claims[claim]
        said += facts(
            activity,
            ("a", iri(f"mil:{kind}")),
            ("mil:hasTime", time),
            ("mil:hasPlace", area),
        )
        said += _time(time, what.day, iri("precision:day"))
        said += facts(
            time,
            ("mil:anchoredOn", self._name("published")),
            ("mil:anchoringRule", iri("rule:before-publication")),
        )
        self.entailed += facts(
            activity,
            *(("a", iri(f"mil:{name}")) for name in SUPERCLASSES[kind]),
            *(("mil:takesPlaceIn", place) for place in (area, *above(what.area))),
            ("mil:statedIn", claim),
            ("mil:describedIn", self.iri),
        )
        self._participation(activity, kind, what.state, claim, crew)

    def _participation(
        self, activity: str, kind: str, state: int, claim: str, crew: str
    ) -> None:
        group = f"{activity[:-1]}-group>"
        quantity = f"{activity[:-1]}-count>"
        role = {"Escort": "escort", "Scramble": "interceptor"}.get(kind, "principal")
        number = BOMBERS if crew == "bomber" else FIGHTERS
        platform = iri(f"platform:{crew}-{self._pick(number)}")
        who = iri(f"actor:air-force-{state}")
        size = typed(1 + int(self._chance.expovariate(0.4)), "xsd:integer")
        said = self.claims[claim]
        said += facts(activity, ("mil:hasParticipation", group))
        said += facts(
            group,
            ("mil:participant", who),
            ("mil:role", iri(f"role:{role}")),
            ("mil:platformType", platform),
            ("mil:count", quantity),
        )
        said += facts(
            quantity, ("mil:exactly", size), ("mil:basis", iri("basis:stated"))
        )
        self.entailed += facts(quantity, ("mil:atLeast", size), ("mil:atMost", size))
        self.entailed += facts(
            activity,
            ("mil:involves", who),
            ("mil:involvesState", iri(f"actor:state-{state}")),
            ("mil:involvesPlatformType", platform),
        )

    def _escort(self, activity: str, number: int, what: _Happening, claim: str) -> None:
        escort = self._name(f"escort-{number}")
        self._activity(escort, "Escort", what, claim, crew="fighter")
        self.claims[claim] += facts(escort, ("mil:escorts", activity))
        self.entailed += facts(escort, ("mil:partOf", activity))
        self.entailed += facts(
            activity,
            ("mil:hasEscort", escort),
            ("mil:escortedBy", iri(f"actor:air-force-{what.state}")),
        )

    def _scramble(
        self, activity: str, number: int, what: _Happening, claim: str
    ) -> None:
        """Let another state answer in the same place, at once or a day or two later."""
        scramble = self._name(f"scramble-{number}")
        other = (what.state + 1 + self._pick(STATES - 1)) % STATES
        day = what.day + timedelta(self._chance.randrange(3))
        # Nobody reports what has not happened yet.
        answer = _Happening(min(day, _published(self.index)), what.area, other)
        self._activity(scramble, "Scramble", answer, claim, crew="fighter")
        self.claims[claim] += facts(
            scramble,
            ("mil:triggeredBy", activity),
            ("mil:interceptedActivity", activity),
        )

    def _answer(self, activity: str, number: int, what: _Happening) -> None:
        """Suppose that the first activity of the report led to this one."""
        answer = self._name(f"answer-{number}")
        claim = self._claim(100 + number, what.state, "hypothesis")
        self.supposed[claim] = list(
            facts(
                answer,
                ("a", iri("mil:ResponseHypothesis")),
                ("mil:hypothesisedCause", self._name("activity-1")),
                ("mil:hypothesisedEffect", activity),
            )
        )
        self.entailed += facts(answer, ("mil:statedIn", claim))


def _published(index: int) -> date:
    # A multiplier that is prime to the number of days spreads articles evenly.
    return _FIRST_DAY + timedelta(index * 1237 % _DAYS)


def _iri_of(index: int) -> str:
    return f"<{PREFIXES['article']}{_published(index)}-report-{index}>"


def _time(time: str, day: date, precision: str | None = None) -> Iterator[Fact]:
    """Return the bounds of one day."""
    yield from facts(
        time,
        ("mil:earliestStart", typed(f"{day}T00:00:00Z", "xsd:dateTime")),
        ("mil:latestEnd", typed(f"{day}T23:59:59Z", "xsd:dateTime")),
        ("mil:edtf", f'"{day}"'),
    )
    if precision:
        yield from facts(time, ("mil:timePrecision", precision))


def _lines(said: Iterable[Fact], graph: str | None = None) -> list[str]:
    end = f" {graph} .\n" if graph else " .\n"
    return [f"{subject} {name} {value}{end}" for subject, name, value in said]


def batches(
    size: int, *, graphs: bool = False, seed: int = SEED
) -> Iterator[list[str]]:
    """Return lines of N-Quads in batches: the reference data, then an article each.

    With `graphs` each article has a graph of its own; without, all lie in the default
    graph, and the lines are N-Triples too. Ends with the article that fills the size.
    """
    batch = _lines(reference(seed), REFERENCE_GRAPH if graphs else None)
    written = len(batch)
    yield batch
    for index in count():
        if written >= size:
            return
        article = Article(index, seed)
        batch = _lines(article.view, article.iri if graphs else None)
        written += len(batch)
        yield batch


def size_of(text: str) -> int:
    """Return the number of triples that `10k`, `1M` or `2500` names.

    Raises:
        ValueError: the text is no such number.
    """
    found = re.fullmatch(r"(\d+)([kM]?)", text)
    if not found or not int(found[1]):
        raise ValueError(f"{text!r} is not a size such as 10k, 100k, 1M or 10M")
    return int(found[1]) * {"": 1, "k": 1_000, "M": 1_000_000}[found[2]]


def main() -> None:
    """Write the data of the size to the file."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("size", type=size_of, help="10k, 100k, 1M, 10M, or a number")
    parser.add_argument("file", type=Path)
    parser.add_argument("--graphs", action="store_true", help="a graph for an article")
    parser.add_argument("--seed", type=int, default=SEED)
    given = parser.parse_args()
    made = batches(given.size, graphs=given.graphs, seed=given.seed)
    with given.file.open("w", encoding="ascii", buffering=1 << 20) as file:
        for batch in made:
            file.writelines(batch)


if __name__ == "__main__":
    main()
