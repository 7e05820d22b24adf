"""Importers: other people's records, taken in whole or not at all, and accounted for."""

import bz2
import csv
import gzip
import json
import os
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

import milgraph
from milgraph import graphs
from milgraph.cli.application import app
from milgraph.errors import (
    ConformanceError,
    KnowledgeGraphError,
    ParameterError,
    PlacementError,
    SourceError,
)
from milgraph.explanations import (
    axioms_of,
    explain_fact,
    explanation_as_json,
    explanation_as_text,
    explanation_as_triples,
    fact_of,
)
from milgraph.export.formats import exported
from milgraph.export.rights import Rights, own_licence
from milgraph.gate import Gate
from milgraph.history import Author, Role
from milgraph.importers import (
    FORMATS,
    Account,
    acled,
    examine,
    import_records,
    ucdp,
)
from milgraph.importers.records import Pool
from milgraph.queries import Catalogue
from milgraph.resources import Resources
from milgraph.service.explanation_pages import explanation_page
from milgraph.settings import Settings
from milgraph.shipped import Shipped
from milgraph.standards import Standards
from milgraph.statistics import Statistics
from milgraph.syntax import problem_of
from milgraph.terms import (
    DCTERMS,
    MIL,
    RDFS,
    SKOS,
    Literal,
    NamedNode,
    Quad,
    Triple,
    expand,
)
from milgraph.validation import Shapes, turbo_engine

HERE = Path(__file__).parent
OURS = HERE / "samples"
SOURCE = Path(milgraph.__file__).parent
UCDP, GDELT, ACLED = OURS / "ucdp-ged201.csv", OURS / "gdelt.CSV", OURS / "acled.csv"
FILES = {"ucdp": UCDP, "gdelt": GDELT, "acled": ACLED}
SAMPLES = Path(os.environ.get("SHARED_SAMPLES", HERE.parents[1] / "shared" / "samples"))
REAL_UCDP = SAMPLES / "ucdp_ged_23_1_sample1000_uncertainUCDP.csv"
REAL_GDELT = SAMPLES / "gdelt_v2_20240826070000.export.CSV"
EDITOR = Author("ada", Role.EDITOR, "import")
Take = Callable[..., Account]


def needs(path: Path) -> pytest.MarkDecorator:
    return pytest.mark.skipif(
        not path.exists(), reason=f"the sample {path.name} is not in SHARED_SAMPLES"
    )


@pytest.fixture(scope="module")
def standards(shipped: Shipped, tmp_path_factory: pytest.TempPathFactory) -> Standards:
    return Standards.of(
        (quad.triple for quad in shipped.ontology),
        Shapes.shipped(Resources.shipped()),
        turbo_engine,
        folder=tmp_path_factory.mktemp("standards"),
    )


@pytest.fixture
def gate(
    built: Path, tmp_path: Path, shipped: Shipped, standards: Standards
) -> Iterator[Gate]:
    """The gate of a copy of the shipped graph."""
    folder = tmp_path / "graph"
    shutil.copytree(built, folder)
    with closing(
        Gate.open(Settings(data=folder), shipped=shipped, standards=lambda: standards)
    ) as opened:
        yield opened


@pytest.fixture
def take(gate: Gate) -> Take:
    """Import a file of ours, or another in its place."""

    def taken(name: str, path: Path | None = None, **options: object) -> Account:
        return import_records(
            gate, FORMATS[name], path or FILES[name], EDITOR, **options
        )

    return taken


def told(account: Account) -> tuple[int, int, int, int, int]:
    return (
        account.imported,
        account.updated,
        account.unchanged,
        account.retracted,
        len(account.refused),
    )


def everything(gate: Gate) -> frozenset[Quad]:
    return frozenset(q for q in gate.state.match() if q.graph_name != graphs.CHANGES)


def answer(gate: Gate, name: str) -> list[tuple[str | None, ...]]:
    query = Catalogue.of(Resources.shipped().queries).get(name)
    solutions = gate.state.query(query.text)
    return [tuple(term and term.value for term in row) for row in solutions]


def values(gate: Gate, subject: str, predicate: NamedNode) -> set[str]:
    return {
        quad.object.value for quad in gate.state.match(NamedNode(subject), predicate)
    }


def record(name: str) -> str:
    return expand(f"article:{name}").value


# Whole files


@needs(REAL_UCDP)
@pytest.mark.long
def test_the_real_ucdp_sample_imports_whole_and_adds_up(gate, take) -> None:
    account = take("ucdp", REAL_UCDP, release="23.1")
    assert told(account) == (1000, 0, 0, 0, 0)
    wanted: dict[str, Counter[str]] = {}
    with REAL_UCDP.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            sums = wanted.setdefault(row["type_of_violence"], Counter())
            sums.update({k: int(row[k]) for k in ("low", "best", "high")}, records=1)
    found = {
        code.rpartition("/")[2]: dict(
            zip(("records", "low", "best", "high"), map(int, numbers), strict=True)
        )
        for _, code, *numbers in answer(gate, "deaths-by-code")
    }
    assert found == wanted
    assert found["1"]["best"] == 3914


