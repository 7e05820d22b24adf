"""Decisions of editors on proposals: read back from a table, kept, and not asked again."""

import io
import json
import shutil
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milgraph import graphs
from milgraph.cli import main
from milgraph.coreference.decisions import Decided, Decision, Verdict, judgements_of
from milgraph.coreference.judged import Judged
from milgraph.coreference.proposing import Proposals, propose
from milgraph.coreference.reviewing import COLUMNS, read_decisions, write_table
from milgraph.coreference.writing import appended
from milgraph.errors import ReviewError
from milgraph.gate import Gate
from milgraph.history import Author, Role
from milgraph.syntax import FORMATS, Source, read
from milgraph.terms import MIL, RDF, NamedNode, expand

ED = Author("ed", Role.EDITOR, "test")
SIDES = """<#drill> mil:hasParticipation <#ships> .
    <#ships> mil:participant actor:north ; mil:role role:principal ."""
FIRST, SECOND, THIRD = ("2024-05-14-first", "2024-05-14-second", "2024-05-15-third")


def drill(slug: str) -> NamedNode:
    return expand(f"article:{slug}#drill")


def decided(
    one: str,
    other: str,
    verdict: str = "same",
    *,
    reason: str = "The same days, bay and ships.",
    confidence: str = "0.9",
    by: str = "actor:milgraph-editors",
) -> Decision:
    return Decision(
        drill(one),
        drill(other),
        Verdict(verdict),
        Decimal(confidence),
        reason,
        expand(by),
    )


@pytest.fixture
def told(gate: Gate, tell) -> Gate:
    """Three articles on drills in one bay on the same days."""
    sources = [tell(slug, SIDES) for slug in (FIRST, SECOND, THIRD)]
    gate.submit(*sources, author=ED)
    return gate


def pairs(gate: Gate) -> list[set[NamedNode]]:
    return [{a.node for a in p.accounts} for p in propose(gate.state).found]


def keep(gate: Gate, *decisions: Decision) -> Decided:
    found = judgements_of(decisions, gate.state)
    if found.triples:
        gate.post(graphs.OCCURRENCES, found.triples, author=ED)
    return found


def occurrences_of(gate: Gate, slug: str) -> list[NamedNode]:
    return list(gate.state.triples.objects(drill(slug), MIL.accountOf))


def test_accounts_that_are_alike_are_proposed_and_nothing_is_merged(told):
    assert len(pairs(told)) == 3
    assert len({occurrences_of(told, slug)[0] for slug in (FIRST, SECOND, THIRD)}) == 3


def test_what_is_accepted_is_one_occurrence_and_not_proposed_again(told):
    found = keep(told, decided(FIRST, SECOND))
    assert (found.joined, found.parted, found.unchanged) == (1, 0, 0)
    (occurrence,) = occurrences_of(told, FIRST)
    assert occurrences_of(told, SECOND) == [occurrence]
    assert occurrence == expand("occurrence:2024-05-11-drill")
    # The two are one group now, and the third is asked of that group once.
    assert len(pairs(told)) == 1


def test_a_third_account_joins_the_occurrence_that_there_is(told):
    keep(told, decided(FIRST, SECOND))
    keep(told, decided(SECOND, THIRD, confidence="0.8"))
    assert occurrences_of(told, THIRD) == occurrences_of(told, FIRST)
    assert pairs(told) == []
    (judgement,) = told.state.triples.subjects(MIL.judgedAccount, drill(THIRD))
    (confidence,) = told.state.triples.objects(judgement, MIL.confidence)
    assert confidence.value == "0.8"


def test_a_chain_of_decisions_in_one_review_is_one_occurrence(told):
    found = keep(told, decided(FIRST, SECOND), decided(SECOND, THIRD))
    assert found.joined == 2
    assert len({occurrences_of(told, slug)[0] for slug in (FIRST, SECOND, THIRD)}) == 1


@pytest.mark.parametrize(
    ("verdict", "counted"), [("different", (1, 0)), ("possibly-same", (0, 1))]
)
def test_that_two_are_not_the_same_is_remembered(told, verdict, counted):
    found = keep(told, decided(FIRST, SECOND, verdict))
    assert (found.parted, found.possible) == counted
    assert {drill(FIRST), drill(SECOND)} not in pairs(told)
    assert len(pairs(told)) == 2


def test_it_is_remembered_of_whatever_the_two_are_joined_with_later(told):
    keep(told, decided(FIRST, SECOND, "different"))
    keep(told, decided(SECOND, THIRD))
    # The third is of the second's occurrence, and so not of the first's.
    assert pairs(told) == []


def test_it_is_remembered_when_the_article_is_sent_again(told, tell):
    keep(told, decided(FIRST, SECOND, "different"))
    told.submit(
        tell(FIRST, SIDES + "\n    <#drill> mil:hasPlace place:sea ."), author=ED
    )
    assert {drill(FIRST), drill(SECOND)} not in pairs(told)


