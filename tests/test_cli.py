"""The command line: what is printed, and the exit code by which a script goes on."""

import io
import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from milgraph.cli import main
from milgraph.cli.options import OutputName, RdfFormatName
from milgraph.generations import Generations
from milgraph.queries import Catalogue
from milgraph.syntax import FORMATS, MAXIMUM_SIZE
from milgraph.terms import expand

ARTICLE = """\
@base <https://w3id.org/milgraph/article/2024-05-14-drill> .
@prefix actor: <https://w3id.org/milgraph/actor/> .
@prefix basis: <https://w3id.org/milgraph/code/basis/> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix mil: <https://w3id.org/milgraph/ontology#> .
@prefix modality: <https://w3id.org/milgraph/code/modality/> .
@prefix place: <https://w3id.org/milgraph/place/> .
@prefix polarity: <https://w3id.org/milgraph/code/polarity/> .
@prefix segment: <https://w3id.org/milgraph/code/segment/> .
@prefix wording: <https://w3id.org/milgraph/code/wording/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .

<> a mil:NewsReport ; dcterms:publisher actor:tass ;
    dcterms:source <https://example.org/drill> ; mil:publishedOn <#published> .
<#published> mil:earliestStart "2024-05-14T00:00:00+03:00"^^xsd:dateTime ;
    mil:latestEnd "2024-05-14T23:59:59+03:00"^^xsd:dateTime .
<#s1> a mil:Segment ; mil:inDocument <> ; mil:segmentKind segment:body ; mil:segmentIndex 1 .
<#claim-1> a mil:Claim ; mil:inArticle <> ; mil:claimant actor:tass ; mil:anchoredIn <#s1> ;
    mil:wording wording:narrated ; mil:modality modality:fact ; mil:polarity polarity:positive ;
    dcterms:description "Ships held an exercise in the Black Sea."@en .

<#claim-1> {
    <#drill> a mil:Exercise ; mil:hasPlace place:black-sea ; mil:hasTime <#drill-time> .
    <#drill-time> mil:earliestStart "2024-05-11T00:00:00+03:00"^^xsd:dateTime ;
        mil:latestEnd "2024-05-13T23:59:59+03:00"^^xsd:dateTime .
}
"""
UNTIMED = ARTICLE.replace("; mil:hasTime <#drill-time> .", ".")
WRONG_DATE = ARTICLE.replace(
    'earliestStart "2024-05-11T00:00:00+03:00"^^xsd:dateTime', 'earliestStart "11 May"'
)


@dataclass(frozen=True)
class Ran:
    """What a command came to."""

    code: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture
def run(built, monkeypatch, capfdbinary, tmp_path) -> Run:
    """Run a command in this process, in a folder of its own, on the shared graph."""

    def ran(*arguments: str | Path, stdin: bytes = b"") -> Ran:
        monkeypatch.setenv("MILGRAPH_DATA", str(built))
        monkeypatch.setattr(sys, "argv", ["milgraph", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), "utf-8"))
        with pytest.raises(SystemExit) as end:
            main()
        sys.stdout.flush()
        out, err = capfdbinary.readouterr()
        return Ran(int(end.value.code or 0), out.decode(), err.decode())

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    return ran


@pytest.fixture
def article(tmp_path) -> Callable[[str | bytes], Path]:
    def written(content: str | bytes, name: str = "2024-05-14-drill.trig") -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return written


class TestHelp:
    @pytest.mark.parametrize(
        "command",
        [
            *("serve", "load", "check", "add", "retract", "undo"),
            *("query", "stats", "export", "verify-text"),
        ],
    )
    def test_every_command_has_help_with_an_example(self, run, command):
        told = run(command, "--help")
        assert told.code == 0
        assert f"For example: milgraph {command}" in " ".join(told.out.split())

    def test_without_a_command_the_commands_are_listed(self, run):
        assert "verify-text" in run().out + run().err

    def test_the_version_is_that_of_the_package(self, run):
        assert run("--version").out.startswith("milgraph 0.")

    @pytest.mark.parametrize("wrong", [["fly"], ["stats", "--fast"], ["check"]])
    def test_wrong_usage_ends_with_2(self, run, wrong):
        assert run(*wrong).code == 2

    def test_the_formats_are_those_that_there_are(self):
        assert {name.value for name in RdfFormatName} == set(FORMATS)
        assert set(FORMATS) < {name.value for name in OutputName}


