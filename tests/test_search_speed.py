"""Speed: a search and a comparison cost about the same, however many names there are.

What is measured is the time of the processor; the bounds are several times what it is.
"""

import importlib.util
from pathlib import Path
from statistics import median

import pytest

from milgraph.matching import Name, Profile
from milgraph.search import SearchIndex

LABELS = 100_000
PROGRAM = Path(__file__).parent / "benchmarks" / "search.py"


@pytest.fixture(scope="module")
def program():
    spec = importlib.util.spec_from_file_location("search_benchmark", PROGRAM)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def known(program):
    return program.names(LABELS)


def test_a_search_among_a_hundred_thousand_labels_takes_milliseconds(program, known):
    rests = []
    index = SearchIndex.of(program.dataset(known), pause=lambda: rests.append(1))
    assert len(index) == LABELS
    # While the index is made, others have their turn every few milliseconds.
    assert len(rests) > LABELS / 200
    times = program.milliseconds(index.search, program.typed(known, number=20))
    assert median(times) < 20
    assert times[int(0.95 * len(times))] < 60


@pytest.mark.long
def test_candidates_among_a_hundred_thousand_profiles_take_milliseconds(program, known):
    matcher = program.matcher(known)

    def compare(text: str) -> object:
        return matcher.candidates(Profile("x:wanted", (Name(text),)))

    times = program.milliseconds(compare, program.typed(known, number=20))
    assert median(times) < 20
    assert times[int(0.95 * len(times))] < 60
    # A whole name is found among them, whatever else is alike.
    for text in known[:20]:
        best = matcher.candidates(Profile("x:wanted", (Name(text),)))[0]
        assert best.profile.label == text
