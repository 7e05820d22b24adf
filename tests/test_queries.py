"""The stored queries: well described, valid for any tool, and right about the domain.

Each query runs with the examples of its header and is compared with a snapshot. Claims
about the answers that matter most are spelled out below, in words.
"""

import csv
import io
import re
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from pyoxigraph import QueryResultsFormat, QuerySolutions, QueryTriples
from rdflib.plugins.sparql import prepareQuery

from milgraph.queries import Catalogue, StoredQuery
from milgraph.resources import Resources
from milgraph.store import Snapshot
from milgraph.terms import Literal, NamedNode, Term, compact, prefixes

RESOURCES = Resources.shipped()
SNAPSHOTS = Path(__file__).parent / "snapshots" / "queries"
CATALOGUE = Catalogue.of(RESOURCES.queries)
QUERIES = sorted(CATALOGUE, key=lambda query: query.name)
# The queries that must find nothing are run by the tests of the ontology, and those that
# call another endpoint beside a stand-in for it.
ANSWERED = [query for query in QUERIES if query.folder not in ("lint", "federated")]
COMPETENCY = [query for query in QUERIES if query.folder.startswith("competency/")]
MODULES = {p.stem for p in (RESOURCES.root / "ontology").glob("*.ttl")} - {
    "ontology",
    "prefixes",
}
SEED = "2023-03-21-tu-95-sea-of-japan"

Row = Mapping[str, str | None]
Answer = Callable[..., list[Row]]


def named(query: StoredQuery) -> str:
    return query.name


def is_select(query: StoredQuery) -> bool:
    return bool(re.search(r"^SELECT\b", query.sparql, re.MULTILINE))


def without_literals_and_iris(query: StoredQuery) -> str:
    body = re.sub(r"^PREFIX.*$", "", query.sparql, flags=re.MULTILINE)
    return re.sub(r'"[^"\n]*"|<[^>\s]*>', " ", body)


every_query = pytest.mark.parametrize("query", QUERIES, ids=named)
every_answer = pytest.mark.parametrize("query", ANSWERED, ids=named)
every_select = pytest.mark.parametrize(
    "query", [query for query in ANSWERED if is_select(query)], ids=named
)


# How the files look


def test_the_catalogue_has_not_lost_its_queries() -> None:
    assert len(COMPETENCY) >= 55
    assert len(ANSWERED) >= 90


def test_each_of_the_thirty_competency_questions_has_a_query() -> None:
    asked = {query.question for query in COMPETENCY if query.question is not None}
    assert asked == set(range(1, 31))


def test_competency_folders_are_the_ontology_modules() -> None:
    assert {query.path.parent.name for query in COMPETENCY} == MODULES


@every_query
def test_the_header_says_what_is_asked(query: StoredQuery) -> None:
    assert query.title
    assert query.description.endswith(".")
    assert query.tags
    assert {p.name for p in query.parameters.values()} == set(query.parameters)


@every_query
def test_the_file_is_valid_for_rdflib_too(query: StoredQuery) -> None:
    # Nothing is bound beforehand: whatever the file uses, it declares.
    prepareQuery(query.text)


@every_query
def test_prefixes_are_those_used_and_of_the_one_map(query: StoredQuery) -> None:
    declared = re.findall(r"^PREFIX ([\w-]+): <([^>]+)>$", query.text, re.MULTILINE)
    used = re.findall(r"(?<![\w?$])([a-z][\w-]*):", without_literals_and_iris(query))
    assert dict(declared).items() <= prefixes().items()
    assert [name for name, _ in declared] == sorted(set(used))


@every_query
def test_the_query_keeps_to_the_house_style(query: StoredQuery) -> None:
    body = without_literals_and_iris(query)
    assert "\t" not in query.text
    assert not re.search(r"SELECT\s+(DISTINCT\s+)?\*", body)
    assert not re.search(
        r"(?<![\w?:])(select|where|filter|optional|graph|bind)\b[^:]", body
    )
    assert not re.search(r"[a-z]:[\w-]+#", body), "a # ends a prefixed name"
    assert max(map(len, query.text.splitlines())) <= 125
    assert query.text == query.text.strip() + "\n"