class TestCheck:
    def test_facts_that_conform_end_with_0(self, run, article):
        checked = run("check", article(ARTICLE))
        assert checked.code == 0, checked.out
        assert "conforms" in checked.out

    def test_a_finding_says_what_is_wrong_where_and_how_to_mend_it(self, run, article):
        checked = run("check", article(UNTIMED))
        assert checked.code == 1
        assert "does not conform: 1 violation. Nothing was stored." in checked.out
        line = UNTIMED.splitlines().index(
            "    <#drill> a mil:Exercise ; mil:hasPlace place:black-sea ."
        )
        assert f"2024-05-14-drill.trig:{line + 1}" in checked.out
        assert "<#drill>" in checked.out
        assert "claim <#claim-1>, segment <#s1>" in checked.out
        assert "violation: time (mil:hasTime)" in checked.out
        assert "add mil:hasTime" in checked.out
        assert "Rule: shape:Activity-time" in checked.out

    def test_a_finding_shows_what_was_written(self, run, article):
        checked = run("check", article(WRONG_DATE))
        assert checked.code == 1
        assert "You wrote: 11 May" in checked.out

    def test_a_finding_is_a_value_for_programs(self, run, article):
        report = json.loads(run("check", article(UNTIMED), "--json").out)
        assert report["conforms"] is False
        (finding,) = report["findings"]
        assert finding["severity"] == "violation"
        assert finding["focusNode"] == expand("article:2024-05-14-drill#drill").value
        assert finding["path"] == expand("mil:hasTime").value
        assert finding["shape"] == expand("shape:Activity-time").value
        assert finding["claim"].endswith("#claim-1")
        assert finding["line"] > 20

    def test_a_report_is_shacl(self, run, article):
        checked = run("check", article(UNTIMED), "--turtle")
        assert checked.code == 1
        assert "sh:ValidationReport" in checked.out
        assert "Activity-time" in checked.out

    def test_standard_input_is_read_in_the_format_that_is_named(self, run):
        facts = b"<#x> a <https://w3id.org/milgraph/ontology#Exercise> ."
        checked = run("check", "-", "--format", "turtle", stdin=facts)
        assert checked.code == 1
        assert checked.out.startswith("standard input does not conform")

    def test_what_a_terminal_would_act_on_is_shown_and_not_done(self, run, article):
        dangerous = WRONG_DATE.replace('"11 May"', '"11 \\u202eMay"')
        checked = run("check", article(dangerous))
        assert "\u202e" not in checked.out
        assert r"11 \u202eMay" in checked.out
        assert "\x1b" not in run("query", "no\x1b[2J-such-query").err

    def test_nothing_is_stored(self, run, article, built):
        before = Generations(built).current
        run("check", article(ARTICLE))
        assert Generations(built).current == before
        assert (
            run(
                "query",
                "-",
                stdin=b"ASK { ?x mil:hasPlace place:black-sea ; a mil:Exercise }",
            ).out
            == "no\n"
        )


# What is given, and what the message says besides the name of the file.
UNREADABLE = {
    "malformed": (
        ARTICLE.replace("<#s1> a", "<#s1> a a"),
        "2024-05-14-drill.trig:17:9: ",
    ),
    "unknown term": (ARTICLE.replace("mil:Exercise", "mil:Exercises"), "Did you mean"),
    "unknown graph": (ARTICLE.replace("<#claim-1> {", "<#claim-9> {"), "not a claim"),
    "wrong encoding": (ARTICLE.replace("Ships", "\xdcber").encode("latin-1"), "UTF-8"),
    "UTF-16": (ARTICLE.encode("utf-16"), "UTF-16"),
    "empty": ("", "empty"),
    "only white space": ("\n\n  \n", "empty"),
}