@needs(REAL_GDELT)
@pytest.mark.long
def test_the_real_gdelt_sample_imports_whole_and_adds_up(gate, take) -> None:
    account = take("gdelt", REAL_GDELT)
    assert told(account) == (917, 0, 0, 0, 0)
    wanted = Counter(
        line.split("\t")[26] for line in REAL_GDELT.read_text("utf-8").splitlines()
    )
    found = {
        notation: int(number)
        for _, _, notation, number in answer(gate, "records-by-code")
    }
    assert found == wanted
    assert found["010"] == 80


@pytest.mark.parametrize("path", [REAL_UCDP, REAL_GDELT], ids=lambda path: path.stem)
def test_the_real_samples_are_whole(path) -> None:
    if not path.exists():
        pytest.skip(f"the sample {path.name} is not in SHARED_SAMPLES")
    name, number = ("ucdp", 1000) if path == REAL_UCDP else ("gdelt", 917)
    assert examine(path, FORMATS[name]).records == number


@pytest.mark.parametrize(("name", "number"), [("ucdp", 4), ("gdelt", 24), ("acled", 4)])
def test_each_record_is_accounted_for_and_the_second_time_passed_over(
    take, gate, name, number
) -> None:
    assert told(take(name)) == (number, 0, 0, 0, 0)
    before = everything(gate)
    assert told(take(name)) == (0, 0, number, 0, 0)
    assert everything(gate) == before


# What a record becomes


def test_a_record_of_ucdp_has_its_bounds_its_sides_and_its_precision(take, gate):
    take("ucdp")
    first, third = record("ucdp-ged-9000001"), record("ucdp-ged-9000003")
    deaths = f"{first}#deaths"
    assert values(gate, deaths, MIL.lowEstimate) == {"4"}
    assert values(gate, deaths, MIL.bestEstimate) == {"5"}
    assert values(gate, deaths, MIL.highEstimate) == {"6"}
    assert values(gate, deaths, MIL.atMost) == {"6"}
    assert values(gate, f"{first}#side-a-deaths", MIL.bestEstimate) == {"2"}
    assert values(gate, f"{first}#side-b-deaths", MIL.bestEstimate) == {"3"}
    # What the data set contradicts itself in is stated, and the bounds hold all of it.
    assert values(gate, f"{third}#deaths", MIL.lowEstimate) == {"10"}
    assert values(gate, f"{third}#deaths", MIL.atLeast) == {"8"}
    assert values(gate, f"{third}#deaths", MIL.atMost) == {"10"}
    assert values(gate, f"{third}#unattributedDeaths", MIL.bestEstimate) == {"9"}
    time = f"{third}#event-time"
    assert values(gate, time, MIL.earliestStart) == {"2020-01-01T00:00:00+14:00"}
    assert values(gate, time, MIL.latestEnd) == {"2020-12-31T23:59:59-12:00"}
    assert values(gate, time, MIL.timePrecision) == {expand("precision:year").value}


def test_a_missing_number_is_no_number(take, gate):
    take("ucdp")
    assert values(gate, record("ucdp-ged-9000001"), MIL.sourceCount) == {"2"}
    assert values(gate, record("ucdp-ged-9000003"), MIL.sourceCount) == set()
    assert values(gate, record("ucdp-ged-9000004"), MIL.sourceCount) == set()


def test_a_state_is_known_by_its_number_and_nobody_else_is_made_one(take, gate):
    take("ucdp")
    attack = record("ucdp-ged-9000004")
    ukraine, civilians = expand("actor:ukraine").value, expand("actor:ucdp-9999").value
    assert values(gate, f"{attack}#side-a", MIL.participant) == {ukraine}
    assert values(gate, f"{attack}#side-b", MIL.participant) == {civilians}
    minted = expand("actor:ucdp-9201").value
    clash = record("ucdp-ged-9000001")
    assert values(gate, f"{clash}#side-a", MIL.participant) == {minted}
    assert values(gate, minted, SKOS.notation) == {"9201"}


def test_codes_keep_their_leading_zeros(take, gate):
    take("gdelt")
    notations = {notation for _, _, notation, _ in answer(gate, "records-by-code")}
    with GDELT.open(encoding="utf-8") as file:
        assert notations == {line.split("\t")[26] for line in file}
    assert any(notation.startswith("0") for notation in notations)


