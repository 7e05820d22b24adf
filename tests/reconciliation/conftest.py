"""Fixtures: the collection of the shipped graph, made once."""

import pytest

from milgraph.reconciliation import Collection
from milgraph.store import Snapshot


@pytest.fixture(scope="session")
def collection(dataset: Snapshot) -> Collection:
    return Collection.of(dataset)