@every_query
def test_no_duration_is_added_to_a_time(query: StoredQuery) -> None:
    # The engine gives nothing for dateTime + duration, and no error.
    assert not re.search(r"\s\+\s", without_literals_and_iris(query))


@every_select
def test_rows_are_ordered(query: StoredQuery) -> None:
    assert re.search(r"^ORDER BY \S", query.sparql, re.MULTILINE)


@every_select
def test_a_select_projects_its_parameters(query: StoredQuery) -> None:
    # The engine can bind only what is projected, and the reader sees what was asked.
    projected = [str(variable) for variable in prepareQuery(query.text).algebra.PV]
    assert projected[: len(query.parameters)] == list(query.parameters)


@every_query
def test_a_parameter_takes_no_name_of_an_option_or_of_the_address(query) -> None:
    taken = {"data", "format", "help", "json", "output"}
    assert taken.isdisjoint(query.parameters)


# What they answer


def solutions(
    query: StoredQuery, dataset: Snapshot, given: Mapping[str, str] | None = None
) -> QuerySolutions:
    found = query.run(dataset, query.examples() | dict(given or {}))
    assert isinstance(found, QuerySolutions)
    return found


def table(query: StoredQuery, dataset: Snapshot) -> str:
    """Return the result with the query's examples, as CSV."""
    found = query.run(dataset, query.examples())
    if isinstance(found, QuerySolutions):
        written = found.serialize(format=QueryResultsFormat.CSV) or b""
        return written.decode().replace("\r", "")
    assert isinstance(found, QueryTriples)
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(("subject", "predicate", "object"))
    lines.writerows(sorted((_value(s), _value(p), _value(o)) for s, p, o in found))
    return text.getvalue()


def _value(term: Term) -> str:
    return getattr(term, "value", str(term))


@every_answer
def test_the_result_is_the_snapshot(
    query: StoredQuery, dataset: Snapshot, update_snapshots: bool
) -> None:
    path = SNAPSHOTS / f"{query.name}.csv"
    result = table(query, dataset)
    if update_snapshots:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(result, encoding="utf-8")
    assert result == path.read_text(encoding="utf-8")


def test_no_snapshot_has_outlived_its_query() -> None:
    assert {path.stem for path in SNAPSHOTS.glob("*.csv")} == {q.name for q in ANSWERED}


@pytest.mark.parametrize("query", COMPETENCY, ids=named)
def test_a_competency_question_has_an_answer(
    query: StoredQuery, dataset: Snapshot
) -> None:
    assert list(solutions(query, dataset))


@every_select
def test_no_two_rows_are_tied(query: StoredQuery, dataset: Snapshot) -> None:
    # Otherwise the order, and the snapshot, would depend on the engine's mood.
    by = re.findall(r"\?(\w+)", query.sparql.rpartition("ORDER BY")[2])
    rows = list(solutions(query, dataset))
    assert len({tuple(str(row[name]) for name in by) for row in rows}) == len(rows)


@every_select
def test_no_row_comes_twice(query: StoredQuery, dataset: Snapshot) -> None:
    rows = [tuple(map(str, row)) for row in solutions(query, dataset)]
    assert len(set(rows)) == len(rows)


# What is right about the domain


@pytest.fixture
def answer(dataset: Snapshot) -> Answer:
    """Run a stored query with its examples; what is given replaces them."""

    def run(name: str, **given: str) -> list[Row]:
        query = CATALOGUE.get(name)
        found = solutions(query, dataset, given)
        names = [variable.value for variable in found.variables]
        return [dict(zip(names, map(short, row), strict=True)) for row in found]

    return run


def short(term: Term | None) -> str | None:
    """Return a name that a person can read: `SEED#flight`, `mil:Escort`, `2`."""
    if term is None:
        return None
    if isinstance(term, NamedNode):
        article = term.value.partition("/article/")[2]
        return article.replace(SEED, "SEED") if article else compact(term)
    return term.value if isinstance(term, Literal) else str(term)


