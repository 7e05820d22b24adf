"""Commands that change the graph: what they tell, what they leave, and how they end."""

import getpass
import io
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pytest

from milgraph.cli import main
from milgraph.history import LogReader
from milgraph.syntax import FORMATS, Source, read
from milgraph.terms import SH, expand

NAME = "article:2024-05-14-drill"
ARTICLE = """\
@base <https://w3id.org/milgraph/article/2024-05-14-drill> .
@prefix actor: <https://w3id.org/milgraph/actor/> .
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
LONGER = ARTICLE.replace("held an exercise", "held a long exercise")
JSON = """{
  "@context": "https://w3id.org/milgraph/context.jsonld",
  "id": "article:2024-05-14-drill",
  "type": "NewsReport",
  "publisher": "actor:tass",
  "source": "https://example.org/drill",
  "publishedOn": {
    "earliestStart": "2024-05-14T00:00:00+03:00", "latestEnd": "2024-05-14T23:59:59+03:00"
  },
  "segments": [
    {"id": "#s1", "type": "Segment", "segmentKind": "segment:body", "segmentIndex": 1}
  ],
  "claims": [{
    "id": "#claim-1",
    "type": "Claim",
    "claimant": "actor:tass",
    "anchoredIn": "#s1",
    "description": {"value": "Ships held an exercise.", "language": "en"},
    "mil:wording": "wording:narrated",
    "mil:modality": "modality:fact",
    "mil:polarity": "polarity:positive",
    "asserts": [{
      "id": "#drill",
      "type": "Exercise",
      "hasPlace": "place:black-sea",
      "hasTime": {
        "earliestStart": "2024-05-11T00:00:00+03:00",
        "latestEnd": "2024-05-13T23:59:59+03:00"
      }
    }]
  }]
}"""
UNTIMED = ARTICLE.replace("; mil:hasTime <#drill-time> .", ".")
CLASH = ARTICLE.replace("a mil:Exercise ;", "a mil:Exercise , mil:State ;")
# What follows from the ontology is seen: an exercise is an activity.
OWN_SHAPES = """\
@prefix mil: <https://w3id.org/milgraph/ontology#> .
@prefix my: <https://example.org/shapes#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix sh: <http://www.w3.org/ns/shacl#> .

my:Activity a sh:NodeShape ; sh:targetClass mil:Activity ; sh:property my:Activity-label .
my:Activity-label a sh:PropertyShape ; sh:name "name of the activity"@en ; sh:path rdfs:label ;
    sh:minCount 1 ; sh:message "An activity has a label."@en .
"""
# An editors' judgement points into it.
JUDGED = "2023-03-21-tu-95-sea-of-japan"
TOKEN = "a-token-of-the-tests"  # noqa: S105 - of no server but that of the tests
EXERCISE = b"ASK { ?x a mil:Exercise ; mil:describedIn article:2024-05-14-drill }"


@dataclass(frozen=True)
class Ran:
    """What a command came to."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, object]:
        told = json.loads(self.out)
        assert isinstance(told, dict)
        return told


Run = Callable[..., Ran]


@pytest.fixture
def own(built, tmp_path) -> Path:
    """A graph of the shipped files that the test may change."""
    shutil.copytree(built, tmp_path / "own")
    return tmp_path / "own"


@pytest.fixture
def run(own, monkeypatch, capfdbinary, tmp_path) -> Run:
    """Run a command in this process, in a folder of its own, on a graph of its own."""

    def ran(*arguments: str | Path, stdin: str | bytes = b"") -> Ran:
        monkeypatch.setenv("MILGRAPH_DATA", str(own))
        monkeypatch.setattr(sys, "argv", ["milgraph", *map(str, arguments)])
        given = stdin.encode() if isinstance(stdin, str) else stdin
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given), "utf-8"))
        with pytest.raises(SystemExit) as end:
            main()
        sys.stdout.flush()
        out, err = capfdbinary.readouterr()
        return Ran(int(end.value.code or 0), out.decode(), err.decode())

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.delenv("MILGRAPH_TOKEN", raising=False)
    return ran


@pytest.fixture
def article(tmp_path) -> Callable[..., Path]:
    def written(content: str = ARTICLE, name: str = "2024-05-14-drill.trig") -> Path:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(content, "utf-8")
        # As it is written on a command line in that folder.
        return path.relative_to(tmp_path)

    return written