class TestBadInput:
    def test_the_suite_has_not_lost_its_cases(self):
        assert len(UNREADABLE) >= 7

    @pytest.mark.parametrize("command", ["check", "load"])
    @pytest.mark.parametrize(
        ("content", "told"), UNREADABLE.values(), ids=UNREADABLE.keys()
    )
    def test_it_ends_with_2_and_names_the_file_and_the_place(
        self, run, article, built, command, content, told
    ):
        before = Generations(built).current
        path = article(content)
        ran = run(command, path)
        assert ran.code == 2
        assert str(path) in ran.err
        assert told in ran.err
        assert "Traceback" not in ran.err
        assert Generations(built).current == before

    @pytest.mark.parametrize("command", ["check", "add"])
    def test_a_file_of_100_mb_is_refused_without_being_read(
        self, run, command, tmp_path
    ):
        path = tmp_path / "large.trig"
        with path.open("wb") as file:
            file.truncate(100 * 1024 * 1024)
        ran = run(command, path)
        assert ran.code == 2
        assert f"{MAXIMUM_SIZE:,}" in ran.err

    @pytest.mark.parametrize("command", ["add", "check", "load", "verify-text"])
    def test_a_file_that_is_not_there_is_named(self, run, command):
        ran = run(command, "nowhere.trig")
        assert ran.code == 2
        assert "nowhere.trig: cannot be read" in ran.err

    def test_facts_that_nobody_claims_are_not_stored(self, run, article):
        facts = "<#x> a <https://w3id.org/milgraph/ontology#Exercise> ."
        ran = run("load", article(facts, "facts.ttl"))
        assert ran.code == 2
        assert "nobody claims" in ran.err

    def test_a_setting_that_is_none_is_refused(self, run, monkeypatch):
        monkeypatch.setenv("MILGRAPH_DATABASE", "x")
        ran = run("stats")
        assert ran.code == 2
        assert "MILGRAPH_DATABASE is not a setting" in ran.err


