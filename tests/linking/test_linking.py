"""The command that links: nothing without a decision, each decision kept, in table and graph."""

import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import httpx
import pytest

from milgraph.cli import main
from milgraph.linksets import read_table

SAMPLES = Path(__file__).parents[1] / "samples" / "links"
SEAS, ATLAS = SAMPLES / "seas.geojson", SAMPLES / "atlas.ttl"
ORIGIN = "https://atlas.example.org/"
EDITORS = "actor:milgraph-editors"
TOKEN = "a-token-of-the-tests"  # noqa: S105 - of no server but that of the tests


@dataclass(frozen=True)
class Ran:
    """What a command came to."""

    code: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture
def own(built, tmp_path) -> Path:
    """A graph of the shipped files that the test may change."""
    return Path(shutil.copytree(built, tmp_path / "own"))


@pytest.fixture
def run(own, monkeypatch, capfdbinary, tmp_path) -> Run:
    """Run a command in this process, in a folder of its own, on a graph of its own."""

    def ran(*arguments: str | Path, stdin: str = "") -> Ran:
        monkeypatch.setenv("MILGRAPH_DATA", str(own))
        monkeypatch.setattr(sys, "argv", ["milgraph", *map(str, arguments)])
        given = io.TextIOWrapper(io.BytesIO(stdin.encode()), "utf-8")
        monkeypatch.setattr(sys, "stdin", given)
        with pytest.raises(SystemExit) as end:
            main()
        sys.stdout.flush()
        out, err = capfdbinary.readouterr()
        return Ran(int(end.value.code or 0), out.decode(), err.decode())

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.delenv("MILGRAPH_TOKEN", raising=False)
    return ran


def seas(*options: object) -> list[object]:
    """Return the command on seas to which nothing is linked yet."""
    return [*TAKE[:2], SEAS, *TAKE[2:], *options]


# The command on the same data set, without a copy of it.
TAKE = [
    *("link", "seas", "--namespace", "https://seas.example.org/"),
    *("--table", "seas.sssom.tsv"),
]


def atlas(*options: object) -> list[object]:
    """Return the command on a data set that is not known here."""
    where = ["--namespace", ORIGIN, "--table", "atlas.sssom.tsv"]
    return ["link", "atlas", ATLAS, *where, *options]


def linked(run: Run, predicate: str, to: str) -> list[str]:
    """Return what the view links to the IRI."""
    text = f"SELECT ?ours {{ ?ours skos:{predicate} <{to}> }}"
    told = run("query", "-", "--output", "json", stdin=text).out
    return [b["ours"]["value"] for b in json.loads(told)["results"]["bindings"]]


class TestProposals:
    def test_they_are_told_and_nothing_is_linked(self, run, tmp_path):
        told = run(*seas())
        assert told.code == 0, told.err
        assert "place:black-sea" in told.out
        assert "Nothing is linked without a decision." in told.out
        assert not (tmp_path / "seas.sssom.tsv").exists()

    def test_programs_are_told_the_features_and_why(self, run):
        found = json.loads(run(*seas("--json")).out)
        assert (found["decided"], found["commit"]) == ([], None)
        first = found["proposals"][0]
        assert {"score", "identified", "predicate", "why", "features"} <= set(first)
        assert all(feature["why"] for feature in first["features"])

    @pytest.mark.parametrize(
        ("arguments", "told"),
        [
            (["link", "natural-earth"], "there is no copy to read"),
            (["link", "atlas", ATLAS], "not a data set that is known here"),
            (["link", "At/las", ATLAS, "--namespace", ORIGIN], "cannot name a linkset"),
            (seas("--review"), "there is nobody who decides"),
            (seas("--accept-identified"), "there is nobody who decides"),
            (seas("--review", "--author", "me"), "neither an IRI nor a name"),
            (["link", "geonames", SEAS.with_name("atlas.csv")], "cannot be read"),
            (["link", "geonames", "x.geojson", "--fetch"], "cannot be asked live"),
            (
                ["link", "wikidata", SAMPLES / "wikidata.json", "--fetch"],
                "there already",
            ),
        ],
        ids=range(9),
    )
    def test_what_cannot_be_done_is_told_without_a_traceback(
        self, run, arguments, told
    ):
        found = run(*arguments)
        assert found.code == 2
        assert told in found.err
        assert "Traceback" not in found.err