def test_an_address_that_nobody_could_follow_is_left_out(take, gate, tmp_path):
    lines = GDELT.read_text("utf-8").splitlines()
    for index, address in enumerate(
        (
            "javascript:alert(1)",
            "https://news.example/a b",
            "BBC Monitoring",
            "http://[",
        )
    ):
        lines[index] = lines[index].rpartition("\t")[0] + "\t" + address
    path = tmp_path / "gdelt.CSV"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    take("gdelt", path)
    sources = [
        values(gate, record(f"gdelt-{line.split()[0]}"), DCTERMS.source)
        for line in lines
    ]
    assert sources[:4] == [set()] * 4
    assert all(len(found) == 1 for found in sources[4:])


def test_texts_that_a_record_quotes_are_not_stored(take, gate):
    for name in FILES:
        take(name)
    held = {q.object.value for q in everything(gate) if isinstance(q.object, Literal)}
    assert not [text for text in held if "made-up headline" in text or text == "note"]
    assert not any("A made-up note" in text or "of a note" in text for text in held)


def test_a_record_is_no_article_and_its_claim_is_that_of_its_publisher(take, gate):
    take("acled")
    iri = record("acled-lnd1")
    (claimant,) = values(gate, f"{iri}#claim", MIL.claimant)
    assert claimant == expand("actor:acled").value
    view = gate.state.triples
    kinds = set(view.objects(NamedNode(iri), expand("rdf:type")))
    assert MIL.DataSetRecord in kinds
    assert MIL.Article not in kinds
    event = NamedNode(f"{iri}#event")
    assert NamedNode(iri) in set(view.objects(event, MIL.describedIn))
    assert set(view.objects(event, MIL.accountOf))


def test_a_release_carries_its_terms(take, gate):
    for name in FILES:
        take(name)
    found = {
        row[0].rpartition("/")[2]: row[3:]
        for row in answer(gate, "data-sets-and-their-terms")
    }
    assert found["ucdp-ged"] == (
        "20.1",
        "https://creativecommons.org/licenses/by/4.0/",
        "true",
        "4",
    )
    assert found["gdelt-events"][::2] == ("2.0", "true")
    assert found["acled"][::2] == ("2024-06-01", "false")


def test_only_releases_that_records_are_in_are_listed_with_their_number(take, gate):
    for release in ("2024-06-01", "2024-06-08", "2024-06-15"):
        take("acled", release=release)
    listed = answer(gate, "data-sets-and-their-terms")
    assert [(row[3], row[-1]) for row in listed if row[0].endswith("/acled")] == [
        ("2024-06-15", "4")
    ]


def test_the_documented_sum_of_deaths_counts_each_event_once(take, gate):
    for name in FILES:
        take(name)
    page = (SOURCE / "documentation" / "importing.md").read_text("utf-8")
    (query,) = re.findall(r"^```sparql\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    summed = {row[0].value: int(row[2].value) for row in gate.state.query(query)}
    expected = Counter[str]()
    for data_set, _, _, _, best, _ in answer(gate, "deaths-by-code"):
        expected[data_set] += int(best)
    assert summed == expected
    assert summed[expand("dataset:ucdp-ged").value] == 5 + 7 + 9 + 4


def test_the_columns_and_the_event_types_of_acled_are_documented():
    page = (SOURCE / "documentation" / "importing.md").read_text("utf-8")
    columns = " ".join(FORMATS["acled"].table.columns)
    assert columns in " ".join(page.split())
    for name in acled._CLASSES:
        assert f"`{name}`" in page


def test_the_statistics_count_the_records_of_data_sets(take, gate):
    take("ucdp")
    take("acled")
    assert Statistics.of(gate.state).records == 8


def test_what_a_record_states_is_explained_with_its_release_and_licence(take, gate):
    take("ucdp")
    take("acled")
    axioms = axioms_of(gate.state)
    for name, release, licence in (
        ("ucdp-ged-9000001", "ucdp-ged-20.1", "creativecommons.org/licenses/by/4.0/"),
        ("acled-lnd1", "acled-2024-06-01", "epo.acleddata.com/terms-of-use"),
    ):
        event = f"article:{name}#event"
        fact = fact_of(event, "mil:hasTime", f"{event}-time")
        found = explain_fact(gate.state, axioms, fact)
        lines = explanation_as_text(found).splitlines()
        assert f"  data set: dataset:{release.rpartition('-20')[0]}" in lines
        assert any(line.startswith(f"  release: dataset:{release}, ") for line in lines)
        assert any(f"  licence: https://{licence}" in line for line in lines)
        assert any(line.startswith("  citation: ") for line in lines)
        assert not any(line.strip() == "publisher:" for line in lines)
        (stated,) = explanation_as_json(found)["assertions"]
        (told,) = stated["article"]["releases"]
        assert told["iri"].endswith(release)
        assert licence in told["licences"][0]
        said = explanation_as_triples(found)
        assert (
            Triple(
                expand(f"article:{name}"), MIL.inRelease, expand(f"dataset:{release}")
            )
            in said
        )
        assert licence in explanation_page(found)


@pytest.mark.parametrize("form", ["nquads", "trig", "csv", "geojson", "nanopub"])
def test_no_export_passes_on_what_it_may_not(take, gate, form):
    for name in FILES:
        take(name)
    written = exported(gate.state, form).decode()
    assert "article/ucdp-ged-" in written
    assert not re.search("(article|actor|place)[/:]acled-|datasets/acled", written)
    rights = Rights.of(gate.state, own_licence(Resources.shipped()))
    assert {record(f"acled-lnd{n}") for n in range(1, 5)} <= {
        name.value for name in rights.withheld
    }


# Newer versions


def with_field(path: Path, tmp_path: Path, line: int, column: str, value: str) -> Path:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    rows[line][rows[0].index(column)] = value
    changed = tmp_path / path.name
    with changed.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)
    return changed


