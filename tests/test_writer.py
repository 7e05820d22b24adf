"""The writer: what is acknowledged is stored and seen; what is ended leaves no trace."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from contextlib import closing, suppress
from functools import partial
from pathlib import Path

import pytest

from milgraph.errors import (
    BusyError,
    ConflictError,
    LimitError,
    QueryError,
    QueryRefusedError,
    SourceError,
    StoreError,
)
from milgraph.generations import Generations
from milgraph.settings import MEBIBYTE, Limits, Settings
from milgraph.store import Snapshot
from milgraph.store.documents import Document
from milgraph.store.plain import PlainStore
from milgraph.syntax import FORMATS, Source
from milgraph.terms import NamedNode, Triple
from milgraph.writer import PlainWriter, Upload
from milgraph.writer.updates import loads_of, with_dataset, with_placeholders

SHIPS = NamedNode("http://example.org/ships")
SHIP = "<http://example.org/ship>"
FORTY = ", ".join(str(number) for number in range(40))
ENDLESS = (
    "INSERT { ?a <http://example.org/p> ?l } WHERE "
    "{ ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?n ?o . ?q ?r ?s }"
)
HOARD = (
    f'INSERT {{ {SHIP} <urn:n> ?v26 }} WHERE {{ BIND("{"a" * 64}" AS ?v0) '
    + " ".join(f"BIND(CONCAT(?v{n}, ?v{n}) AS ?v{n + 1})" for n in range(26))
    + " }"
)
Step = Callable[[PlainWriter], Awaitable[None]]


def with_writer(data: Path, step: Step, **limits: float) -> None:
    """Do the step with a writer that holds the folder."""

    async def run() -> None:
        writer = PlainWriter(
            Settings(data=data, limits=Limits(**{"seconds": 20.0, **limits}))
        )
        await writer.start()
        try:
            async with asyncio.timeout(120):
                await step(writer)
        finally:
            await writer.close()

    asyncio.run(run())


async def seen(writer: PlainWriter, data: Path) -> Snapshot:
    """Return the state that a reader opens once what is committed is published."""
    await writer.publish()
    number, snapshot = Generations(data).open()
    assert number == writer.published
    return snapshot


def turtle(text: str) -> Upload:
    return Upload.of(Source("body", text.encode(), FORMATS["turtle"]), base=SHIPS.value)


@pytest.mark.long
def test_each_of_two_hundred_commits_is_seen_by_the_next_query(tmp_path: Path) -> None:
    async def step(writer: PlainWriter) -> None:
        for number in range(200):
            await writer.update(
                f"INSERT DATA {{ {SHIP} <http://example.org/n> {number} }}"
            )
            snapshot = await seen(writer, tmp_path)
            assert snapshot.query(
                f"ASK {{ {SHIP} <http://example.org/n> {number} }}"
            ), number

    with_writer(tmp_path, step)


def test_no_quad_of_ours_is_among_those_of_the_user(tmp_path: Path) -> None:
    async def step(writer: PlainWriter) -> None:
        await writer.update(f"INSERT DATA {{ GRAPH {SHIPS} {{ {SHIP} a {SHIP} }} }}")
        snapshot = await seen(writer, tmp_path)
        assert list(snapshot.graphs()) == [SHIPS]
        assert len(list(snapshot.match())) == 1
        assert not list(snapshot.view())

    with_writer(tmp_path, step)


def test_an_endless_update_is_ended_and_the_next_one_works(tmp_path: Path) -> None:
    async def step(writer: PlainWriter) -> None:
        await writer.update(f"INSERT DATA {{ {SHIP} <urn:n> {FORTY} }}")
        before = writer.sequence
        with pytest.raises(LimitError, match="nothing was stored") as error:
            await writer.update(ENDLESS)
        assert error.value.limit == "time"
        assert writer.sequence == before
        await writer.update(f"INSERT DATA {{ {SHIP} <urn:n> 41 }}")
        assert len(list((await seen(writer, tmp_path)).view())) == 41

    with_writer(tmp_path, step, seconds=1.0)


def test_an_update_that_hoards_is_ended_and_the_next_one_works(tmp_path: Path) -> None:
    async def step(writer: PlainWriter) -> None:
        await writer.update(f"INSERT DATA {{ {SHIP} <urn:n> {FORTY} }}")
        with pytest.raises(LimitError, match="nothing was stored") as error:
            await writer.update(HOARD)
        assert error.value.limit == "memory"
        await writer.update(f"INSERT DATA {{ {SHIP} <urn:n> 41 }}")

    with_writer(tmp_path, step, seconds=100.0, memory=256 * MEBIBYTE)


def test_queries_see_what_was_committed_while_an_endless_update_runs(
    tmp_path: Path,
) -> None:
    async def step(writer: PlainWriter) -> None:
        await writer.update(f"INSERT DATA {{ {SHIP} <urn:n> {FORTY} }}")
        endless = asyncio.create_task(writer.update(ENDLESS))
        await asyncio.sleep(0.3)
        assert not endless.done()
        assert len(list((await seen(writer, tmp_path)).view())) == 40
        with pytest.raises(LimitError):
            await endless

    with_writer(tmp_path, step, seconds=3.0)


@pytest.mark.parametrize("delay", [0.0, 0.002, 0.01, 0.05])
def test_a_writer_that_is_killed_leaves_the_store_whole(
    tmp_path: Path, delay: float
) -> None:
    """Each update adds ten to one subject, so that a part of one would be seen."""

    async def step(writer: PlainWriter) -> None:
        acknowledged = 0
        first = writer.sequence

        async def write() -> None:
            nonlocal acknowledged
            for number in range(60):
                objects = ", ".join(f"{number}{n}" for n in range(10))
                with suppress(StoreError):
                    await writer.update(
                        f"INSERT DATA {{ <urn:ship:{number}> <urn:n> {objects} }}"
                    )
                    acknowledged += 1

        async def kill() -> None:
            for _ in range(3):
                await asyncio.sleep(0.02 + delay)
                child = writer._queue._child
                if child is not None and child.process.poll() is None:
                    os.kill(child.process.pid, signal.SIGKILL)
                    await asyncio.sleep(1)

        await asyncio.gather(write(), kill())
        found: dict[str, int] = {}
        for quad in (await seen(writer, tmp_path)).view():
            found[str(quad.subject)] = found.get(str(quad.subject), 0) + 1
        assert set(found.values()) == {10}
        # What was acknowledged is there, and what was refused is not.
        assert len(found) == acknowledged
        assert writer.sequence == first + acknowledged

    with_writer(tmp_path, step)


def test_a_store_that_is_opened_again_goes_on_after_its_last_generation(
    tmp_path: Path,
) -> None:
    numbers = []

    async def first(writer: PlainWriter) -> None:
        await writer.update(f"INSERT DATA {{ {SHIP} a {SHIP} }}")
        numbers.append(await writer.publish())

    async def second(writer: PlainWriter) -> None:
        assert writer.published == numbers[0] + 1
        assert len(list((await seen(writer, tmp_path)).view())) == 1

    with_writer(tmp_path, first)
    with_writer(tmp_path, second)


def test_who_waits_when_the_writer_is_closed_is_told(tmp_path: Path) -> None:
    async def step(writer: PlainWriter) -> None:
        await writer.update(f"INSERT DATA {{ {SHIP} <urn:n> {FORTY} }}")
        waiting = [asyncio.create_task(writer.update(ENDLESS)) for _ in range(2)]
        await asyncio.sleep(0.3)
        await writer.close()
        outcomes = await asyncio.gather(*waiting, return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [BusyError, BusyError]

    with_writer(tmp_path, step)


def test_a_publication_survives_the_end_of_the_update_beside_it(tmp_path: Path) -> None:
    async def step(writer: PlainWriter) -> None:
        await writer.update(f"INSERT DATA {{ {SHIP} <urn:n> {FORTY} }}")
        for _ in range(3):
            await writer.update(f"INSERT DATA {{ {SHIP} <urn:n> {FORTY} }}")
            endless = asyncio.create_task(writer.update(ENDLESS))
            await asyncio.sleep(0.98)
            await writer.publish()
            assert writer.is_published
            with pytest.raises(LimitError):
                await endless

    with_writer(tmp_path, step, seconds=1.0)


def test_two_writers_do_not_hold_one_store(tmp_path: Path) -> None:
    async def step(_: PlainWriter) -> None:
        other = PlainWriter(Settings(data=tmp_path))
        with pytest.raises(StoreError, match="held by another process"):
            await other.start()
        await other.close()

    with_writer(tmp_path, step)


def test_more_than_the_queue_holds_is_told_to_come_back(tmp_path: Path) -> None:
    async def step(writer: PlainWriter) -> None:
        await writer.update(f"INSERT DATA {{ {SHIP} <urn:n> {FORTY} }}")
        endless = asyncio.create_task(writer.update(ENDLESS))
        await asyncio.sleep(0.3)
        waiting = asyncio.create_task(writer.update("CLEAR DEFAULT"))
        await asyncio.sleep(0.1)
        with pytest.raises(BusyError):
            await writer.update("CLEAR ALL")
        with pytest.raises(LimitError):
            await endless
        await waiting

    with_writer(tmp_path, step, seconds=2.0, queue=1)


@pytest.mark.parametrize(
    ("text", "error", "says"),
    [
        ("INSERT DATA {", QueryError, "update:1:14: .* ill-formed"),
        ("DELETE DATA { _:b <urn:a> 1 }", QueryError, "blank nodes"),
        (
            "INSERT DATA { _:b <a:> 1 } ; INSERT DATA { _:b <a:> 1 }",
            QueryError,
            "update: .* shared",
        ),
        ("INSERT DATA { \n <urn:a> <urn:b> }", QueryError, "ill-formed"),
        ("INSERT DATA { <urn:a> <urn:b> ex:c }", QueryError, "prefix"),
        ("SELECT * { ?s ?p ?o }", QueryError, "ill-formed"),
        ("CREATE GRAPH <urn:g> ; CREATE GRAPH <urn:g>", ConflictError, "exists"),
        ("CREATE GRAPH <urn:g> ; DROP GRAPH <urn:h>", ConflictError, "not exist"),
        ("LOAD <http://127.0.0.1:9/x>", QueryRefusedError, "no other machine"),
        (
            "INSERT { ?s ?p ?o } WHERE { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }",
            QueryRefusedError,
            "SERVICE",
        ),
    ],
)
def test_an_update_that_fails_says_why_and_changes_nothing(
    tmp_path: Path, text: str, error: type[QueryError], says: str
) -> None:
    async def step(writer: PlainWriter) -> None:
        with pytest.raises(error, match=says):
            await writer.update(text)
        snapshot = await seen(writer, tmp_path)
        assert not list(snapshot.graphs())
        assert not list(snapshot.view())

    with_writer(tmp_path, step)


@pytest.mark.parametrize(
    "text", ["", "PREFIX ex: <urn:>", "CLEAR ALL ;", "CLEAR ALL # done", "BASE <urn:x>"]
)
def test_an_update_may_end_as_the_grammar_allows(tmp_path: Path, text: str) -> None:
    store = PlainStore(tmp_path / "store")
    assert store.update(text) == 1


def test_a_load_that_is_silent_succeeds_and_changes_nothing(tmp_path: Path) -> None:
    async def step(writer: PlainWriter) -> None:
        await writer.update(
            f"LOAD SILENT <somescheme://www.example.com/x> INTO GRAPH {SHIPS}"
        )
        assert not list((await seen(writer, tmp_path)).graphs())

    with_writer(tmp_path, step)


def test_what_an_update_loads_is_put_in_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fetch(*_: object, **__: object) -> tuple[bytes, str]:
        return b"<> <urn:p> _:b .", "text/turtle"

    monkeypatch.setattr("milgraph.fetching.Fetcher.fetch", fetch)

    async def run() -> None:
        origins = ("https://example.org",)
        writer = PlainWriter(Settings(data=tmp_path, load_from=origins))
        await writer.start()
        await writer.update(
            f"LOAD <https://example.org/x> INTO GRAPH {SHIPS} ; "
            "INSERT { ?s <urn:seen> true } "
            f"WHERE {{ GRAPH {SHIPS} {{ ?s <urn:p> ?o }} }}"
        )
        snapshot = await seen(writer, tmp_path)
        assert [q.subject.value for q in snapshot.view()] == ["https://example.org/x"]
        assert len(list(snapshot.match(graph=SHIPS))) == 1
        await writer.close()

    asyncio.run(run())


def test_graphs_are_put_posted_and_deleted(tmp_path: Path) -> None:
    async def step(writer: PlainWriter) -> None:
        assert not (
            await writer.put(SHIPS, turtle("<a> <b> _:x . _:x <c> <d> ."))
        ).existed
        posted = await writer.post(
            SHIPS, turtle("<a> <b> _:x ."), turtle("<e> <f> 1 .")
        )
        assert posted.existed
        snapshot = await seen(writer, tmp_path)
        # A label of a blank node names another one in each document.
        assert len(list(snapshot.match(graph=SHIPS))) == 4
        assert (await writer.put(SHIPS, turtle(""))).existed
        snapshot = await seen(writer, tmp_path)
        assert list(snapshot.graphs()) == [SHIPS]
        assert not list(snapshot.match(graph=SHIPS))
        assert (await writer.delete(SHIPS)).existed
        assert not (await writer.delete(SHIPS)).existed
        assert not (await writer.post(None, turtle("<a> <b> <c> ."))).existed
        assert (await writer.post(None, turtle("<a> <b> <c> ."))).existed
        assert len(list((await seen(writer, tmp_path)).view())) == 1

    with_writer(tmp_path, step)


LARGE = "".join(f"<s{n}> <name> _:x, _:y .\n" for n in range(60_000))


def test_a_large_document_becomes_a_new_graph_as_a_small_one_does(
    tmp_path: Path,
) -> None:
    async def step(writer: PlainWriter) -> None:
        with pytest.raises(SourceError) as error:
            await writer.put(SHIPS, turtle(LARGE + "<a> zz ."))
        assert error.value.position
        assert error.value.position.line == 60_001
        assert not list((await seen(writer, tmp_path)).graphs())
        before = writer.sequence
        assert not (await writer.post(SHIPS, turtle(LARGE))).existed
        assert writer.sequence == before + 1
        snapshot = await seen(writer, tmp_path)
        assert list(snapshot.graphs()) == [SHIPS]
        assert len(list(snapshot.match(graph=SHIPS))) == 120_000
        assert (await writer.post(SHIPS, turtle("<s> <name> _:x ."))).existed
        snapshot = await seen(writer, tmp_path)
        assert len({q.object for q in snapshot.match(graph=SHIPS)}) == 3

    with_writer(tmp_path, step, seconds=100.0)


@pytest.mark.parametrize("delay", [0.1, 0.4, 0.8, 1.2])
def test_a_large_document_is_stored_whole_or_not_at_all(
    tmp_path: Path, delay: float
) -> None:
    async def step(writer: PlainWriter) -> None:
        before = writer.sequence

        async def kill() -> None:
            await asyncio.sleep(delay)
            assert writer._queue._child
            os.kill(writer._queue._child.process.pid, signal.SIGKILL)
            # A change that is asked for before its end is seen would be refused.
            await asyncio.sleep(0.1)

        async def put() -> bool:
            with suppress(StoreError):
                await writer.put(SHIPS, turtle(LARGE))
                return True
            return False

        is_stored, _ = await asyncio.gather(put(), kill())
        await writer.update("CLEAR DEFAULT")
        snapshot = await seen(writer, tmp_path)
        assert len(list(snapshot.match())) == (120_000 if is_stored else 0)
        assert writer.sequence == before + 1 + is_stored

    with_writer(tmp_path, step, seconds=100.0)


def test_a_checkpoint_beside_a_large_document_has_nothing_of_ours(
    tmp_path: Path,
) -> None:
    async def step(writer: PlainWriter) -> None:
        await writer.update(f"INSERT DATA {{ {SHIP} a {SHIP} }}")
        put = asyncio.create_task(writer.put(SHIPS, turtle(LARGE)))
        await asyncio.sleep(0.3)
        snapshot = await seen(writer, tmp_path)
        assert set(snapshot.graphs()) <= {SHIPS}
        assert len(list(snapshot.view())) == 1
        await put
        assert set((await seen(writer, tmp_path)).graphs()) == {SHIPS}

    with_writer(tmp_path, step, seconds=100.0)


def test_what_rdf_1_2_adds_is_kept(tmp_path: Path) -> None:
    async def step(writer: PlainWriter) -> None:
        text = '<a> <b> <<( <c> <d> "x"@ar--rtl )>> .'
        await writer.put(SHIPS, turtle(text))
        (quad,) = (await seen(writer, tmp_path)).match(graph=SHIPS)
        assert isinstance(quad.object, Triple)
        assert str(quad.object.object) == '"x"@ar--rtl'

    with_writer(tmp_path, step)


@pytest.mark.parametrize(
    ("form", "text", "line", "says"),
    [
        ("turtle", "<a> <b> \n zz .", 2, "zz"),
        ("trig", "<g> { <a> <b> <c> }", None, "graph"),
        ("rdfxml", '<?xml version="1.0"?>\n\n<!DOCTYPE a []>', 3, "DOCTYPE"),
        ("jsonld", '{"@context": "https://example.org/"}', None, "context"),
        ("turtle", "<a> <b> <c d> .", 1, "IRI"),
    ],
)
def test_a_document_that_is_refused_leaves_the_graph_as_it_was(
    tmp_path: Path, form: str, text: str, line: int | None, says: str
) -> None:
    async def step(writer: PlainWriter) -> None:
        await writer.put(SHIPS, turtle("<a> <b> <c> ."))
        source = Source("body", text.encode(), FORMATS[form])
        with pytest.raises(SourceError, match=says) as error:
            await writer.put(SHIPS, Upload.of(source, base=SHIPS.value))
        if line:
            assert error.value.position
            assert error.value.position.line == line
        assert len(list((await seen(writer, tmp_path)).match(graph=SHIPS))) == 1

    with_writer(tmp_path, step)


def test_a_doctype_is_found_wherever_it_stands(tmp_path: Path) -> None:
    for size in range(65520, 65545):
        path = tmp_path / "x.rdf"
        path.write_bytes(b"\n" + b" " * size + b"<!DocType")
        with (
            closing(Document.of(path).guarded()) as content,
            pytest.raises(SourceError, match="DOCTYPE") as error,
        ):
            tuple(iter(partial(content.read, 1024), b""))
        assert error.value.position
        assert (error.value.position.line, error.value.position.column) == (2, size + 1)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (
            "DELETE { ?s ?p ?o } WHERE { ?s ?p ?o }",
            "DELETE { ?s ?p ?o } USING <urn:g> WHERE { ?s ?p ?o }",
        ),
        (
            "DELETE WHERE { GRAPH ?g { ?s ?p '}' } } ; CLEAR ALL",
            "DELETE { GRAPH ?g { ?s ?p '}' } } USING <urn:g>  "
            "WHERE { GRAPH ?g { ?s ?p '}' } } ; CLEAR ALL",
        ),
        (
            "PREFIX where: <urn:where#> INSERT{?s ?p where:x}WHERE{{SELECT * WHERE{}}}",
            "PREFIX where: <urn:where#> INSERT{?s ?p where:x}USING <urn:g> "
            "WHERE{{SELECT * WHERE{}}}",
        ),
        ("INSERT DATA { <urn:a> <urn:b> 1 }", "INSERT DATA { <urn:a> <urn:b> 1 }"),
        ("CLEAR ALL # where", "CLEAR ALL # where"),
    ],
)
def test_graphs_of_the_request_become_the_dataset_of_every_pattern(
    given: str, expected: str
) -> None:
    assert with_dataset(given, [NamedNode("urn:g")]) == expected


@pytest.mark.parametrize(
    "text",
    [
        "WITH <urn:g> DELETE { ?s ?p ?o } WHERE { ?s ?p ?o }",
        "DELETE { ?s ?p ?o } USING <urn:g> WHERE { ?s ?p ?o }",
        "DELETEWHERE { ?s ?p ?o }",
        "DELETE WHERE { ?s ?p ?o",
    ],
)
def test_an_update_that_names_its_dataset_itself_is_refused_with_graphs(
    text: str,
) -> None:
    with pytest.raises(QueryError):
        with_dataset(text, [NamedNode("urn:g")])


def test_a_pattern_sees_only_the_graphs_of_the_request(tmp_path: Path) -> None:
    async def step(writer: PlainWriter) -> None:
        await writer.put(SHIPS, turtle("<a> <b> <c> ."))
        await writer.put(None, turtle("<d> <e> <f> ."))
        await writer.update(
            "INSERT { GRAPH <urn:copy> { ?s ?p ?o } } WHERE { ?s ?p ?o }", [SHIPS]
        )
        snapshot = await seen(writer, tmp_path)
        copied = snapshot.match(graph=NamedNode("urn:copy"))
        assert [q.subject.value for q in copied] == ["http://example.org/a"]

    with_writer(tmp_path, step)


@pytest.mark.parametrize(
    ("text", "iris"),
    [
        ("LOAD <http://a/>", ["http://a/"]),
        ("load silent <http://a/> into graph ex:b;LOAD<http://b/>", ["http://a/", "http://b/"]),
        ("PREFIX load: <urn:load#> CLEAR ALL", []),
        ("INSERT DATA { <urn:a> <urn:b> 'LOAD <http://c/>' }", []),
        ("LOAD ex:a", [None]),
    ],
)  # fmt: skip
def test_what_an_update_loads_is_found(text: str, iris: list[str | None]) -> None:
    loads = loads_of(text)
    assert [load.iri for load in loads] == iris
    placed = with_placeholders(text, [f"<urn:{n}>" for n in range(len(loads))])
    assert placed.count("INSERT DATA {") - text.count("INSERT DATA {") == len(loads)