class TestReviewInTheTerminal:
    def test_each_answer_is_kept_and_the_rest_asked_another_time(self, run, tmp_path):
        # A reason is asked for again until there is one; then nobody answers any more.
        answers = "x\nr\n\nToo far away.\na\n\n"
        found = run(*seas("--review", "--author", EDITORS), stdin=answers)
        assert found.code == 0, found.err
        assert "“" in found.out
        table = read_table(tmp_path / "seas.sssom.tsv")
        refused, accepted = table.rows
        assert refused["comment"] == "Refused. Too far away."
        assert refused.is_rejection
        assert accepted["predicate_id"] == "skos:closeMatch"
        assert accepted["author_id"] == EDITORS
        assert "2 decisions" in found.out
        value = table.curies["seas"] + accepted["object_id"].partition(":")[2]
        assert linked(run, "closeMatch", value)
        again = json.loads(run(*seas("--json")).out)
        pairs = {(p["subject"], p["object"]) for p in again["proposals"]}
        assert not pairs & {(s.value, o.value) for s, o in table.judged}

    def test_whoever_says_that_there_is_none_is_not_asked_again(self, run, tmp_path):
        answers = "n\nNot in this file.\nq\n"
        run(*seas("--review", "--author", EDITORS), stdin=answers)
        table = read_table(tmp_path / "seas.sssom.tsv")
        (none,) = table.without_counterpart
        told = json.loads(run(*seas("--json")).out)
        assert none.value not in {p["subject"] for p in told["proposals"]}

    def test_who_stops_at_once_decides_nothing(self, run, tmp_path):
        assert run(*seas("--review", "--author", EDITORS), stdin="q\n").code == 0
        assert not (tmp_path / "seas.sssom.tsv").exists()


class TestReviewInATable:
    def test_what_is_filled_in_is_linked_in_table_and_graph(self, run, tmp_path):
        assert run(*seas("--to-review", "review.tsv")).code == 0
        path = tmp_path / "review.tsv"
        lines = path.read_text(encoding="utf-8").splitlines()
        chosen = next(i for i, line in enumerate(lines) if "place:black-sea" in line)
        lines[chosen] = f"accept\t{EDITORS}\tSeen." + lines[chosen][2:]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        found = run(*TAKE, "--from-review", "review.tsv", "--json")
        assert found.code == 0, found.err
        told = json.loads(found.out)
        assert told["commit"]["commit"]
        assert [row["subject_id"] for row in told["decided"]] == ["place:black-sea"]
        # What was taken before is not taken again, and that is said.
        found = run(*TAKE, "--from-review", "review.tsv", "--json")
        told = json.loads(found.out)
        assert (told["commit"], told["known"]) == (None, 1)
        found = run(*TAKE, "--from-review", "review.tsv")
        assert found.out == "1 decision was known already; nothing is new.\n"
        # Nor is it with another table, since the graph has it.
        other = [*TAKE[:-1], "other.sssom.tsv", "--from-review", "review.tsv"]
        assert "known already" in run(*other).out
        assert not (tmp_path / "other.sssom.tsv").exists()

    def test_a_review_without_a_decision_is_told_from_one_that_is_known(self, run):
        run(*seas("--to-review", "review.tsv"))
        assert "no decision" in run(*TAKE, "--from-review", "review.tsv").err

    def test_a_half_filled_review_changes_nothing(self, run, tmp_path):
        run(*seas("--to-review", "review.tsv"))
        path = tmp_path / "review.tsv"
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("\n\t", "\naccept\t", 1), encoding="utf-8")
        found = run(*TAKE, "--from-review", "review.tsv")
        assert found.code == 2
        assert "review.tsv:2: the decision has no author" in found.err
        assert not (tmp_path / "seas.sssom.tsv").exists()

    def test_a_review_is_never_written_over_another(self, run):
        assert run(*seas("--to-review", "review.tsv")).code == 0
        found = run(*seas("--to-review", "review.tsv"))
        assert found.code == 2
        assert "there already" in found.err