def test_a_newer_version_of_a_record_replaces_it(take, gate, tmp_path):
    take("ucdp")
    changed = with_field(UCDP, tmp_path, 1, "best", "6")
    assert told(take("ucdp", changed)) == (0, 1, 3, 0, 0)
    deaths = f"{record('ucdp-ged-9000001')}#deaths"
    assert values(gate, deaths, MIL.bestEstimate) == {"6"}


def test_another_release_is_another_version_of_each_record(take, gate):
    take("ucdp")
    assert told(take("ucdp", release="21.1")) == (0, 4, 0, 0, 0)
    release = expand("dataset:ucdp-ged-21.1").value
    assert values(gate, record("ucdp-ged-9000001"), MIL.inRelease) == {release}


def test_an_older_release_takes_the_place_of_a_newer_one_only_when_asked(take, gate):
    take("ucdp", release="24.1")
    before = everything(gate)
    for options in ({}, {"is_complete": True}, {"keep_going": True}):
        with pytest.raises(
            SourceError, match=r"24\.1, which is newer than 9\.2"
        ) as caught:
            take("ucdp", release="9.2", **options)
        assert "--allow-older" in str(caught.value)
    assert caught.value.position.line == 2
    assert everything(gate) == before
    assert told(take("ucdp", release="9.2", allow_older=True)) == (0, 4, 0, 0, 0)
    release = expand("dataset:ucdp-ged-9.2").value
    assert values(gate, record("ucdp-ged-9000001"), MIL.inRelease) == {release}
    # Nothing is of 24.1 any more.
    assert told(take("ucdp", release="20.1", is_complete=True)) == (0, 4, 0, 0, 0)


def test_records_that_no_newer_release_has_may_be_of_an_older_one(take, tmp_path):
    first, second = (tmp_path / f"acled-{part}.csv" for part in ("new", "old"))
    header, *lines = ACLED.read_text("utf-8").splitlines(keepends=True)
    first.write_text(header + lines[-2], encoding="utf-8")
    second.write_text(header + lines[0], encoding="utf-8")
    assert told(take("acled", first)) == (1, 0, 0, 0, 0)
    assert told(take("acled", second)) == (1, 0, 0, 0, 0)
    newest = first.read_text("utf-8").replace("1717200000", "1717300000")
    first.write_text(newest, encoding="utf-8")
    assert told(take("acled", first)) == (0, 1, 0, 0, 0)


def test_deletions_are_honoured_where_a_release_is_complete(take, gate, tmp_path):
    take("ucdp")
    take("gdelt")
    shorter = tmp_path / UCDP.name
    lines = UCDP.read_text("utf-8").splitlines(keepends=True)
    shorter.write_text("".join(lines[:-1]), encoding="utf-8")
    assert told(take("ucdp", shorter)) == (0, 0, 3, 0, 0)
    assert told(take("ucdp", shorter, is_complete=True)) == (0, 0, 3, 1, 0)
    gone = NamedNode(record("ucdp-ged-9000004"))
    assert not any(True for _ in gate.state.match(graph=gone))
    assert told(take("gdelt"))[2] == 24


def test_what_was_interrupted_goes_on(take, gate, monkeypatch):
    monkeypatch.setattr("milgraph.importers.intake._QUADS_IN_BATCH", 200)
    commit, left = gate.commit, [2]

    def interrupted(*args: object, **options: object) -> object:
        if not left[0]:
            raise KeyboardInterrupt
        left[0] -= 1
        return commit(*args, **options)

    monkeypatch.setattr(gate, "commit", interrupted)
    with pytest.raises(KeyboardInterrupt):
        take("gdelt")
    monkeypatch.setattr(gate, "commit", commit)
    account = take("gdelt")
    assert account.unchanged > 0
    assert account.imported + account.unchanged == 24


