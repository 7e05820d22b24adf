"""Readers: each query runs in a process that can be ended, and a commit is seen at once."""

import asyncio
import gzip
import json
import os
import re
import signal
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import fromstring

import pytest
from pyoxigraph import QueryResultsFormat, parse_query_results

from milgraph.errors import BusyError, LimitError, QueryError
from milgraph.generations import Generations
from milgraph.knowledge_graph import KnowledgeGraph
from milgraph.readers import Question, Readers
from milgraph.readers.output import RowCounter
from milgraph.settings import Limits, Settings

SIZES = Path("/proc/self/smaps_rollup")
POINT = Question("SELECT ?p ?o { actor:tass ?p ?o }", "json")
PRODUCT = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i FILTER(?c != %d) }"
DISTINCT = "SELECT DISTINCT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
DOUBLING = (
    'SELECT (STRLEN(?v30) AS ?n) { BIND("' + "a" * 64 + '" AS ?v0) '
    + "".join(
        f"BIND(CONCAT(?v{i}, ?v{i}) AS ?v{i + 1}) " for i in range(30)
    )
    + "}"
)  # fmt: skip


def reading(
    built: Any, limits: Limits, asked: Callable[[Readers], Awaitable[Any]]
) -> Any:
    """Return what is found out from readers over the graph, which are ended then."""

    async def run() -> Any:
        readers = Readers(built, limits)
        await readers.start()
        try:
            return await asked(readers)
        finally:
            await readers.close()

    return asyncio.run(run())


async def outcome(readers: Readers, question: Question) -> Any:
    """Return the answer, or the error in its place."""
    try:
        return await readers.answer(question)
    except (QueryError, BusyError) as error:
        return error


class TestAnswers:
    def test_a_question_is_answered_in_the_form_that_it_names(self, built):
        async def asked(readers):
            return [
                await readers.answer(Question(POINT.text, form))
                for form in ("json", "csv", "tsv", "xml")
            ]

        as_json, as_csv, as_tsv, as_xml = reading(built, Limits(), asked)
        assert json.loads(as_json)["head"] == {"vars": ["p", "o"]}
        assert as_csv.startswith(b"p,o\r\n")
        assert as_tsv.startswith(b"?p\t?o\n")
        assert as_xml.startswith(b"<?xml")

    @pytest.mark.parametrize("form", ["json", "xml", "csv", "tsv"])
    def test_columns_are_in_the_order_of_the_query(self, built, form):
        text = """SELECT * { ?z ?b ?é . BIND('\\"?no' AS ?a) # ?nor
            FILTER(?z != <http://e/?not>) } LIMIT 3"""
        written = reading(built, Limits(), lambda r: r.answer(Question(text, form)))
        found = re.findall(r"(?<![\w/])(?:z|b|é|a)\b", written.decode()[:300])
        assert found[:4] == ["z", "b", "é", "a"]

    def test_a_long_answer_comes_whole_and_compressed_where_that_is_asked(self, built):
        text = "SELECT * { ?s ?p ?o }"

        async def asked(readers):
            return (
                await readers.answer(Question(text, "tsv")),
                await readers.answer(Question(text, "tsv", gzip=True)),
            )

        plain, compressed = reading(built, Limits(), asked)
        assert len(plain) > 500_000
        assert gzip.decompress(compressed) == plain

    def test_an_error_has_its_place(self, built):
        error = reading(
            built, Limits(), lambda r: outcome(r, Question("SELECT * { ?s", "json"))
        )
        assert (error.position.line, error.position.column) == (1, 14)

    def test_a_very_long_question_arrives(self, built):
        rows = " ".join(f"place:p{number}" for number in range(30_000))
        text = f"SELECT (COUNT(*) AS ?n) {{ VALUES ?x {{ {rows} }} }}"
        found = reading(built, Limits(), lambda r: r.answer(Question(text, "csv")))
        assert found == b"n\r\n30000\r\n"

    def test_many_at_once_are_all_answered(self, built):
        async def asked(readers):
            texts = [f"SELECT ({n} AS ?n) {{}}" for n in range(200)]
            return await asyncio.gather(
                *(readers.answer(Question(text, "csv")) for text in texts)
            )

        found = reading(built, Limits(), asked)
        assert found == [f"n\r\n{n}\r\n".encode() for n in range(200)]


