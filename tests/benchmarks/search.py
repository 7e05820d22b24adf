"""How long a search takes, and a comparison, as names become more.

Run it with `python tests/benchmarks/search.py [LABELS ...]`. It measures the time of the
processor, which machines that are shared and noisy leave alone.
"""

import random
import resource
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from statistics import quantiles
from time import process_time

from milgraph.matching import Matcher, Name, Profile
from milgraph.search import SearchIndex
from milgraph.store import Snapshot
from milgraph.terms import BASE, RDFS, DefaultGraph, Literal, NamedNode, Quad

_FIRST = [
    "Northern",
    "Southern",
    "Eastern",
    "Western",
    "Central",
    "Upper",
    "Lower",
    "Great",
    "Little",
    "Old",
    "New",
    "Red",
    "Black",
    "White",
    "Guards",
    "Coastal",
    "Naval",
    "Air",
    "Border",
    "Joint",
]
_SYLLABLES = [
    "ka",
    "mo",
    "ri",
    "ta",
    "ve",
    "lo",
    "sha",
    "ne",
    "pu",
    "gor",
    "sk",
    "vich",
    "dar",
    "bel",
    "tom",
    "zu",
    "hai",
    "lin",
    "yan",
    "mar",
]
_KINDS = [
    "Brigade",
    "Regiment",
    "Squadron",
    "Fleet",
    "Command",
    "Base",
    "Airfield",
    "Harbour",
    "Island",
    "Sea",
    "Strait",
    "Division",
    "Flotilla",
    "Exercise",
    "Patrol",
    "Wing",
]
_FAMILIES = ["Tu", "Su", "MiG", "F", "B", "DDG", "Il", "Ka"]
_SUFFIXES = ("", "M", "MS", "SM2", "H", "K")
_QUERIES = 100


def names(number: int, *, seed: int = 4) -> list[str]:
    """Return so many made-up names: of formations, places and types."""
    chance = random.Random(seed)  # noqa: S311 - made-up names
    return [_name(chance) for _ in range(number)]


def _name(chance: random.Random) -> str:
    if chance.random() < 0.2:
        number = chance.randint(1, 999)
        return f"{chance.choice(_FAMILIES)}-{number}{chance.choice(_SUFFIXES)}"
    word = "".join(chance.choices(_SYLLABLES, k=chance.randint(2, 4))).title()
    number = str(chance.randint(1, 400)) if chance.random() < 0.5 else ""
    return f"{chance.choice(_FIRST)} {word} {chance.choice(_KINDS)} {number}".strip()


def typed(
    known: Sequence[str], *, number: int = _QUERIES, seed: int = 5
) -> Iterator[str]:
    """Return what somebody may type: names, beginnings, typing errors, common words."""
    chance = random.Random(seed)  # noqa: S311 - made-up queries
    for name in chance.sample(known, number):
        place = chance.randrange(len(name) - 1)
        yield name
        yield name[: max(3, len(name) // 2)]
        yield name[:place] + name[place + 1] + name[place] + name[place + 2 :]
        yield f"{chance.choice(_FIRST)} {chance.choice(_KINDS)}"


def dataset(known: Iterable[str]) -> Snapshot:
    """Return a state in which the names are labels, of entities and of activities."""
    return Snapshot.of(
        Quad(
            NamedNode(f"{BASE}{'actor' if number % 2 else 'occurrence'}/{number}"),
            RDFS.label,
            Literal(name, language="en"),
            DefaultGraph(),
        )
        for number, name in enumerate(known)
    )


def matcher(known: Iterable[str]) -> Matcher:
    """Return a matcher of as many profiles as there are names."""
    return Matcher(Profile(f"x:{n}", (Name(name),)) for n, name in enumerate(known))


def milliseconds(ask: Callable[[str], object], texts: Iterable[str]) -> list[float]:
    """Return what each question takes of the processor."""
    times = []
    for text in texts:
        start = process_time()
        ask(text)
        times.append(1000 * (process_time() - start))
    return sorted(times)


def _told(what: str, times: Sequence[float]) -> str:
    cuts = quantiles(times, n=100)
    return f"{what}: median {cuts[49]:.1f} ms, 99 of 100 within {cuts[98]:.1f} ms"


def main(sizes: Sequence[int]) -> None:
    """Print the times for each size."""
    for size in sizes:
        known = names(size)
        start = process_time()
        index = SearchIndex.of(dataset(known))
        print(f"{size:,} labels: indexed in {process_time() - start:.1f} s")
        print(_told("  search", milliseconds(index.search, typed(known))))
        start = process_time()
        compared = matcher(known)
        print(f"  matcher of {size:,}: made in {process_time() - start:.1f} s")

        def compare(text: str, compared: Matcher = compared) -> object:
            return compared.candidates(Profile("x:wanted", (Name(text),)))

        print(_told("  candidates", milliseconds(compare, typed(known))))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{peak:,} MB at the most")


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]] or [1_000, 10_000, 100_000])