def test_an_import_can_be_undone(take, gate):
    before = everything(gate)
    (number,) = take("ucdp").commits
    gate.undo(number, author=EDITOR)
    assert everything(gate) == before


# What is refused


def test_a_record_that_does_not_conform_is_told_with_its_line(take, gate, tmp_path):
    path = with_field(UCDP, tmp_path, 3, "where_coordinates", "")
    before = everything(gate)
    with pytest.MonkeyPatch.context() as patch:
        # An escort says what it escorts, and this one does not.
        patch.setitem(ucdp._CLASSES, "2", MIL.Escort)
        with pytest.raises(ConformanceError) as caught:
            take("ucdp", path)
        assert caught.value.position.line == 6
        assert everything(gate) == before
        account = take("ucdp", path, keep_going=True)
    assert told(account) == (3, 0, 0, 0, 1)
    (refusal,) = account.refused
    assert (refusal.name, refusal.line) == ("article:ucdp-ged-9000003", 6)


def test_of_a_refused_record_the_batches_before_it_stay_and_none_after_it(
    take, gate, tmp_path, monkeypatch
):
    path = with_field(UCDP, tmp_path, 3, "where_coordinates", "")
    # Each record is a batch, and the next is on its way while one is refused.
    monkeypatch.setattr("milgraph.importers.intake._QUADS_IN_BATCH", 1)
    monkeypatch.setitem(ucdp._CLASSES, "2", MIL.Escort)
    with pytest.raises(ConformanceError) as caught:
        take("ucdp", path)
    assert caught.value.position.line == 6
    numbers = {q.object.value for q in gate.state.match(None, MIL.recordIdentifier)}
    assert numbers == {"9000001", "9000002"}
    account = take("ucdp", path, keep_going=True)
    assert told(account) == (1, 0, 2, 0, 1)
    assert account.refused[0].line == 6


