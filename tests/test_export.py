"""What is exported can be read again, and says the same."""

import pytest

from milgraph.errors import QueryError, UnknownCommitError, UnknownGraphError
from milgraph.export import dump_dataset, dump_graph, dump_view, state_at
from milgraph.history import LogReader
from milgraph.proposals import Desk, vocabulary_of
from milgraph.syntax import FORMATS, Source, read
from milgraph.terms import MIL, DefaultGraph, expand

ARTICLE = expand("article:2023-03-20-b-52h-baltic")


def quads_of(content, form):
    return read(Source("export", content, form))


@pytest.mark.parametrize("form", FORMATS.values(), ids=FORMATS.keys())
def test_the_view_is_the_same_graph_in_every_format(dataset, form):
    exported = quads_of(dump_view(dataset, form), form)
    assert exported == frozenset(dataset.view())


@pytest.mark.parametrize("name", ["trig", "nquads", "jsonld"])
def test_the_dataset_holds_every_graph_and_the_view_as_its_default_graph(dataset, name):
    exported = quads_of(dump_dataset(dataset, FORMATS[name]), FORMATS[name])
    assert exported == {*dataset.match(), *dataset.view()}


def test_a_format_without_graphs_cannot_hold_the_dataset(dataset):
    with pytest.raises(QueryError, match="has no graphs"):
        dump_dataset(dataset, FORMATS["turtle"])


def test_an_article_comes_with_its_claims(dataset):
    form = FORMATS["trig"]
    exported = quads_of(dump_graph(dataset, ARTICLE, form), form)
    names = {quad.graph_name for quad in exported}
    assert ARTICLE in names
    assert len(names) > 1
    assert DefaultGraph() not in names


def test_an_article_comes_as_it_was_submitted(dataset):
    form = FORMATS["trig"]
    content = dump_graph(dataset, ARTICLE, form)
    assert not {q.predicate for q in quads_of(content, form)} & {MIL.statedIn}
    desk = Desk(dataset, vocabulary_of(dataset))
    assert desk.submission([Source("export.trig", content, form)]).change.is_empty


def test_in_a_format_without_graphs_a_graph_comes_alone(dataset):
    form = FORMATS["turtle"]
    exported = quads_of(dump_graph(dataset, ARTICLE, form), form)
    assert {q.triple for q in exported} == {
        q.triple for q in dataset.match(graph=ARTICLE)
    }


def test_an_unknown_graph_is_an_error_that_names_the_nearest(dataset):
    with pytest.raises(UnknownGraphError) as refused:
        dump_graph(dataset, expand("graph:references"), FORMATS["trig"])
    assert "graph:reference" in refused.value.hint


def test_an_export_is_the_same_each_time_and_declares_only_what_it_uses(dataset):
    first = dump_graph(dataset, ARTICLE, FORMATS["trig"])
    assert first == dump_graph(dataset, ARTICLE, FORMATS["trig"])
    head = [line for line in first.decode().splitlines() if line.startswith("@prefix")]
    assert head == sorted(head)
    assert not any("@prefix cameo:" in line for line in head)


def test_a_state_of_the_past_is_exported_by_its_number_or_by_a_time(graph, dataset):
    log = LogReader.open(graph.settings.data / "log")
    reader = graph.reader()
    form = FORMATS["nquads"]
    now = dump_dataset(dataset, form)
    for written in (str(log.last), "2999-01-01"):
        then = quads_of(dump_dataset(state_at(reader, log, written), form), form)
        # The number of the last commit is a note of the store, and no commit's.
        note = quads_of(now, form) - then
        assert {quad.predicate for quad in note} == {MIL.sequenceNumber}
        assert then <= quads_of(now, form)
    with pytest.raises(UnknownCommitError):
        state_at(reader, log, "1999-12-31")