def test_two_named_occurrences_are_told_apart_by_an_identity_judgement(told, tell):
    told.submit(tell("2024-05-16-fourth", SIDES), author=ED)
    keep(told, decided(FIRST, SECOND))
    keep(told, decided(THIRD, "2024-05-16-fourth"))
    keep(told, decided(FIRST, THIRD, "different"))
    view = told.state.triples
    (judgement,) = view.subjects(RDF["type"], MIL.IdentityJudgement)
    assert list(view.objects(judgement, MIL.verdict)) == [expand("verdict:different")]
    assert pairs(told) == []


def test_the_same_decision_twice_changes_nothing(told):
    keep(told, decided(FIRST, SECOND), decided(FIRST, THIRD, "different"))
    again = keep(told, decided(SECOND, FIRST), decided(THIRD, FIRST, "different"))
    assert (again.triples, again.unchanged) == ((), 2)


@pytest.mark.parametrize(
    ("decisions", "problem"),
    [
        (
            [decided(FIRST, SECOND), decided(FIRST, SECOND, "different")],
            "others of the same review",
        ),
        (
            [
                decided(FIRST, SECOND),
                decided(SECOND, THIRD),
                decided(FIRST, THIRD, "different"),
            ],
            "others of the same review",
        ),
        ([decided(FIRST, "2024-05-14-nowhere")], "no account that the graph holds"),
        ([decided(FIRST, SECOND, by="actor:nobody")], "no actor that the graph knows"),
    ],
)
def test_decisions_that_cannot_stand_together_are_refused(told, decisions, problem):
    with pytest.raises(ReviewError, match=problem):
        judgements_of(decisions, told.state)


@pytest.mark.parametrize(
    ("before", "after"), [("same", "different"), ("different", "same")]
)
def test_what_was_judged_is_not_overruled_by_the_way(told, before, after):
    keep(told, decided(FIRST, SECOND, before))
    with pytest.raises(ReviewError, match="judged"):
        judgements_of([decided(FIRST, SECOND, after)], told.state)


def test_a_decision_has_a_reason_a_confidence_and_two_accounts():
    for wrong in (
        {"reason": "  "},
        {"confidence": "1.1"},
        {"confidence": "-0.1"},
    ):
        with pytest.raises(ReviewError):
            decided(FIRST, SECOND, **wrong)
    with pytest.raises(ReviewError, match="itself"):
        decided(FIRST, FIRST)


def test_a_judgement_stays_though_its_article_is_retracted(told):
    keep(told, decided(FIRST, SECOND, "different"))
    report = told.retract(expand(f"article:{SECOND}"), author=ED).report
    assert "withdraw the comparison" in " ".join(r.message for r in report.results)


# The table


@pytest.fixture
def proposals(told) -> Proposals:
    return propose(told.state)


def filled(text: str, row: int, **cells: str) -> str:
    """Return the table with cells of one row filled in."""
    lines = text.splitlines()
    parts = lines[row].split("\t")
    for name, value in cells.items():
        parts[COLUMNS.index(name)] = value
    lines[row] = "\t".join(parts)
    return "\n".join(lines) + "\n"


SURE = {
    "decision": "same",
    "confidence": "0.9",
    "reason": "The same days and ships.",
    "judged_by": "actor:milgraph-editors",
}


def test_a_table_that_nobody_filled_in_decides_nothing(proposals):
    assert read_decisions(write_table(proposals.found)) == ()


def test_what_is_filled_in_is_read_back(told, proposals):
    text = filled(write_table(proposals.found), 2, **SURE)
    (decision,) = read_decisions(text, name="review.tsv")
    assert {decision.first, decision.second} == {
        a.node for a in proposals.found[1].accounts
    }
    assert (decision.verdict, decision.confidence) == ("same", Decimal("0.9"))
    assert str(decision.position) == "review.tsv:3"
    assert keep(told, decision).joined == 1


def test_a_spreadsheet_may_add_a_mark_commas_and_quotes(proposals):
    text = filled(
        write_table(proposals.found), 1, **SURE | {"confidence": "0,9"}
    ).replace("The same days and ships.", '"The ""same"" days."')
    (decision,) = read_decisions("\ufeff" + text.replace("\n", "\r\n"))
    assert decision.reason == 'The "same" days.'
    assert decision.confidence == Decimal("0.9")