DAMAGED: dict[str, tuple[str, Callable[[bytes], bytes], int, str]] = {
    "cut in a line": ("gdelt", lambda b: b[:-30], 24, "middle of a line"),
    "cut in a number": ("gdelt", lambda b: b[:-200] + b"\n", 24, "61"),
    "a column too many": ("gdelt", lambda b: b.replace(b"\n", b"\tx\n", 3), 1, "62"),
    "without ADM2": (
        "gdelt",
        lambda b: b"\t".join(b.split(b"\n")[0].split(b"\t")[:58]) + b"\n",
        1,
        "GDELT 1.0",
    ),
    "shifted": (
        "gdelt",
        lambda b: b.replace(b"\t141\t141\t14\t", b"\t\t141\t141\t", 1),
        1,
        "EventRootCode",
    ),
    "without a leading zero": (
        "gdelt",
        lambda b: b.replace(b"\t036\t036\t03\t", b"\t36\t36\t3\t"),
        9,
        "leading zero",
    ),
    "a NUL": ("gdelt", lambda b: b.replace(b"Town", b"To\0n", 1), 1, "NUL"),
    "not UTF-8": ("gdelt", lambda b: b.replace(b"Town", b"To\xffn", 1), 1, "UTF-8"),
    "UTF-16": ("gdelt", lambda b: b.decode().encode("utf-16"), 1, "UTF-8"),
    "given twice": ("gdelt", lambda b: b + b.splitlines(keepends=True)[0], 25, "twice"),
    "empty": ("gdelt", lambda _: b"", 1, "no record"),
    "commas": ("gdelt", lambda b: b.replace(b"\t", b","), 1, "tabs"),
    "header only": ("ucdp", lambda b: b.splitlines(keepends=True)[0], 1, "no record"),
    "no header": ("ucdp", lambda b: b.partition(b"\n")[2], 1, "no header"),
    "header twice": (
        "ucdp",
        lambda b: b + b.splitlines(keepends=True)[0],
        8,
        "header comes again",
    ),
    "a name twice": ("ucdp", lambda b: b.replace(b"relid", b"id", 1), 1, "twice"),
    "a column renamed": ("ucdp", lambda b: b.replace(b"gwnob", b"gwno", 1), 1, "49"),
    "a column less": ("ucdp", lambda b: b.replace(b",gwnob", b"", 1), 1, "nothing"),
    "an open quotation": (
        "ucdp",
        lambda b: b[: b.rindex(b"headline")] + b"\n",
        7,
        "never closed",
    ),
    "a bad quotation": ("ucdp", lambda b: b.replace(b'"by', b'"b"y'), 3, "not CSV"),
    "a day that is none": (
        "ucdp",
        lambda b: b.replace(b"2020-12-31", b"2020-12-32"),
        6,
        "date_end",
    ),
    "an end before the start": (
        "ucdp",
        lambda b: b.replace(b"2020-12-31", b"2019-12-31"),
        6,
        "before the start",
    ),
    "deaths in words": (
        "ucdp",
        lambda b: b.replace(b",9,8,10,", b",nine,8,10,"),
        6,
        "best",
    ),
    "an unknown type": (
        "acled",
        lambda b: b.replace(b"Protests", b"Parties", 1),
        5,
        "event_type",
    ),
    "an American date": (
        "acled",
        lambda b: b.replace(b"15 May 2024", b"05/15/2024"),
        3,
        "event_date",
    ),
    "a day of a week": (
        "ucdp",
        lambda b: b.replace(b"2020-12-31", b"2020-W53-4"),
        6,
        "date_end",
    ),
    "a time of day that is none": (
        "ucdp",
        lambda b: b.replace(b" 00:00:00.000", b" 0:0.:0", 1),
        2,
        "date_start",
    ),
    "a year of no date": (
        "ucdp",
        lambda b: b.replace(b"-1-1,2020,", b"-1-1,1066,", 1),
        2,
        "year",
    ),
    "a day of long ago": (
        "acled",
        lambda b: b.replace(b"15 May 2024,2024", b"1 January 0001,0001"),
        3,
        "event_date",
    ),
    "a day that nobody will see": (
        "acled",
        lambda b: b.replace(b"2024-05-14,2024,3", b"9999-12-31,9999,3"),
        5,
        "event_date",
    ),
    "more dead than there are people": (
        "ucdp",
        lambda b: b.replace(b",9,8,10,", b"," + b"9" * 5000 + b",8,10,"),
        6,
        "ten digits",
    ),
    "more mentions than there are texts": (
        "gdelt",
        lambda b: b.replace(b"\t6\t3\t35\t", b"\t6" + b"0" * 400 + b"\t3\t35\t"),
        1,
        "NumMentions",
    ),
    "an endless number of a record": (
        "gdelt",
        lambda b: b.replace(b"9000000000\t", b"9" * 5000 + b"\t", 1),
        1,
        "GlobalEventID",
    ),
    "a coordinate without end": (
        "acled",
        lambda b: b.replace(b"10.5,", b"10." + b"5" * 5000 + b",", 1),
        2,
        "latitude",
    ),
    "a version of the far future": (
        "acled",
        lambda b: b.replace(b"1717200000", b"99999999999999"),
        5,
        "timestamp",
    ),
    "a code with a blank": (
        "gdelt",
        lambda b: b.replace(b"\tFRAGOV\t", b"\tFRA GOV\t", 1),
        1,
        "Actor2Code",
    ),
    "a code that leads elsewhere": (
        "gdelt",
        lambda b: b.replace(b"\tKOR\t", b"\t../../graph/reference\t", 1),
        1,
        "Actor1Code",
    ),
    "a code of 20,000 letters": (
        "gdelt",
        lambda b: b.replace(b"\tKOR\t", b"\t" + b"K" * 20_000 + b"\t", 1),
        1,
        "Actor1Code",
    ),
    "a feature that leads elsewhere": (
        "gdelt",
        lambda b: b.replace(b"\tHX\t2024", b"\t../x\t2024", 1),
        1,
        "ActionGeo_FeatureID",
    ),
    "half of a point": (
        "gdelt",
        lambda b: b.replace(b"\t-143.5\t", b"\t\t", 1),
        1,
        "ActionGeo_Long",
    ),
    "added at no hour": (
        "gdelt",
        lambda b: b.replace(b"20240101050000", b"20240101250000", 1),
        1,
        "DATEADDED",
    ),
    "added on no day": (
        "gdelt",
        lambda b: b.replace(b"20240101050000", b"99999999999999", 1),
        1,
        "DATEADDED",
    ),
    "a year of another day": (
        "gdelt",
        lambda b: b.replace(b"\t2024\t", b"\t1066\t", 1),
        1,
        "Year",
    ),
    "a bell": ("ucdp", lambda b: b.replace(b"Front", b"Fr\x07nt", 1), 2, "dyad_name"),
    "an escape": (
        "gdelt",
        lambda b: b.replace(b"Town 7", b"\x1b[31mTown", 1),
        1,
        "ActionGeo_FullName",
    ),
    "a return in a line": (
        "gdelt",
        lambda b: b.replace(b"Town 7", b"To\rwn 7", 1),
        1,
        "U+000D",
    ),
    "a deletion": (
        "acled",
        lambda b: b.replace(b"Old Ford", b"Old\x7fFord", 1),
        2,
        "location",
    ),
    "no character": (
        "acled",
        lambda b: b.replace(b"Old Ford", b"Old\xef\xbf\xbfFord", 1),
        2,
        "U+FFFF",
    ),
    "two numbers of a record": (
        "ucdp",
        lambda b: b.replace(b"\n9000002,", b"\n09000001,"),
        3,
        "leading zero",
    ),
    "two numbers of a side": (
        "ucdp",
        lambda b: b.replace(b",9202,9203,", b",9202,009203,"),
        6,
        "side_b_new_id",
    ),
    "two numbers of an event": (
        "gdelt",
        lambda b: b.replace(b"\n9000000001\t", b"\n0025\t"),
        2,
        "GlobalEventID",
    ),
    "two numbers in a country": (
        "acled",
        lambda b: b.replace(b"LND2", b"LND01"),
        3,
        "event_id_cnty",
    ),
    "a code without letters": (
        "acled",
        lambda b: b.replace(b"Peaceful protest", "抗議".encode()),
        5,
        "sub_event_type",
    ),
    "of another year": (
        "acled",
        lambda b: b.replace(b"14,2024,", b"14,2023,", 1),
        2,
        "year",
    ),
}