class TestLimits:
    @pytest.mark.parametrize("query", [PRODUCT % 1, DISTINCT], ids=["count", "rows"])
    def test_the_clock_ends_the_work(self, built, query):
        async def asked(readers):
            begun = time.monotonic()
            error = await outcome(readers, Question(query, "json"))
            return error, time.monotonic() - begun, readers.pids

        error, seconds, _ = reading(built, Limits(seconds=1, memory=2 << 30), asked)
        assert (error.limit, "within 1 s" in error.message) == ("time", True)
        assert seconds < 2

    def test_a_client_may_lower_its_limit_and_not_raise_it(self, built):
        async def asked(readers):
            durations = []
            for seconds in (0.3, 60):
                begun = time.monotonic()
                await outcome(readers, Question(PRODUCT % 2, "json", seconds=seconds))
                durations.append(time.monotonic() - begun)
            return durations

        lowered, raised = reading(built, Limits(seconds=1), asked)
        assert 0.3 <= lowered < 0.9
        assert 1 <= raised < 2

    def test_memory_ends_the_process_and_not_the_service(self, built):
        async def asked(readers):
            error = await outcome(readers, Question(DOUBLING, "json"))
            return error, await readers.answer(POINT)

        error, found = reading(built, Limits(memory=256 << 20, seconds=20), asked)
        assert error.limit == "memory"
        assert json.loads(found)["results"]["bindings"]

    def test_an_answer_that_is_too_long_is_refused(self, built):
        question = Question("SELECT * { ?a ?b ?c . ?d ?e ?f }", "csv")
        error = reading(built, Limits(output=1 << 20), lambda r: outcome(r, question))
        assert error.limit == "output"

    def test_a_reader_that_dies_is_replaced(self, built):
        async def asked(readers):
            killed = readers.pids
            for pid in killed:
                os.kill(pid, signal.SIGKILL)
            jobs = [outcome(readers, POINT) for _ in range(20)]
            return len(killed), await asyncio.gather(*jobs)

        # A question may be lost with the reader that had it, and only that one.
        killed, found = reading(built, Limits(), asked)
        assert killed
        assert sum(not isinstance(answer, bytes) for answer in found) <= killed

    def test_when_too_many_wait_the_rest_is_told_to_come_back(self, built):
        async def asked(readers):
            jobs = [outcome(readers, Question(PRODUCT % n, "json")) for n in range(40)]
            return await asyncio.gather(*jobs)

        found = reading(built, Limits(seconds=1, queue=5, readers=4), asked)
        kinds = {type(error) for error in found}
        assert kinds == {BusyError, LimitError}


class TestMemory:
    @pytest.mark.skipif(not SIZES.exists(), reason="only Linux tells what is shared")
    def test_readers_share_most_of_what_was_loaded_for_them(self, built):
        async def asked(readers):
            await asyncio.gather(*(readers.answer(POINT) for _ in range(10)))
            return [Path(f"/proc/{n}/{SIZES.name}").read_text() for n in readers.pids]

        for told in reading(built, Limits(), asked):
            sizes = dict(re.findall(r"(\w+_Dirty): +(\d+) kB", told))
            assert int(sizes["Shared_Dirty"]) > int(sizes["Private_Dirty"])


class TestRowLimit:
    TABLE = "SELECT ?s ?o { ?s a ?o }"

    def written(self, built, form, *, rows=3, text=TABLE):
        question = Question(text, form)
        return reading(built, Limits(rows=rows), lambda r: r.answer(question)).decode()

    def test_a_table_that_was_cut_says_so_in_json(self, built):
        told = json.loads(self.written(built, "json"))
        assert told["milgraph"] == {"complete": False, "rows": 3}
        assert told["head"]["link"]
        assert told["head"]["vars"] == ["s", "o"]
        assert len(told["results"]["bindings"]) == 3

    def test_a_table_that_was_cut_says_so_in_xml(self, built):
        told = fromstring(self.written(built, "xml"))  # noqa: S314 - our own text
        name = "{http://www.w3.org/2005/sparql-results#}"
        assert told.find(f"{name}head/{name}link") is not None
        assert len(told.findall(f"{name}results/{name}result")) == 3

    @pytest.mark.parametrize("form", ["csv", "tsv"])
    def test_a_table_that_was_cut_says_so_in_its_last_row(self, built, form):
        lines = self.written(built, form).splitlines()
        assert len(lines) == 5
        assert "cut after 3 rows" in lines[-1]

    @pytest.mark.parametrize("form", ["json", "xml", "csv", "tsv"])
    def test_a_table_that_is_no_longer_than_the_limit_says_nothing(self, built, form):
        told = self.written(built, form, rows=3, text=self.TABLE + " LIMIT 3")
        assert "cut after" not in told
        assert "/docs" not in told
        assert '"complete"' not in told

    @pytest.mark.parametrize("form", ["json", "xml", "csv", "tsv"])
    def test_a_table_that_we_write_is_the_table_that_the_engine_writes(
        self, built, form
    ):
        text = r"""SELECT * { VALUES (?x ?y) { (1 "a\"b\n,\t<&>") (UNDEF "c"@en)
            (<http://e/é> "2023-03-21"^^xsd:date) (1.5 true) ("\\" "x\ry") } }"""
        ours = self.written(built, form, rows=100, text=text)
        theirs = self.written(built, form, rows=None, text=text)
        as_table = QueryResultsFormat.from_extension(
            {"json": "srj", "xml": "srx"}.get(form, form)
        )
        if form == "csv":
            assert ours == theirs
        else:
            tables = [parse_query_results(text, as_table) for text in (ours, theirs)]
            first, second = (list(map(tuple, table)) for table in tables)
            assert first == second