@pytest.mark.parametrize(
    ("cells", "problem"),
    [
        ({"reason": ""}, "without a reason"),
        ({"confidence": ""}, "without a confidence"),
        ({"confidence": "sure"}, "no confidence"),
        ({"confidence": "NaN"}, "no confidence"),
        ({"confidence": "2"}, "no confidence"),
        ({"judged_by": ""}, "without an author"),
        ({"judged_by": "somebody"}, "judged_by"),
        ({"decision": ""}, "no decision"),
        ({"decision": "maybe"}, "is no decision"),
        ({"first": "nobody:x"}, "first"),
        ({"reason": "x" * 30_000}, "longer"),
    ],
)
def test_a_row_that_is_half_filled_is_refused_with_its_line(proposals, cells, problem):
    text = filled(write_table(proposals.found), 2, **SURE | cells)
    with pytest.raises(ReviewError, match=problem) as refused:
        read_decisions(text, name="review.tsv")
    assert str(refused.value.position) == "review.tsv:3"


@pytest.mark.parametrize(
    ("damage", "problem", "line"),
    [
        (lambda _: "", None, 0),
        (lambda text: text.replace("decision\t", "verdict\t", 1), "lacks decision", 1),
        (lambda text: text.replace("score\t", "reason\t", 1), "twice", 1),
        (lambda text: text.replace("\t", ",", 30), "lacks", 1),
        (lambda text: filled(text, 2, reason="a\tb"), "cells", 3),
        (lambda text: text.rstrip("\n").rpartition("\t")[0], "cells", 4),
        (lambda text: text.replace("A drill", "A \0drill", 1), "NUL", 2),
        (lambda text: filled(text, 1, reason='"open'), "well-formed|cells", 2),
        (lambda text: text + text.splitlines()[1] + "\n", "line 2", 5),
    ],
)
def test_a_damaged_table_is_refused_with_its_line(proposals, damage, problem, line):
    text = filled(write_table(proposals.found), 1, **SURE)
    damaged = damage(text)
    if problem is None:
        assert read_decisions(damaged) == ()
        return
    with pytest.raises(ReviewError, match=problem) as refused:
        read_decisions(damaged, name="review.tsv")
    assert refused.value.position.line == line


def test_what_a_spreadsheet_would_compute_is_written_as_text(told, tell):
    formula = 'rdfs:label "=HYPERLINK(1)"@en'
    source = tell("2024-05-14-first", SIDES)
    content = source.content.replace(b'rdfs:label "A drill"@en', formula.encode())
    told.submit(Source("a.trig", content, FORMATS["trig"]), author=ED)
    table = write_table(propose(told.state).found)
    assert "'=HYPERLINK" in table
    assert "\t=" not in table


@given(st.text(max_size=400))
def test_whatever_is_in_a_file_is_read_or_refused(text):
    for content in (text, "\t".join(COLUMNS) + "\n" + text):
        with suppress(ReviewError):
            assert not read_decisions(content)


# A file of the checkout


def test_a_file_of_judgements_says_what_the_graph_would_say(told):
    triples = judgements_of([decided(FIRST, SECOND)], told.state).triples
    text = appended("", triples, name="2024.ttl")
    found = {
        q.triple for q in read(Source("2024.ttl", text.encode(), FORMATS["turtle"]))
    }
    assert found == set(triples)
    more = judgements_of(
        [decided(FIRST, SECOND), decided(THIRD, FIRST, "different")],
        told.state,
        *triples,
    )
    assert (more.unchanged, more.parted) == (1, 1)
    longer = appended(text, more.triples, name="2024.ttl")
    assert longer.startswith(text)
    both = read(Source("2024.ttl", longer.encode(), FORMATS["turtle"]))
    assert {q.triple for q in both} == {*triples, *more.triples}
    assert Judged.of(q.triple for q in both).compared


def test_a_file_with_another_head_is_not_added_to(told):
    triples = judgements_of([decided(FIRST, SECOND)], told.state).triples
    with pytest.raises(ReviewError, match="does not declare: @base"):
        appended("@prefix x: <https://example.org/> .\n", triples, name="x.ttl")


# The commands


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str


@pytest.fixture
def run(built, monkeypatch, capfd, tmp_path) -> Callable[..., Ran]:
    """Run a command in this process on a copy of the shipped graph without judgements."""
    own = Path(shutil.copytree(built, tmp_path / "own"))

    def ran(*arguments: str, stdin: str | io.StringIO = "") -> Ran:
        monkeypatch.setenv("MILGRAPH_DATA", str(own))
        monkeypatch.setattr(sys, "argv", ["milgraph", "occurrences", *arguments])
        typed = io.StringIO(stdin) if isinstance(stdin, str) else stdin
        monkeypatch.setattr(sys, "stdin", typed)
        with pytest.raises(SystemExit) as end:
            main()
        out, err = capfd.readouterr()
        return Ran(int(end.value.code or 0), out, err)

    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MILGRAPH_TOKEN", raising=False)
    return ran