def rows_of(name: str) -> list[list[str]]:
    return [fields for _, fields in FORMATS[name].table.rows(FILES[name])]


class Nobody:
    """A graph in which nothing is described."""

    def match(self, *_pattern: object) -> Iterator[Quad]:
        return iter(())


ODD = st.one_of(
    st.sampled_from(
        (
            "", " ", "0", "-0", "-1", "007", "1e-999", "9" * 11, "9" * 5000, "NA",
            "0001-01-01", "1900-01-01", "2099-12-31", "9999-12-31", "2023-W12-1",
            "1 January 1900", "19000101", "99991231", "99999999999999", "; ; ",
            "../../graph/reference", "a#b", "RU S", "RUS> <x", "%2e", "A" * 20_000,
            "\x00", "\x1b[31m", "\x85", "\u202e", "\uffff", "\u0660", "\N{GRINNING FACE}",
        )
    ),
    st.text(st.characters(codec="utf-8"), max_size=20),
    st.from_regex(r"[0-9]{1,30}", fullmatch=True),
    st.from_regex(r"[0-9]{4}-[0-9W]{2}-[0-9]{1,2}", fullmatch=True),
    st.from_regex(r"-?[0-9]{1,3}(\.[0-9]{1,30})?([eE]-?[0-9]{1,4})?", fullmatch=True),
)  # fmt: skip


@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=300, deadline=None)
@given(choices=st.data())
def test_what_passes_the_examination_becomes_a_record(name, choices) -> None:
    table = FORMATS[name].table
    fields = list(choices.draw(st.sampled_from(rows_of(name))))
    columns = st.integers(0, len(fields) - 1)
    for column, odd in choices.draw(
        st.dictionaries(columns, ODD, min_size=1, max_size=4)
    ).items():
        fields[column] = odd
    if table.flaw(fields) is not None:
        return
    mark = FORMATS[name].mark
    release = FORMATS[name].release(FILES[name], "1", mark(fields) if mark else "")
    pool = Pool(Nobody(), FORMATS[name].graph, release.iri)
    made = FORMATS[name].records(pool, release, {}).record(fields)
    for quad in (*made.quads, *pool.take().additions):
        assert problem_of(quad) is None
        assert len(quad.subject.value) < 500
        assert ".." not in quad.subject.value


@pytest.mark.parametrize("damage", DAMAGED)
def test_of_a_damaged_file_nothing_is_imported_and_the_line_is_told(
    damage, tmp_path
) -> None:
    name, harm, line, reason = DAMAGED[damage]
    path = tmp_path / FILES[name].name
    path.write_bytes(harm(FILES[name].read_bytes()))
    with pytest.raises(SourceError) as caught:
        examine(path, FORMATS[name])
    assert caught.value.position is not None
    assert (caught.value.position.source, caught.value.position.line) == (
        str(path),
        line,
    )
    assert reason in str(caught.value)


def test_damage_at_the_end_leaves_the_graph_untouched(take, gate, tmp_path):
    path = tmp_path / "gdelt.CSV"
    path.write_bytes(GDELT.read_bytes()[:-30])
    before = everything(gate)
    with pytest.raises(SourceError):
        take("gdelt", path)
    assert everything(gate) == before


def test_what_a_wrong_encoding_left_of_a_quotation_mark_is_no_damage(take, tmp_path):
    path = tmp_path / "acled.csv"
    text = FILES["acled"].read_bytes().replace(b"of a note", b"of\xc2\x92a note", 1)
    path.write_bytes(text)
    assert take("acled", path).imported == 4


def test_a_mark_of_byte_order_is_no_damage(tmp_path):
    path = tmp_path / UCDP.name
    path.write_bytes(b"\xef\xbb\xbf" + UCDP.read_bytes())
    assert examine(path, FORMATS["ucdp"]).records == 4