class TestFairness:
    def test_short_questions_are_answered_beside_endless_ones(self, built):
        async def asked(readers):
            endless = [
                asyncio.create_task(outcome(readers, Question(PRODUCT % n, "json")))
                for n in range(8)
            ]
            await asyncio.sleep(1)
            durations = []
            for _ in range(60):
                begun = time.monotonic()
                await readers.answer(POINT)
                durations.append(time.monotonic() - begun)
                await asyncio.sleep(0.01)
            await asyncio.gather(*endless)
            return sorted(durations)

        durations = reading(built, Limits(seconds=4), asked)
        assert durations[len(durations) // 2] < 0.1

    def test_what_waits_behind_a_long_question_is_asked_elsewhere(self, built):
        async def asked(readers):
            endless = [
                asyncio.create_task(outcome(readers, Question(PRODUCT % n, "json")))
                for n in range(3)
            ]
            begun = time.monotonic()
            await asyncio.gather(*(readers.answer(POINT) for _ in range(12)))
            took = time.monotonic() - begun
            await asyncio.gather(*endless)
            return took

        assert reading(built, Limits(seconds=5), asked) < 3

    def test_a_question_that_nobody_waits_for_is_ended(self, built):
        async def asked(readers):
            task = asyncio.create_task(readers.answer(Question(PRODUCT % 1, "json")))
            await asyncio.sleep(0.3)
            (job,) = readers.running()
            pid = job.pid
            task.cancel()
            for _ in range(100):
                await asyncio.sleep(0.02)
                if not is_alive(pid):
                    return True, readers.running()
            return False, readers.running()

        assert reading(built, Limits(seconds=30), asked) == (True, [])

    def test_a_running_question_can_be_listed_and_cancelled(self, built):
        async def asked(readers):
            task = asyncio.create_task(outcome(readers, Question(PRODUCT % 1, "json")))
            await asyncio.sleep(0.3)
            (job,) = readers.running()
            told = job.state, job.question.text
            readers.cancel(job.number, BusyError("somebody cancelled it"))
            return told, await task, readers.cancel(job.number)

        told, error, again = reading(built, Limits(), asked)
        assert told == ("evaluating", PRODUCT % 1)
        assert "cancelled" in error.message
        assert again is False


def is_alive(pid: int) -> bool:
    try:
        told = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return False
    return told.rpartition(")")[2].split()[0] != "Z"


class TestFreshness:
    def test_a_question_sees_every_commit_before_it(self, own_graph, drill, tmp_path):
        own_graph.load()
        article = tmp_path / "drill.trig"
        article.write_bytes(drill().content)
        data = own_graph.settings.data
        count = Question("SELECT (COUNT(*) AS ?n) { ?x a mil:Exercise }", "csv")

        async def asked(readers):
            before = await readers.answer(count)
            first = readers.generation
            await asyncio.to_thread(load, data, article)
            after = await readers.answer(count)
            return before, after, first, readers.generation

        before, after, first, second = reading(data, Limits(), asked)
        assert before != after
        assert second == first + 1 == Generations(data).current


def load(data: Path, article: Path) -> None:
    KnowledgeGraph(Settings(data=data)).load([article])


class TestRowCounting:
    @pytest.mark.parametrize("form", ["json", "csv", "tsv", "xml"])
    @pytest.mark.parametrize("size", [1, 7, 100_000])
    def test_rows_are_counted_whatever_they_hold_and_however_they_come(
        self, built, form, size
    ):
        text = r"""SELECT ?x ?y { VALUES (?x ?y) {
            ("},{" "[{") ("\"},{\"" "a\\") (UNDEF UNDEF) ("x,\r\n\"y" "<result>")
            (1 "\t\n") ("\\\\\"" "\"\\") } }"""
        written = reading(built, Limits(), lambda r: r.answer(Question(text, form)))
        counter = RowCounter(form)
        for start in range(0, len(written), size):
            counter.take(written[start : start + size])
        assert counter.rows == 6