def columns(rows: list[Row], *names: str) -> set[tuple[str | None, ...]]:
    return {tuple(row[name] for name in names) for row in rows}


def test_the_flagship_is_at_most_eight_lines_on_the_default_graph() -> None:
    query = CATALOGUE.get("bombers-over-an-area").sparql
    lines = query[query.index("SELECT") : query.rindex("}") + 1].splitlines()
    assert len(lines) <= 8
    assert "GRAPH" not in query


def test_two_tu_95ms_flew_over_the_sea_of_japan_in_march_2023_with_two_types_of_escort(
    answer: Answer,
) -> None:
    rows = answer("bombers-over-an-area")
    army = "actor:eastern-md-air-and-air-defence-army"
    assert columns(
        [row for row in rows if row["flight"] == "SEED#flight"],
        *("bomber", "bombers", "escort", "fighter", "fighters"),
    ) == {
        ("platform:tu-95ms", "2", army, "platform:su-30sm", "1"),
        ("platform:tu-95ms", "2", army, "platform:su-35", "1"),
    }
    counted = answer("how-many-of-each-type")
    exact = [row for row in counted if row["activity"] == "SEED#flight"]
    assert columns(exact, "type", "atLeast", "atMost") == {
        ("platform:tu-95ms", "2", "2")
    }


def test_every_account_of_the_march_flight_has_two_bombers_and_only_tu_95(
    answer: Answer,
) -> None:
    rows = answer("bombers-over-an-area")
    assert columns(rows, "bomber", "bombers") == {
        ("platform:tu-95", "2"),
        ("platform:tu-95ms", "2"),
    }
    assert {row["flight"] for row in rows} == {
        "SEED#patrols",
        "SEED#flight",
        "SEED#bomber-flights",
        "2023-03-21-tu-95ms-fighter-support#flight",
        "2023-03-21-tu-95ms-routine-flight#flight",
        "2023-03-22-tu-95-relayed#flight",
    }


def test_a_report_that_loses_the_variants_has_its_own_row(answer: Answer) -> None:
    rows = answer("bombers-over-an-area")
    relayed = [
        row for row in rows if row["flight"] == "2023-03-22-tu-95-relayed#flight"
    ]
    assert columns(relayed, "escort", "fighter", "fighters") == {
        ("actor:russia", "platform:su-30", "1"),
        ("actor:russia", "platform:su-35", "1"),
    }


def test_the_period_of_the_flagship_binds(answer: Answer) -> None:
    april = {"from": "2023-04-01T00:00:00Z", "to": "2023-05-01T00:00:00Z"}
    assert answer("bombers-over-an-area", **april) == []
    december = {"from": "2022-12-01T00:00:00Z", "to": "2023-01-01T00:00:00Z"}
    assert {row["flight"] for row in answer("bombers-over-an-area", **december)} == {
        "SEED#december-flight",
        "2022-12-14-tu-95ms-sea-of-japan#flight",
    }
    assert answer("bombers-over-an-area", area="place:black-sea") == []


def test_bombers_without_a_number_are_listed_too(answer: Answer) -> None:
    rows = answer("bombers-over-an-area", area="place:baltic-sea")
    uncounted = ("2023-03-21-tu-95ms-routine-flight#us-flight", "platform:b-52", None)
    assert uncounted in columns(rows, "flight", "bomber", "bombers")


def test_the_flagship_asks_about_march_2023_unless_told_otherwise() -> None:
    query = CATALOGUE.get("bombers-over-an-area")
    march = query.bindings(query.examples())
    assert query.bindings({}) == march


def test_nobody_speaks_of_a_violation_but_the_outlet_that_takes_it_for_granted(
    answer: Answer,
) -> None:
    rows = answer("violations-said-and-denied")
    assert columns(rows, "claimant", "polarity", "modality") == {
        ("actor:eurasian-times", "polarity:positive", "modality:presupposed"),
        ("actor:russian-mod", "polarity:negative", "modality:fact"),
        ("actor:japanese-mod", "polarity:negative", "modality:fact"),
    }