def test_proposals_are_listed_for_people_programs_and_spreadsheets(run, tmp_path):
    listed = run("propose")
    assert listed.code == 0
    assert "+20.0 dyad: the same sides: actor:russian-mod" in listed.out
    found = json.loads(run("propose", "--json").out)
    assert found["total"] == len(found["proposals"]) == 1
    assert {"feature", "points", "why"} == set(found["proposals"][0]["reasons"][0])
    assert run("propose", "--tsv", "review.tsv").code == 0
    assert len((tmp_path / "review.tsv").read_text("utf-8").splitlines()) == 2


def test_a_review_from_a_spreadsheet_is_one_commit(run, tmp_path):
    run("propose", "--tsv", "review.tsv", "--by", "actor:milgraph-editors")
    path = tmp_path / "review.tsv"
    text = path.read_text("utf-8")
    path.write_text(
        filled(text, 1, decision="different", confidence="0.7", reason="Two days."),
        "utf-8",
    )
    dry = run("decide", "review.tsv", "--dry-run")
    assert (dry.code, dry.out) == (
        0,
        "0 joined, 1 told apart, 0 possibly the same, 0 as before. Nothing was stored.\n",
    )
    done = run("decide", "review.tsv")
    assert done.code == 0, done.err
    assert "1 told apart" in done.out
    assert "Commit" in done.out
    assert json.loads(run("propose", "--json").out)["total"] == 0
    assert "1 as before" in run("decide", "review.tsv").out


def test_a_damaged_review_ends_with_2_and_changes_nothing(run, tmp_path):
    run("propose", "--tsv", "review.tsv")
    path = tmp_path / "review.tsv"
    path.write_text(filled(path.read_text("utf-8"), 1, decision="same"), "utf-8")
    refused = run("decide", "review.tsv")
    assert refused.code == 2
    assert "review.tsv:2: a decision without a reason" in refused.err
    assert json.loads(run("propose", "--json").out)["total"] == 1
    path.write_bytes(b"\xff\xfe\x00d")
    assert "not UTF-8" in run("decide", "review.tsv").err
    assert run("decide", "nowhere.tsv").code == 2


def test_decisions_at_the_terminal_can_go_to_a_file(run, tmp_path):
    asked = run(
        "review",
        *("--by", "actor:milgraph-editors", "--to", "2023.ttl"),
        stdin="x\ns\n2\n0.7\n \nOne ministry.\n",
    )
    assert asked.code == 0, asked.err
    assert "1 joined" in asked.out
    text = (tmp_path / "2023.ttl").read_text("utf-8")
    # Both have occurrences with names, and an identity judgement says that these are one.
    assert "a mil:IdentityJudgement" in text
    assert 'mil:reason "One ministry."@en' in text
    assert json.loads(run("propose", "--json").out)["total"] == 1


class Interrupted(io.StringIO):
    """What is typed at a terminal until somebody presses Ctrl-C."""

    def readline(self, *size: int) -> str:
        line = super().readline(*size)
        if not line:
            raise KeyboardInterrupt
        return line


@pytest.mark.parametrize("more", ["", "d\n", "d\n0.7\n"])
@pytest.mark.parametrize("typed", [io.StringIO, Interrupted])
def test_what_was_decided_is_kept_when_the_review_is_broken_off(run, typed, more):
    review = ("review", "--by", "actor:milgraph-editors", "--least", "20")
    ended = run(*review, stdin=typed(f"d\n0.8\nTwo days.\n{more}"))
    assert ended.code == 0, ended.err
    assert (
        "0 joined, 1 told apart, 0 possibly the same, 0 as before. Commit 2."
        in ended.out
    )
    assert json.loads(run("propose", "--json").out)["total"] == 0


def test_a_review_that_is_broken_off_at_once_writes_nothing(run):
    ended = run("review", "--by", "actor:milgraph-editors", stdin=Interrupted())
    assert ended.code == 0, ended.err
    assert "Nothing was decided, and nothing was written." in ended.out


def test_who_is_unknown_is_told_before_the_first_question(run):
    refused = run("review", "--by", "actor:nobody", stdin="d\n0.8\nTwo days.\n")
    assert refused.code == 2
    assert "actor:nobody is no actor that the graph knows" in refused.err
    assert "One occurrence?" not in refused.out


@pytest.mark.parametrize("content", [b"\xff\xfe", b"<a> <b>", b"# nothing\n"])
def test_a_file_that_is_no_file_of_judgements_is_left_as_it_is(run, tmp_path, content):
    path = tmp_path / "other.ttl"
    path.write_bytes(content)
    asked = ("review", "--by", "actor:milgraph-editors", "--to", "other.ttl")
    refused = run(*asked, stdin="d\n0.7\nTwo days.\n")
    assert refused.code == 2
    assert "other.ttl" in refused.err
    assert path.read_bytes() == content


def test_nobody_decides_without_a_name(run):
    refused = run("review", stdin="s\n")
    assert refused.code == 2
    assert "without an author" in refused.err