class TestIdentified:
    def test_it_is_accepted_only_when_that_is_asked_for(self, run, tmp_path):
        assert run(*atlas()).code == 0
        assert not (tmp_path / "atlas.sssom.tsv").exists()
        found = run(*atlas("--accept-identified", "--author", EDITORS))
        assert found.code == 0, found.err
        (row,) = read_table(tmp_path / "atlas.sssom.tsv").rows
        assert row["mapping_justification"] == "semapv:CompositeMatching"
        assert row["comment"].startswith("Identified: ")
        # A data set that was not known has a linkset of its own now.
        assert linked(run, "closeMatch", f"{ORIGIN}sea/1")
        text = "SELECT ?n { ?l void:objectsTarget <https://atlas.example.org/> ; void:triples ?n }"
        head = "PREFIX void: <http://rdfs.org/ns/void#> "
        assert '"1"' in run("query", "-", "--output", "json", stdin=head + text).out

    def test_the_graph_may_be_left_as_it_is(self, run, tmp_path):
        found = run(*atlas("--accept-identified", "--author", EDITORS, "--only-table"))
        assert found.code == 0
        assert (tmp_path / "atlas.sssom.tsv").exists()
        assert linked(run, "closeMatch", f"{ORIGIN}sea/1") == []

    def test_an_author_whom_nobody_knows_is_refused_by_the_graph(self, run, tmp_path):
        found = run(*atlas("--accept-identified", "--author", "actor:nobody"))
        assert found.code == 2
        assert "actor:nobody" in found.err
        # The table and the graph say the same, and the next run can say more.
        assert not (tmp_path / "atlas.sssom.tsv").exists()
        found = run(*atlas("--accept-identified", "--author", EDITORS))
        assert "1 decision in atlas.sssom.tsv." in found.out

    def test_what_the_graph_refuses_of_a_review_is_beside_the_table(
        self, run, tmp_path
    ):
        answers = "r\nToo far away.\nq\n"
        run(*seas("--review", "--author", EDITORS), stdin=answers)
        table = tmp_path / "seas.sssom.tsv"
        before = table.read_bytes()
        found = run(
            *seas("--review", "--author", "actor:nobody"), stdin="a\nSeen.\nq\n"
        )
        assert found.code == 2
        assert table.read_bytes() == before
        assert "seas.sssom.tsv.refused, to be corrected" in found.err
        _, accepted = read_table(tmp_path / "seas.sssom.tsv.refused").rows
        assert accepted["author_id"] == "actor:nobody"


class TestWhatTheGraphHolds:
    def test_it_is_not_proposed_again_whatever_the_table(self, run, tmp_path):
        """Two seas are linked to Natural Earth by the files that are shipped."""
        found = run(
            *("link", "natural-earth", SEAS, "--table", "my.sssom.tsv", "--json"),
            *("--accept-identified", "--author", EDITORS),
        )
        assert found.code == 0, found.err
        told = json.loads(found.out)
        assert (told["decided"], told["commit"]) == ([], None)
        assert not (tmp_path / "my.sssom.tsv").exists()
        entities = {p["subject"].rpartition("/")[2] for p in told["proposals"]}
        assert not entities & {"black-sea", "sea-of-japan"}

    def test_another_identifier_than_that_which_is_linked_is_a_clash(self, run):
        found = run(
            *("link", "natural-earth", SEAS, "--table", "my.sssom.tsv", "--json"),
            *("--again", "--accept-identified", "--author", EDITORS),
        )
        told = json.loads(found.out)
        assert told["decided"] == []
        black = next(p for p in told["proposals"] if "black-sea" in p["subject"])
        assert not black["identified"]
        (clash,) = (f for f in black["features"] if f["name"] == "link")
        assert "Black_Sea already" in clash["why"]

    def test_a_refusal_of_the_graph_counts_as_one_of_the_table(self, run, tmp_path):
        answers = "r\nToo far away.\nq\n"
        run(*seas("--review", "--author", EDITORS), stdin=answers)
        ((refused, value),) = read_table(tmp_path / "seas.sssom.tsv").judged
        (tmp_path / "seas.sssom.tsv").unlink()
        again = json.loads(run(*seas("--json")).out)["proposals"]
        pairs = {(p["subject"], p["object"]) for p in again}
        assert pairs
        assert (refused.value, value.value) not in pairs


@pytest.fixture
def server(own) -> Iterator[str]:
    """The address of a server that holds the graph."""
    tokens = own.parent / "tokens.toml"
    digest = sha256(TOKEN.encode()).hexdigest()
    tokens.write_text(f'[tokens.ed]\ndigest = "sha256:{digest}"\nrole = "editor"\n')
    process = subprocess.Popen(
        [sys.executable, "-m", "milgraph", "serve", "--port", "0"],
        env={**os.environ, "MILGRAPH_DATA": str(own), "MILGRAPH_TOKENS": str(tokens)},
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout
        found = re.search(r"http://\S+:\d+", process.stdout.readline())
        assert found
        yield found[0]
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)


def test_decisions_go_through_the_door_of_a_running_server(run, server, monkeypatch):
    monkeypatch.setenv("MILGRAPH_TOKEN", TOKEN)
    found = run(*atlas("--accept-identified", "--author", EDITORS, "--json"))
    assert found.code == 0, found.err
    assert json.loads(found.out)["commit"]["commit"]
    question = f"ASK {{ ?ours skos:closeMatch <{ORIGIN}sea/1> }}"
    head = "PREFIX skos: <http://www.w3.org/2004/02/skos/core#> "
    answer = httpx.get(
        f"{server}/sparql",
        params={"query": head + question},
        headers={"Accept": "application/sparql-results+json"},
    )
    assert answer.json()["boolean"] is True
