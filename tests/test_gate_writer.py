"""The writer of the graph: what crosses between its processes arrives as it was, and once."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from milgraph.errors import (
    BusyError,
    ConformanceError,
    ConsistencyError,
    KnowledgeGraphError,
    LimitError,
    Position,
    SourceError,
    StaleError,
    StoreError,
    UnknownArticleError,
    UnknownTermError,
    Way,
)
from milgraph.history import Author, LogReader, Role
from milgraph.settings import Settings
from milgraph.terms import XSD, BlankNode, Literal, NamedNode
from milgraph.validation import Report, Result, Severity
from milgraph.writer import GateWriter, Receipt, Seen, Upload
from milgraph.writer.child import Child, EndedError
from milgraph.writer.messages import decoded, encoded, raised, told
from milgraph.writer.values import packed, unpacked

NODE = NamedNode("http://example.org/node")
RESULT = Result(
    severity=Severity.WARNING,
    focus_node=NODE,
    shape=NamedNode("http://example.org/shape"),
    component=NamedNode("http://example.org/component"),
    message="It is „wrong“.",
    path=NamedNode("http://example.org/path"),
    value=Literal("zwei", language="de"),
    claim=NODE,
    position=Position("a.trig", 3, 7, "$.claims[0]"),
    expected="a number",
)
ALICE = Author("alice", Role.CONTRIBUTOR, "http", "a reason")
Step = Callable[[GateWriter], Awaitable[None]]


def sent(value: object) -> object:
    return unpacked(decoded(encoded({"value": packed(value)}))["value"])


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        3,
        0.5,
        "text",
        (1, (2, "three")),
        NODE,
        BlankNode("b"),
        Literal("x"),
        Literal("x", language="en"),
        Literal("3", datatype=XSD.integer),
        Severity.VIOLATION,
        RESULT,
        Report.of([RESULT], graph_size=7),
    ],
    ids=repr,
)
def test_a_value_arrives_as_it_was_sent(value):
    assert sent(value) == value
    assert type(sent(value)) is type(value)


@pytest.mark.parametrize(
    "error",
    [
        KnowledgeGraphError("wrong", hint="Mend it."),
        SourceError("no RDF", position=Position("a.trig", 1, 2)),
        UnknownTermError("mil:Exercize", near=("mil:Exercise",)),
        LimitError("too long", limit="time", hint="Less."),
        BusyError("later", seconds=3),
        ConsistencyError("both", node=NODE),
        ConformanceError(Report.of([RESULT])),
        StaleError("not as seen"),
        UnknownArticleError("article:x"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_error_arrives_as_it_was_raised(error):
    found = raised(decoded(encoded(told(error))))
    assert type(found) is type(error)
    assert vars(found) == vars(error)
    assert str(found) == str(error)
    ways = {Way.LIST_ARTICLES: "GET /articles lists them."}
    found.lead(ways)
    error.lead(ways)
    assert found.hint == error.hint


def test_a_receipt_arrives_as_it_was_made():
    receipt = Receipt(7, existed=True, added=3, articles=("a",), fates=(("a", "new"),))
    assert Receipt.decode(decoded(encoded(receipt.encode()))) == receipt


@pytest.fixture
def held(built: Path, tmp_path: Path):
    """Do a step with a writer that holds a graph of its own."""
    folder = tmp_path / "graph"
    shutil.copytree(built, folder)

    def run(step: Step) -> Path:
        async def whole() -> None:
            writer = GateWriter(Settings(data=folder))
            await writer.start()
            try:
                async with asyncio.timeout(120):
                    await step(writer)
            finally:
                await writer.close()

        asyncio.run(whole())
        return folder

    return run


def answerless(monkeypatch: pytest.MonkeyPatch, tasks: set[str]) -> None:
    """Let the process end between its commit and its answer, once for each task."""
    ask = Child.ask

    async def asked(self, message, files=(), *, seconds=None):
        answer = await ask(self, message, files, seconds=seconds)
        if message["task"] in tasks:
            tasks.remove(message["task"])
            await self.end()
            raise EndedError(StoreError("the process that writes has ended"))
        return answer

    monkeypatch.setattr(Child, "ask", asked)


def test_what_was_committed_before_the_process_ended_is_acknowledged(
    held, drill, monkeypatch
):
    answerless(monkeypatch, {"submit"})

    async def step(writer: GateWriter) -> None:
        before = writer.sequence
        receipt = await writer.submit(Upload.of(drill()), author=ALICE)
        assert receipt.commit == writer.sequence == before + 1
        assert receipt.added > 40
        assert not receipt.existed
        again = await writer.submit(Upload.of(drill()), author=ALICE)
        assert again.commit is None
        assert again.is_empty

    folder = held(step)
    log = LogReader.open(folder / "log")
    assert log.entry(log.last).agent == "alice"


def test_what_was_not_committed_before_the_process_ended_is_not_acknowledged(
    held, drill, monkeypatch
):
    answerless(monkeypatch, {"submit"})

    async def step(writer: GateWriter) -> None:
        before = writer.sequence
        with pytest.raises(StoreError, match="nothing was stored"):
            await writer.submit(Upload.of(drill()), author=ALICE, dry_run=True)
        assert writer.sequence == before

    held(step)


def test_who_goes_by_a_state_that_is_no_more_is_refused(held, drill):
    iri = NamedNode("https://w3id.org/milgraph/article/2024-05-14-drill")

    async def step(writer: GateWriter) -> None:
        fresh = Seen(none_match=("*",))
        await writer.submit(Upload.of(drill()), author=ALICE, article=iri, seen=fresh)
        with pytest.raises(StaleError):
            await writer.submit(
                Upload.of(drill()), author=ALICE, article=iri, seen=fresh
            )
        with pytest.raises(StaleError):
            await writer.retract(iri, author=ALICE, seen=Seen(match=("other",)))
        receipt = await writer.retract(iri, author=ALICE, seen=Seen(match=("*",)))
        assert receipt.removed > 40
        assert dict(receipt.fates) == {iri.value: "retracted"}

    held(step)


def test_a_refusal_comes_with_its_report(held, drill):
    broken = drill(old="mil:hasTime <#time> ;", new="")

    async def step(writer: GateWriter) -> None:
        with pytest.raises(ConformanceError) as refused:
            await writer.submit(Upload.of(broken), author=ALICE)
        (result,) = refused.value.report.results
        assert result.severity is Severity.VIOLATION
        assert result.position is not None

    held(step)