def test_the_ministry_denies_what_the_outlet_takes_for_granted(
    answer: Answer,
) -> None:
    denied = (
        "2023-03-20-b-52h-baltic#claim-3",
        "SEED#claim-41",
        "modality:presupposed",
    )
    assert denied in columns(answer("denials"), "denial", "assertion", "modality")


def test_one_su_35_contradicts_two_and_nothing_else_does(answer: Answer) -> None:
    rows = answer("contradicting-counts")
    assert columns(rows, "occurrence", "type", "atMost", "rival", "atLeast") == {
        (
            "occurrence:2023-03-20-baltic-scramble",
            "platform:su-35",
            "1",
            "actor:russian-ndcc",
            "2",
        )
    }
    assert {row["rivalClaim"] for row in rows} == {"SEED#claim-34"}


def test_four_bombers_is_the_preferred_of_three_readings(answer: Answer) -> None:
    rows = answer("ambiguous-numbers")
    total = [row for row in rows if row["group"] == "SEED#november-bombers"]
    assert columns(total, "atLeast", "atMost", "preferred") == {
        ("4", "4", "true"),
        ("6", None, "false"),
        ("8", "8", "false"),
    }


def test_an_escort_is_of_one_side_and_shadowing_of_two(answer: Answer) -> None:
    rows = answer("escort-or-shadowing")
    assert {row["class"] for row in rows if row["side"] == row["otherSide"]} == {
        "mil:Escort"
    }
    assert columns(
        [row for row in rows if row["class"] == "mil:Shadowing"], "side", "otherSide"
    ) == {
        ("actor:japan", "actor:russia"),
        ("actor:russia", "actor:united-states"),
    }


def test_the_headline_asserts_what_the_body_only_asks_or_supposes(
    answer: Answer,
) -> None:
    rows = answer("headline-beyond-body")
    assert columns(rows, "hypothesis", "headlineModality", "passageModality") == {
        ("SEED#tit-for-tat", "modality:fact", "modality:question"),
        ("SEED#tit-for-tat", "modality:fact", "modality:hypothesis"),
    }
    report = answer("headline-stronger-than-body")
    assert columns(report, "hypothesis", "bodyModality") == {
        ("SEED#tit-for-tat", "modality:hypothesis")
    }


def test_the_ministry_calls_the_flight_planned_and_nobody_else_calls_it_so(
    answer: Answer,
) -> None:
    rows = answer("planned-or-reaction")
    planned = [row for row in rows if row["position"] == "planned"]
    assert {row["claimant"] for row in planned} == {"actor:russian-mod"}
    reaction = [row for row in rows if row["position"] == "reaction"]
    assert {row["claimant"] for row in reaction} == {
        "actor:eurasian-times",
        "SEED#military-watchers",
    }


def test_a_statement_passes_through_three_hands(answer: Answer) -> None:
    rows = answer("relay-chain")
    first = [row for row in rows if row["claim"] == "2023-03-22-tu-95-relayed#claim-1"]
    assert [(row["origin"], row["step"], row["relayer"]) for row in first] == [
        ("actor:russian-mod", "1", "actor:tass"),
        ("actor:russian-mod", "2", "actor:jiji"),
        ("actor:russian-mod", "3", "actor:yomiuri"),
    ]


def test_four_articles_on_the_march_flight_are_two_voices(answer: Answer) -> None:
    rows = answer("independent-voices")
    flight = "occurrence:2023-03-21-sea-of-japan-flight"
    assert (flight, "4", "2") in columns(rows, "occurrence", "articles", "voices")


def test_a_flight_with_six_accounts_happened_once(answer: Answer) -> None:
    happenings = answer("what-happened-in-an-area")
    assert {row["occurrence"] for row in happenings} == {
        "occurrence:2023-03-03-kalibr-launch",
        "occurrence:2023-03-18-bmd-exercise",
        "occurrence:2023-03-21-sea-of-japan-flight",
    }
    assert answer("happenings-in-an-area")[0]["happenings"] == "7"