def of_day(day: int, text: str = ARTICLE) -> str:
    """Return the article as one of another day."""
    return text.replace("2024-05-14-drill", f"2024-06-{day:02}-drill")


def kept(data: Path) -> tuple[int, str]:
    """Return what is kept of the commits: their number, and a digest of the log.

    The zeros that may stand behind its last record are room, and no record.
    """
    log = data / "log"
    content = b"".join(path.read_bytes() for path in sorted(log.glob("*.log")))
    content = content.rstrip(b"\0")
    return LogReader.open(log).last, sha256(content).hexdigest()


def holds(run: Run) -> bool:
    """Return whether the view tells of the exercise."""
    return run("query", "-", stdin=EXERCISE).out == "yes\n"


class TestAdd:
    def test_an_article_is_one_commit_that_says_who_and_why(self, run, article, own):
        before, _ = kept(own)
        added = run("add", article(), "--reason", "First report")
        assert added.code == 0, added.out + added.err
        assert f"Commit {before + 1}: " in added.out
        assert f"{NAME} is new." in added.out
        entry = LogReader.open(own / "log").entry(before + 1)
        assert entry.agent == getpass.getuser()
        assert (entry.role, entry.door) == ("admin", "add")
        assert entry.reason == "First report"
        assert entry.articles == (expand(NAME).value,)
        assert holds(run)

    def test_the_counts_are_those_of_the_graph(self, run, article):
        before = run("stats", "--json").json
        added = run("add", article(), "--json").json
        after = run("stats", "--json").json
        for name in ("asserted", "entailed"):
            assert isinstance(before[name], int)
            assert isinstance(after[name], int)
        assert added["entailed"] == after["entailed"] - before["entailed"]
        assert added["added"] == after["asserted"] - before["asserted"]
        assert added["removed"] == added["noLongerEntailed"] == 0

    def test_what_is_there_already_is_told_and_is_no_commit(self, run, article, own):
        run("add", article())
        before = kept(own)
        again = run("add", article())
        assert again.code == 0
        assert "Nothing is to be changed." in again.out
        assert f"{NAME} is unchanged." in again.out
        assert kept(own) == before

    def test_another_version_replaces_the_earlier_one(self, run, article):
        run("add", article())
        told = run("add", article(LONGER), "--json").json
        assert told["fates"] == {expand(NAME).value: "replaced"}
        assert (told["added"], told["removed"]) == (1, 1)

    def test_several_articles_are_one_commit_or_none(self, run, article, own):
        files = [article(of_day(day), f"{day}.trig") for day in (1, 2)]
        before, _ = kept(own)
        broken = run("add", *files, article(UNTIMED))
        assert broken.code == 1
        assert "2024-05-14-drill.trig:" in broken.out
        assert kept(own)[0] == before
        added = run("add", *files, "--json").json
        assert added["commit"] == before + 1
        assert set(added["fates"].values()) == {"new"}
        assert len(added["fates"]) == 2

    def test_a_refusal_is_told_as_by_check_and_leaves_no_trace(self, run, article, own):
        before, generation = kept(own), (own / "generation").read_text()
        refused = run("add", article(UNTIMED))
        assert refused.code == 1
        assert "does not conform: 1 violation. Nothing was stored." in refused.out
        line = UNTIMED.splitlines().index(
            "    <#drill> a mil:Exercise ; mil:hasPlace place:black-sea ."
        )
        assert f"2024-05-14-drill.trig:{line + 1}" in refused.out
        assert "Rule: shape:Activity-time" in refused.out
        assert kept(own) == before
        assert (own / "generation").read_text() == generation
        assert not holds(run)

    def test_a_refusal_is_a_value_for_programs(self, run, article):
        refused = run("add", article(UNTIMED), "--json")
        assert refused.code == 1
        assert refused.json["commit"] is None
        assert refused.json["conforms"] is False
        (finding,) = refused.json["findings"]
        assert finding["shape"] == expand("shape:Activity-time").value
        assert finding["file"] == "2024-05-14-drill.trig"

    def test_what_would_have_no_model_is_refused(self, run, article, own):
        before = kept(own)
        assert run("add", article(CLASH)).code == 1
        refused = run("add", article(CLASH), "--json")
        assert refused.code == 1
        assert refused.json["conforms"] is False
        assert kept(own) == before

    def test_a_dry_run_tells_all_and_stores_nothing(self, run, article, own):
        before = kept(own)
        dry = run("add", article(), "--dry-run")
        assert dry.code == 0
        assert f"{NAME} would be new." in dry.out
        assert "Nothing was stored." in dry.out
        assert run("add", article(UNTIMED), "--dry-run").code == 1
        assert kept(own) == before
        told = run("add", article(), "--dry-run", "--json").json
        assert told["commit"] is None
        assert told["changed"] is True
        stored = run("add", article(), "--json").json
        assert {**told, "commit": stored["commit"]} == stored

    @pytest.mark.parametrize("output", ["nquads", "jsonld"])
    def test_an_article_is_read_in_every_format_with_graphs(self, run, article, output):
        run("add", article())
        written = run("export", NAME, "--output", output).out
        run("retract", NAME)
        added = run("add", "-", "--format", output, "--json", stdin=written)
        assert added.code == 0, added.out + added.err
        assert added.json["fates"] == {expand(NAME).value: "new"}
        again = run("add", article(), "--json").json
        assert again["changed"] is False

    def test_standard_input_is_read_once_it_says_of_which_article_it_is(self, run, own):
        before = kept(own)
        nameless = ARTICLE.partition("\n")[2]
        refused = run("add", "-", stdin=nameless)
        assert refused.code == 2
        assert "does not say which article it is of" in refused.err
        assert kept(own) == before
        assert run("add", "-", stdin=ARTICLE).code == 0

    def test_warnings_are_told_beside_the_commit(self, run, article):
        unsure = ARTICLE.replace(
            ';\n    dcterms:description "Ships held an exercise in the Black Sea."@en',
            "",
        )
        added = run("add", article(unsure))
        assert added.code == 0, added.out
        checked = run("check", article(unsure))
        assert "warning" in checked.out
        assert added.out.partition("\n\n")[2] == checked.out.partition("\n\n")[2]