class TestQuery:
    def test_without_a_name_the_stored_queries_are_listed(self, run, resources):
        listed = run("query").out
        for query in Catalogue.of(resources.queries):
            assert query.name in listed

    def test_the_list_is_there_for_programs(self, run, resources):
        listed = json.loads(run("query", "--json").out)
        assert len(listed) == len(Catalogue.of(resources.queries))

    def test_a_query_describes_its_parameters(self, run):
        told = run("query", "bombers-over-an-area", "--help")
        assert told.code == 0
        for part in ("--area", "mil:Place", "place:sea-of-japan", "For example:"):
            assert part in told.out

    def test_a_parameter_is_an_option(self, run):
        asked = run("query", "bombers-over-an-area", "--area=place:sea-of-japan")
        assert "article:2023-03-21-tu-95-sea-of-japan#flight" in asked.out
        assert "solutions" in asked.err
        elsewhere = run("query", "bombers-over-an-area", "--area", "place:japan")
        assert elsewhere.err.strip().startswith("0 solutions")

    @pytest.mark.parametrize(
        "wrong",
        [
            ["no-such-query"],
            ["bombers-over-an-area", "--country", "place:guam"],
            ["bombers-over-an-area", "--area"],
            ["bombers-over-an-area", "--area", "nowhere"],
            ["bombers-over-an-area", "guam"],
            ["nowhere.rq"],
            ["."],
        ],
    )
    def test_a_wrong_name_or_parameter_ends_with_2(self, run, wrong):
        ran = run("query", *wrong)
        assert ran.code == 2
        assert ran.err.startswith("milgraph: ")

    def test_a_file_and_standard_input_are_asked(self, run, tmp_path):
        text = "SELECT ?who { ?c mil:claimant ?who } ORDER BY ?who LIMIT 1"
        (tmp_path / "own.rq").write_text(text)
        asked = run("query", "own.rq", "--output", "csv")
        assert asked.code == 0
        assert (
            asked.out == run("query", "-", "--output", "csv", stdin=text.encode()).out
        )
        assert asked.out.startswith("who\r\n")

    def test_a_file_with_a_header_has_its_parameters(self, run, resources, tmp_path):
        query = Catalogue.of(resources.queries).get("bombers-over-an-area")
        (tmp_path / "own.rq").write_text(query.text)
        asked = run("query", "own.rq", "--area", "place:japan", "--output", "csv")
        assert asked.out.count("\n") == 1

    def test_a_broken_query_is_told_with_file_line_and_column(self, run, tmp_path):
        (tmp_path / "own.rq").write_text("SELECT *\n{ ?s ?p }")
        ran = run("query", "own.rq")
        assert ran.code == 2
        assert "own.rq:2:10:" in ran.err

    @pytest.mark.parametrize("content", [b"", b"SELECT * { ?s ?p 'abc\xe9' }"])
    def test_a_query_that_is_no_text_is_refused(self, run, tmp_path, content):
        (tmp_path / "own.rq").write_bytes(content)
        assert run("query", "own.rq").code == 2

    @pytest.mark.parametrize("output", ["csv", "tsv", "json", "xml"])
    def test_solutions_have_every_format_of_sparql(self, run, output):
        asked = run(
            "query", "-", "--output", output, stdin=b"SELECT * { ?s a mil:State }"
        )
        assert asked.code == 0
        assert "actor/russia" in asked.out

    @pytest.mark.parametrize("output", FORMATS)
    def test_a_graph_has_every_format_of_rdf(self, run, output):
        asked = run("query", "-", "--output", output, stdin=b"DESCRIBE place:guam")
        assert asked.code == 0
        assert "Guam" in asked.out

    def test_a_graph_is_turtle_by_default_and_yes_or_no_a_word(self, run):
        assert "@prefix place:" in run("query", "-", stdin=b"DESCRIBE place:guam").out
        assert run("query", "-", stdin=b"ASK { ?s ?p ?o }").out == "yes\n"

    def test_a_format_that_the_answer_does_not_have_ends_with_2(self, run):
        asked = run("query", "-", "--output", "turtle", stdin=b"ASK {}")
        assert asked.code == 2
        assert "csv" in asked.err

    def test_no_query_calls_another_machine(self, run):
        text = b"SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }"
        asked = run("query", "-", stdin=text)
        assert asked.code == 2
        assert "no query may call another machine" in asked.err


class TestStatsAndExport:
    def test_the_counts_agree_with_the_graph(self, run, rows):
        counts = json.loads(run("stats", "--json").out)
        ((claims,),) = rows("SELECT (COUNT(?c) AS ?n) { ?c a mil:Claim }")
        ((size,),) = rows("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }")
        assert counts["claims"] == int(claims.value)
        assert counts["asserted"] + counts["entailed"] == int(size.value)
        assert counts["claims_accepted"] < counts["claims"]

    def test_entailed_is_what_no_accepted_graph_asserts(self, run, rows):
        ((number,),) = rows(
            "SELECT (COUNT(*) AS ?n) { ?s ?p ?o FILTER NOT EXISTS "
            "{ GRAPH ?g { ?s ?p ?o } ?g a mil:AcceptedGraph } }"
        )
        assert json.loads(run("stats", "--json").out)["entailed"] == int(number.value)

    def test_the_counts_are_a_table_for_people(self, run):
        assert "triples entailed" in run("stats").out

    def test_a_graph_is_exported_by_its_short_name(self, run):
        exported = run("export", "graph:reference", "--output", "turtle")
        assert "actor:russia" in exported.out

    @pytest.mark.parametrize(
        "wrong", [["graph:references"], ["nonsense"], ["all", "--output", "turtle"]]
    )
    def test_an_unknown_graph_or_a_format_without_graphs_ends_with_2(self, run, wrong):
        assert run("export", *wrong).code == 2