def test_a_day_that_cuts_a_flight_s_bounds_makes_it_only_possible(
    answer: Answer,
) -> None:
    rows = answer("what-happened-in-an-area", to="2023-03-21T12:00:00Z")
    certainty = columns(rows, "occurrence", "certainly")
    assert ("occurrence:2023-03-21-sea-of-japan-flight", "false") in certainty
    assert ("occurrence:2023-03-18-bmd-exercise", "true") in certainty


def test_fewer_days_leave_the_launch_out(answer: Answer) -> None:
    assert {row["earlier"] for row in answer("what-came-before", days="7")} == {
        "occurrence:2023-03-18-bmd-exercise"
    }
    assert {row["earlier"] for row in answer("what-came-before")} == {
        "occurrence:2023-03-03-kalibr-launch",
        "occurrence:2023-03-18-bmd-exercise",
    }


def test_the_launches_that_look_alike_are_different(answer: Answer) -> None:
    rows = answer("lookalikes")
    assert {row["verdict"] for row in rows} == {"verdict:different"}
    assert len(rows) == 3


def test_a_newspaper_explains_the_drill_by_a_north_korean_launch(
    answer: Answer,
) -> None:
    rows = answer("competing-explanations")
    answers = [row for row in rows if row["kind"] == "answer to"]
    assert columns(answers, "explanation", "claimant") == {
        ("2023-03-19-exercise-after-icbm#icbm-launch", "actor:yomiuri")
    }


def test_the_steps_of_the_encounter_come_in_the_order_stated(answer: Answer) -> None:
    steps = {row["step"]: row["after"] for row in answer("encounter-step-by-step")}
    baltic = "occurrence:2023-03-20-baltic-"
    order = ("detection", "scramble", "withdrawal", "return")
    assert [steps[baltic + name] for name in order] == ["0", "1", "2", "3"]


def test_each_type_in_a_joint_flight_belongs_to_the_state_that_brought_it(
    answer: Answer,
) -> None:
    rows = answer("types-flown-together")
    assert columns(rows, "state", "type", "otherState", "otherType") == {
        ("actor:china", "platform:h-6", "actor:russia", "platform:tu-95"),
        (
            "actor:japan",
            "platform:atago-class",
            "actor:united-states",
            "platform:arleigh-burke-class",
        ),
    }


def test_the_unsigned_release_has_no_named_source(answer: Answer) -> None:
    rows = answer("unnamed-sources")
    assert {"SEED#claim-12", "SEED#claim-45", "SEED#claim-54", "SEED#claim-68"} <= {
        row["claim"] for row in rows
    }
    assert "actor:russian-mod" not in {row["claimant"] for row in rows}


def test_only_links_to_other_articles_carry_no_claim(answer: Answer) -> None:
    rows = answer("passages-without-a-claim")
    assert columns(rows, "segment", "kind") == {
        ("SEED#s3", "segment:related-link"),
        ("SEED#s4", "segment:related-link"),
    }


def test_all_reference_data_name_a_source(answer: Answer) -> None:
    assert answer("unsourced-reference-data") == []


def test_a_formation_acts_for_its_state(answer: Answer) -> None:
    rows = answer("activities-of-a-state")
    flight = [row for row in rows if row["activity"] == "SEED#flight"]
    assert {row["agent"] for row in flight} == {"actor:long-range-aviation"}


def test_the_family_finds_the_variant_and_never_the_other_way_round(
    answer: Answer,
) -> None:
    family = {row["activity"] for row in answer("where-a-type-was-seen")}
    variant = {
        row["activity"]
        for row in answer("where-a-type-was-seen", type="platform:tu-95ms")
    }
    assert variant < family
    assert "SEED#flight" in variant
    assert "2023-03-22-tu-95-relayed#flight" in family - variant