class TestRetract:
    @pytest.mark.parametrize("name", ["2024-05-14-drill", NAME, expand(NAME).value])
    def test_an_article_takes_what_follows_from_it_along(self, run, article, name):
        before = run("stats", "--json").json
        run("add", article())
        gone = run("retract", name, "--reason", "Withdrawn")
        assert gone.code == 0, gone.err
        assert f"{NAME} is retracted." in gone.out
        assert not holds(run)
        after = run("stats", "--json").json
        assert {**after, "sequence": before["sequence"]} == before

    def test_an_unknown_name_is_told_with_the_nearest(self, run, own):
        before = kept(own)
        unknown = run("retract", JUDGED.replace("tu-95", "tu-96"))
        assert unknown.code == 2
        assert f"Did you mean article:{JUDGED}" in unknown.err
        assert run("retract", "nowhere:x").code == 2
        assert kept(own) == before

    @pytest.mark.parametrize("name", ["graph:reference", "place:black-sea"])
    def test_only_an_article_is_retracted(self, run, own, name):
        before = kept(own)
        assert run("retract", name).code == 2
        assert kept(own) == before

    def test_what_others_stand_on_stays(self, run, own):
        before = kept(own)
        refused = run("retract", JUDGED)
        assert refused.code == 1
        assert f"The graph without article:{JUDGED} does not conform" in refused.out
        assert kept(own) == before


class TestUndo:
    def test_undoing_is_a_commit_that_can_be_undone(self, run, article, own):
        number = run("add", article(), "--json").json["commit"]
        undone = run("undo", number, "--reason", "By mistake")
        assert undone.code == 0, undone.err
        assert f"Commit {number + 1} undoes commit {number}: " in undone.out
        assert f"{NAME} is retracted." in undone.out
        assert not holds(run)
        assert LogReader.open(own / "log").entry(number + 1).reason == "By mistake"
        assert run("undo", number + 1).code == 0
        assert holds(run)

    def test_what_a_later_commit_has_changed_is_refused_with_the_reason(
        self, run, article, own
    ):
        first = run("add", article(), "--json").json["commit"]
        second = run("add", article(LONGER), "--json").json["commit"]
        before = kept(own)
        refused = run("undo", first)
        assert refused.code == 1
        assert f"commit {second} has changed what it did" in refused.err
        assert kept(own) == before

    def test_a_dry_run_undoes_nothing(self, run, article, own):
        number = run("add", article(), "--json").json["commit"]
        before = kept(own)
        dry = run("undo", number, "--dry-run")
        assert dry.code == 0
        assert f"Commit {number} would be undone: " in dry.out
        assert kept(own) == before

    def test_a_commit_that_is_not_there_or_is_a_release_is_refused(self, run):
        assert run("undo", "1").code == 1
        assert run("undo", "99").code == 2
        assert run("undo", "0").code == 2