class TestVerifyText:
    def test_a_text_that_is_of_no_article_ends_with_2(self, run, tmp_path):
        (tmp_path / "note.txt").write_text("Nobody wrote about this.")
        ran = run("verify-text", "note.txt")
        assert ran.code == 2
        assert "--article" in ran.err

    def test_a_text_that_does_not_fit_ends_with_1_and_names_each_segment(
        self, run, tmp_path
    ):
        (tmp_path / "note.txt").write_text("Another text.")
        name = "article:2023-03-21-tu-95-sea-of-japan"
        ran = run("verify-text", "note.txt", "--article", name)
        assert ran.code == 1
        assert "#s1: " in ran.out
        report = json.loads(
            run("verify-text", "note.txt", "--article", name, "--json").out
        )
        assert report["fits"] is False
        assert len(report["misfits"]) > report["segments"]


class TestEnvironment:
    def test_a_port_in_use_ends_with_3_before_anything_is_built(self, run, tmp_path):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = str(taken.getsockname()[1])
            ran = run("serve", "--port", port, "--data", tmp_path / "own")
        assert ran.code == 3
        assert f"port {port} is in use" in ran.err
        assert not (tmp_path / "own").exists()

    def test_a_store_that_another_process_holds_ends_with_3(self, run, tmp_path):
        (tmp_path / "own").mkdir()
        holder = subprocess.Popen(
            [
                sys.executable,
                "-c",
                "import sys\nfrom pyoxigraph import Store\n"
                "store = Store(sys.argv[1])\nprint('held', flush=True)\ninput()",
                str(tmp_path / "own" / "store"),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        with holder:
            assert holder.stdout
            assert holder.stdout.readline() == b"held\n"
            ran = run("load", "--data", tmp_path / "own")
            holder.communicate(b"\n")
        assert ran.code == 3
        assert "held by another process" in ran.err

    def test_a_bug_is_told_in_a_sentence_and_debug_shows_where(self, run, monkeypatch):
        def broken(*_args: object) -> None:
            raise LookupError("nothing there")

        monkeypatch.setattr("milgraph.cli.asking.Catalogue.of", broken)
        ran = run("query")
        assert ran.code == 3
        assert "Traceback" not in ran.err
        assert "nothing there" in ran.err
        assert "Traceback" in run("--debug", "query").err

    def test_a_reader_that_has_seen_enough_is_no_error(self, built):
        command = (
            f"{sys.executable} -m milgraph export view --output ntriples | head -n 1"
        )
        ran = subprocess.run(
            ["/bin/bash", "-o", "pipefail", "-c", command],
            env={**os.environ, "MILGRAPH_DATA": str(built)},
            capture_output=True,
            check=False,
        )
        assert ran.returncode == 0
        assert not ran.stderr


class TestLoad:
    def test_an_article_is_stored_and_can_be_asked_for(self, run, article, tmp_path):
        own = tmp_path / "own"
        loaded = run("load", article(ARTICLE), "--data", own)
        assert loaded.code == 0, loaded.err
        assert "articles" in loaded.out
        asked = run(
            "query",
            "-",
            "--data",
            own,
            stdin=b"ASK { ?x a mil:Exercise ; mil:describedIn article:2024-05-14-drill }",
        )
        assert asked.out == "yes\n"
        before = Generations(own).current
        refused = run("load", article(UNTIMED), "--data", own)
        assert refused.code == 1
        assert "article:2024-05-14-drill#drill" in refused.err
        assert "nothing was stored" in refused.err
        assert Generations(own).current == before
        assert run("load", "--data", own).code == 0
        assert Generations(own).current == before