@pytest.mark.parametrize(("given", "wanted"), [*permutations(FILES, 2)])
def test_a_file_of_another_data_set_is_called_by_its_name(given, wanted):
    with pytest.raises(SourceError) as refused:
        examine(FILES[given], FORMATS[wanted])
    assert f"looks like {given.upper()}" in str(refused.value)
    assert f"milgraph import {given}" in refused.value.hint
    assert refused.value.position.line == 1


@pytest.mark.parametrize(("ending", "pack"), [("gz", gzip), ("bz2", bz2)])
@pytest.mark.parametrize("name", FILES)
def test_a_compressed_file_is_read_as_what_is_in_it(name, ending, pack, tmp_path):
    path = tmp_path / f"{FILES[name].name}.{ending}"
    path.write_bytes(pack.compress(FILES[name].read_bytes()))
    assert examine(path, FORMATS[name]) == examine(FILES[name], FORMATS[name])


PACKED = {
    "cut": ("gdelt.CSV.gz", gzip.compress(GDELT.read_bytes())[:-40], "cannot be read"),
    "not gzip": ("gdelt.CSV.gz", GDELT.read_bytes(), "cannot be read"),
    "another name": ("gdelt.CSV", gzip.compress(GDELT.read_bytes()), "compressed"),
    "a zip": ("ged.csv", b"PK\x03\x04\x14\0\0\0\x08\0\xff", "compressed"),
    "without end": ("gdelt.CSV.gz", gzip.compress(b"x" * 2**25), "longer than"),
    "not UTF-8": ("gdelt.CSV.gz", gzip.compress(b"\xff\xfe\n"), "not in UTF-8"),
}


@pytest.mark.parametrize("damage", PACKED)
def test_of_a_damaged_compressed_file_nothing_is_imported(damage, tmp_path):
    name, content, reason = PACKED[damage]
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(SourceError, match=reason):
        examine(path, FORMATS["gdelt"])


def test_a_file_that_is_not_there_is_said_to_be_so(tmp_path):
    with pytest.raises(SourceError, match="cannot be read"):
        examine(tmp_path / "none.csv", FORMATS["ucdp"])


def test_a_pipe_is_refused_before_anybody_waits_for_it(tmp_path):
    pipe = tmp_path / UCDP.name
    os.mkfifo(pipe)
    for path in (pipe, tmp_path, Path(os.devnull)):
        with pytest.raises(SourceError, match="no file that can be read twice"):
            examine(path, FORMATS["ucdp"])


def test_who_imports_must_be_an_editor(gate):
    author = Author("eve", Role.CONTRIBUTOR, "import")
    with pytest.raises(KnowledgeGraphError, match="may not"):
        import_records(gate, FORMATS["ucdp"], UCDP, author)


def test_a_release_that_the_file_does_not_tell_is_asked_for(take, tmp_path):
    path = tmp_path / "events.csv"
    shutil.copy(UCDP, path)
    with pytest.raises(ParameterError, match="which release"):
        take("ucdp", path)
    with pytest.raises(ParameterError, match="not the version"):
        take("ucdp", path, release="../x")


def test_the_graph_of_a_data_set_describes_what_is_of_it_and_nothing_else(gate):
    strange = Quad(
        expand("actor:tass"), RDFS.label, Literal("x"), graphs.data_set("gdelt")
    )
    with pytest.raises(PlacementError, match="not of the data set gdelt"):
        gate.post(graphs.data_set("gdelt"), [strange.triple], author=EDITOR)


def test_what_records_point_to_is_not_taken_away(take, gate):
    take("ucdp")
    with pytest.raises(PlacementError, match="still pointed to"):
        gate.delete(graphs.data_set("ucdp"), author=EDITOR)


# The command


def test_the_command_goes_back_to_an_older_release_when_asked(built, tmp_path):
    folder = tmp_path / "graph"
    shutil.copytree(built, folder)
    command = ["--data", str(folder), "import", "ucdp", str(UCDP), "--release"]
    run = CliRunner().invoke
    assert run(app, [*command, "24.1"]).exit_code == 0
    assert isinstance(run(app, [*command, "23.1"]).exception, SourceError)
    back = run(app, [*command, "23.1", "--allow-older"])
    assert "4 updated" in back.stdout


def test_the_command_tells_what_became_of_each_record(built, tmp_path):
    folder = tmp_path / "graph"
    shutil.copytree(built, folder)
    run = CliRunner().invoke(
        app, ["--data", str(folder), "import", "ucdp", str(UCDP), "--json"]
    )
    assert run.exit_code == 0, run.output
    (told_,) = json.loads(run.stdout)
    assert told_["imported"] == told_["records"] == 4
    assert told_["findings"] == []
    again = CliRunner().invoke(
        app, ["--data", str(folder), "import", "ucdp", str(UCDP)]
    )
    assert "4 records: 4 unchanged (0 commits)" in again.stdout