class TestLoad:
    def test_a_folder_is_loaded_and_what_is_there_already_is_passed_over(
        self, run, article, own
    ):
        for day in (1, 2, 3):
            article(of_day(day), f"many/{day}.trig")
        loaded = run("load", "many", "--json")
        assert loaded.code == 0, loaded.err
        assert (loaded.json["loaded"], loaded.json["unchanged"]) == (3, 0)
        before = kept(own)
        again = run("load", "many", "--json").json
        assert (again["loaded"], again["unchanged"], again["commits"]) == (0, 3, [])
        assert kept(own) == before

    def test_what_is_refused_is_left_out_when_told_to_go_on(self, run, article):
        article(of_day(1), "many/1.trig")
        article(of_day(2, UNTIMED), "many/2.trig")
        article("<#a> a a", "many/3.trig")
        stopped = run("load", "many")
        assert stopped.code in (1, 2)
        loaded = run("load", "many", "--keep-going")
        assert loaded.code == 1
        assert "many/3.trig:1:" in loaded.err
        assert "many/2.trig:" in loaded.err
        assert "Rule: shape:Activity-time" in loaded.err
        told = run("load", "many", "--keep-going", "--json").json
        assert told["unchanged"] == 1
        assert len(told["refused"]) == 2

    def test_a_dump_brings_back_what_is_missing_and_nothing_else(
        self, run, article, own, tmp_path
    ):
        run("add", article())
        dump = run("export", "all", "--output", "nquads").out
        (tmp_path / "dump.nq").write_text(dump, "utf-8")
        whole = run("stats", "--json").json
        run("retract", NAME)
        loaded = run("load", "dump.nq", "--json")
        assert loaded.code == 0, loaded.err
        assert loaded.json["loaded"] == 1
        assert len(loaded.json["commits"]) == 1
        after = run("stats", "--json").json
        assert {**after, "sequence": whole["sequence"]} == whole
        before = kept(own)
        assert run("load", "dump.nq", "--json").json["commits"] == []
        assert kept(own) == before

    def test_a_folder_without_articles_is_a_mistake(self, run, tmp_path):
        (tmp_path / "empty").mkdir()
        refused = run("load", "empty")
        assert refused.code == 2
        assert "there is no article in the folder" in refused.err


class TestCheck:
    def test_each_of_several_files_is_checked_by_itself(self, run, article):
        files = [article(), article(UNTIMED, "untimed.trig")]
        checked = run("check", *files)
        assert checked.code == 1
        assert "2024-05-14-drill.trig conforms" in checked.out
        assert "untimed.trig does not conform" in checked.out
        told = json.loads(run("check", *files, "--json").out)
        assert [one["conforms"] for one in told] == [True, False]

    def test_an_unreadable_file_leaves_the_others_to_be_checked(self, run, article):
        files = [article("<#a> a a", "bad.trig"), article(UNTIMED)]
        checked = run("check", *files)
        assert checked.code == 2
        assert "bad.trig:1:" in checked.out
        assert "Rule: shape:Activity-time" in checked.out

    def test_both_validators_find_the_same(self, run, article):
        fast = run("check", article(UNTIMED), "--json")
        reference = run("check", article(UNTIMED), "--json", "--engine", "pyshacl")
        assert fast.json == reference.json
        assert reference.json["conforms"] is False

    def test_findings_are_sarif_for_editors_and_code_hosts(self, run, article):
        files = [article(UNTIMED), article(of_day(1, UNTIMED), "other.trig")]
        checked = run("check", *files, "--sarif")
        assert checked.code == 1
        (told,) = checked.json["runs"]
        places = [
            result["locations"][0]["physicalLocation"] for result in told["results"]
        ]
        found = {place["artifactLocation"]["uri"] for place in places}
        assert found == {"2024-05-14-drill.trig", "other.trig"}
        assert all(place["region"]["startLine"] > 20 for place in places)

    @pytest.mark.parametrize("output", FORMATS)
    def test_findings_are_a_shacl_report_in_every_syntax(self, run, article, output):
        checked = run("check", article(UNTIMED), "--output", output)
        assert checked.code == 1
        source = Source("report", checked.out.encode(), FORMATS[output])
        found = {quad.object for quad in read(source)}
        assert {SH.ValidationReport, expand("shape:Activity-time")} <= found

    def test_facts_are_checked_by_shapes_that_somebody_brings(
        self, run, article, tmp_path
    ):
        (tmp_path / "mine.ttl").write_text(OWN_SHAPES, "utf-8")
        checked = run("check", article(), "--shapes", "mine.ttl")
        assert checked.code == 1
        assert "violation: name of the activity (rdfs:label)" in checked.out
        assert "An activity has a label." in checked.out
        labelled = ARTICLE.replace(
            "a mil:Exercise ;",
            'a mil:Exercise ; <http://www.w3.org/2000/01/rdf-schema#label> "Drill"@en ;',
        )
        assert run("check", article(labelled), "--shapes", "mine.ttl").code == 0
        none = run("check", article(), "--shapes", article())
        assert none.code == 2
        assert "there is no shape in it" in none.err

    def test_two_formats_at_once_are_wrong_usage(self, run, article):
        assert run("check", article(), "--json", "--sarif").code == 2

    def test_a_finding_in_json_names_its_path(self, run, article):
        written = JSON.replace("2024-05-11T00:00:00+03:00", "11 May")
        checked = run("check", article(written, "2024-05-14-drill.jsonld"), "--json")
        assert checked.code == 1
        paths = {finding["jsonPath"] for finding in checked.json["findings"]}
        assert "$.claims[0].asserts[0].hasTime.earliestStart" in paths
        assert run("add", article(JSON, "2024-05-14-drill.jsonld")).code == 0


@pytest.fixture
def server(own) -> Iterator[str]:
    """The address of a server that holds the graph."""
    command = [sys.executable, "-m", "milgraph", "serve", "--port", "0"]
    environment = {
        **os.environ,
        "MILGRAPH_DATA": str(own),
        "MILGRAPH_TOKEN": TOKEN,
    }
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        ready = process.stdout.readline()
        assert "ready at" in ready
        yield ready.split()[4].rstrip("/")
        process.send_signal(signal.SIGTERM)


class TestBesideAServer:
    @pytest.mark.usefixtures("server")
    def test_a_command_goes_through_the_door_and_tells_the_same(
        self, run, article, own, monkeypatch
    ):
        monkeypatch.setenv("MILGRAPH_TOKEN", TOKEN)
        added = run("add", article(), "--reason", "Over there")
        assert added.code == 0, added.out + added.err
        assert f"{NAME} is new." in added.out
        entry = next(iter(LogReader.open(own / "log").newest(1)))
        assert (entry.agent, entry.reason) == ("admin", "Over there")
        again = run("add", article(), "--json").json
        assert again["fates"] == {expand(NAME).value: "unchanged"}
        refused = run("add", article(UNTIMED))
        assert refused.code == 1
        assert "2024-05-14-drill.trig:" in refused.out
        assert "Rule: shape:Activity-time" in refused.out
        assert run("retract", "2024-05-14-dril").code == 2
        dry = run("retract", NAME, "--dry-run")
        assert dry.code == 0
        assert f"{NAME} would be retracted." in dry.out
        assert run("undo", entry.sequence).code == 0
        assert run("undo", entry.sequence).code == 1
        assert run("undo", "999").code == 2
        article(of_day(1), "many/1.trig")
        article(of_day(2, UNTIMED), "many/2.trig")
        loaded = run("load", "many", "--keep-going", "--json")
        assert loaded.code == 1
        assert loaded.json["loaded"] == 1
        assert len(loaded.json["refused"]) == 1

    def test_without_a_token_it_is_told_what_to_do(
        self, run, article, own, server, monkeypatch
    ):
        before = kept(own)
        for command in (("add", article()), ("load", article()), ("undo", "1")):
            refused = run(*command)
            assert refused.code == 3
            assert server in refused.err
            assert "MILGRAPH_TOKEN" in refused.err
        monkeypatch.setenv("MILGRAPH_TOKEN", "another")
        assert run("add", article()).code == 3
        assert kept(own) == before

    def test_a_server_that_was_killed_is_none(self, run, article, own):
        (own / "server.json").write_text('{"address": "http://127.0.0.1:9", "pid": 1}')
        assert run("add", article()).code == 0
