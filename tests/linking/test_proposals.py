"""Proposals: what may be the same, how close, and why; what is judged is not asked again."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from milgraph.errors import LinksetError
from milgraph.linking import (
    Decision,
    Decisions,
    Judgements,
    Verdict,
    propose,
    read_review,
    review_text,
    target_of,
)
from milgraph.linking.decisions import decided
from milgraph.linking.predicates import closeness
from milgraph.linking.proposals import Wanted
from milgraph.linksets import read_table
from milgraph.matching import Name, Profile, profiles
from milgraph.terms import MIL, SKOS

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "tests" / "samples" / "links"
TODAY = "2026-11-22"
EDITORS = "actor:milgraph-editors"
WIKIDATA, SEAS = target_of("wikidata"), target_of("natural-earth")
SEA = "https://w3id.org/milgraph/place/black-sea"


@pytest.fixture(scope="module")
def ours(dataset) -> dict[str, Profile]:
    return {profile.id: profile for profile in profiles(dataset)}


@pytest.fixture
def decisions(tmp_path) -> Decisions:
    path = tmp_path / "natural-earth.sssom.tsv"
    return Decisions(SEAS, path, SEAS.table(path, today=TODAY), TODAY, "a version")


def proposals(ours, target, name, table=None, **wanted):
    empty = target.table(Path("nowhere"), today=TODAY)
    copy = target.read(SAMPLES / name)
    found = Wanted(target.kinds, **wanted)
    judged = Judgements.of_table(table or empty)
    return propose(list(ours.values()), copy, judged, found)


def by_pair(found):
    return {(p.ours.id.rpartition("/")[2], p.theirs.id[-7:]): p for p in found}


def test_a_variant_is_linked_to_its_family_by_a_broad_match(ours):
    found = by_pair(proposals(ours, WIKIDATA, "wikidata.json"))
    assert found["tu-95", "Q900001"].predicate == SKOS.exactMatch
    variant = found["tu-95ms", "Q900001"]
    assert variant.predicate == SKOS.broadMatch
    assert "family" in variant.why


def test_a_variant_of_theirs_is_never_our_family_or_another_variant(ours):
    found = by_pair(proposals(ours, WIKIDATA, "wikidata.json", least=0))
    assert found["su-30sm2", "Q900002"].predicate == SKOS.exactMatch
    assert ("su-30", "Q900002") not in found
    other = found.get(("su-30sm", "Q900002"))
    assert other is None or not other.is_identified


def test_a_hull_number_identifies_and_another_country_forbids(ours):
    found = by_pair(proposals(ours, WIKIDATA, "wikidata.json", least=0))
    assert found["uss-milius", "Q900004"].is_identified
    atago = found.get(("js-atago", "Q900005"))
    assert atago is None or not atago.is_identified


def test_areas_are_close_since_each_draws_its_own_extent(ours):
    found = proposals(ours, SEAS, "seas.geojson")
    assert {p.ours.id.rpartition("/")[2] for p in found} >= {
        "black-sea",
        "sea-of-japan",
    }
    for proposal in found:
        assert proposal.predicate == SKOS.closeMatch
        assert "extent" in proposal.why
        assert {"name_similarity", "geometry"} <= {f.name for f in proposal.features}


NORTH_WEST = "https://w3id.org/milgraph/place/north-western-pacific"
ANYWHERE = "POLYGON ((0 0, 1 0, 1 1, 0 1, 0 0))"
LARGER = "POLYGON ((0 0, 2 0, 2 2, 0 2, 0 0))"


@pytest.mark.parametrize(
    ("name", "predicate"),
    [
        ("North-western Pacific Ocean", SKOS.exactMatch),
        ("Northwestern Pacific Ocean", SKOS.exactMatch),
        ("Pacific Ocean, North-western", SKOS.exactMatch),
        ("North Pacific Ocean", SKOS.closeMatch),
        ("Northeastern Pacific Ocean", SKOS.closeMatch),
        ("North-eastern Pacific Ocean", SKOS.closeMatch),
        ("Pacific Ocean", SKOS.closeMatch),
    ],
)
def test_a_name_that_is_that_of_a_part_or_a_whole_is_no_exact_match(
    ours, name, predicate
):
    theirs = Profile("https://example.org/sea", (Name(name),), geometry=ANYWHERE)
    found, why = closeness(ours[NORTH_WEST], theirs)
    assert found == predicate
    assert predicate == SKOS.exactMatch or "names differ in" in why


def test_extents_that_differ_greatly_are_no_exact_match():
    names, kinds = (Name("Base"),), frozenset([MIL.AirBase.value])
    one = Profile("https://example.org/1", names, kinds, geometry=ANYWHERE)
    assert closeness(one, one)[0] == SKOS.exactMatch
    found, why = closeness(one, replace(one, geometry=LARGER))
    assert found == SKOS.closeMatch
    assert "4.00 times as large" in why


def test_a_designator_or_an_identifier_is_the_same_whatever_the_names():
    def known(name, *identifiers):
        return Profile(name, (Name(name),), identifiers=frozenset(identifiers))

    for one, two in (
        (known("Tu-95"), known("Tupolev Tu-95 bomber")),
        (known("A", ("wikidata", "Q9")), known("B", ("wikidata", "Q9"))),
        (known("Ministry of Defence of Japan"), known("Japan Ministry of Defense")),
    ):
        assert closeness(one, two)[0] == SKOS.exactMatch


def test_a_refusal_keeps_what_was_proposed(ours, decisions):
    (black, *_) = (p for p in proposals(ours, SEAS, "seas.geojson") if p.ours.id == SEA)
    decisions.add([decided(black, Verdict.REJECT, author=EDITORS, evidence="No.")])
    (row,) = decisions.table.rows
    assert (row["predicate_id"], row["predicate_modifier"]) == (
        "skos:closeMatch",
        "Not",
    )


def test_a_second_namesake_keeps_the_first_from_being_identified(ours):
    copy = list(WIKIDATA.read(SAMPLES / "wikidata.json"))
    ship = next(p for p in copy if p.label == "USS Milius")
    twin = replace(ship, id=f"{ship.id}1")
    (one, two) = (
        p
        for p in propose(list(ours.values()), [*copy, twin], Judgements())
        if p.ours.id.endswith("uss-milius")
    )
    assert not one.is_identified
    assert not two.is_identified


def test_what_is_decided_is_not_proposed_again(ours, decisions):
    first = proposals(ours, SEAS, "seas.geojson", limit=20, least=0)
    black = next(p for p in first if p.ours.id == SEA and p.theirs.label == "BLACK SEA")
    japan = [p for p in first if p.ours.id.endswith("sea-of-japan")]
    for proposal in japan:
        decisions.add(
            [decided(proposal, Verdict.REJECT, author=EDITORS, evidence="No.")]
        )
        # Each decision is in the file before the next.
        assert read_table(decisions.path) == decisions.table
    decisions.add([decided(black, Verdict.ACCEPT, author=EDITORS, evidence="Seen.")])
    again = proposals(ours, SEAS, "seas.geojson", decisions.table, limit=20, least=0)
    pairs = {(p.ours.id, p.theirs.id) for p in again}
    assert not pairs & {(p.ours.id, p.theirs.id) for p in japan}
    assert SEA not in {p.ours.id for p in again}
    more = proposals(
        ours, SEAS, "seas.geojson", decisions.table, again=True, limit=20, least=0
    )
    assert SEA in {p.ours.id for p in more}


def test_what_has_no_counterpart_is_not_looked_for_again(ours, decisions):
    (black, *_) = (p for p in proposals(ours, SEAS, "seas.geojson") if p.ours.id == SEA)
    decisions.add([decided(black, Verdict.NONE, author=EDITORS, evidence="A lake.")])
    again = proposals(ours, SEAS, "seas.geojson", decisions.table, least=0)
    assert SEA not in {p.ours.id for p in again}
    (row,) = decisions.table.rows
    assert (row["object_id"], row["predicate_modifier"]) == ("sssom:NoTermFound", "")


def test_a_decision_needs_an_author_and_evidence(ours):
    (black, *_) = (p for p in proposals(ours, SEAS, "seas.geojson") if p.ours.id == SEA)
    for author, evidence, told in (
        (" ", "Seen.", "author"),
        (EDITORS, " ", "evidence"),
    ):
        with pytest.raises(LinksetError, match=f"no {told}"):
            decided(black, Verdict.ACCEPT, author=author, evidence=evidence)


def test_a_row_says_who_accepted_what_with_which_tool(ours, decisions):
    (black, *_) = (p for p in proposals(ours, SEAS, "seas.geojson") if p.ours.id == SEA)
    orcid = "https://orcid.org/0000-0000-0000-0000"
    decisions.add([decided(black, Verdict.ACCEPT, author=orcid, evidence="Seen.")])
    (row,) = decisions.table.rows
    assert row["author_id"] == "orcid:0000-0000-0000-0000"
    assert row["predicate_id"] == "skos:closeMatch"
    assert row["object_id"] == "naturalearth:BLACK_SEA"
    assert row["mapping_tool"] == "milgraph link"
    assert row["object_source_version"] == "a version"
    assert row["mapping_cardinality"] == "1:1"
    assert 0 < float(row["similarity_score"]) <= 1


NATURAL_EARTH = (
    Path(os.environ.get("SHARED_SAMPLES", ROOT.parent / "shared" / "samples"))
    / "natural_earth_seas_simplified.geojson"
)


@pytest.mark.skipif(
    not NATURAL_EARTH.exists(), reason="the sample of Natural Earth is not here"
)
def test_the_links_to_natural_earth_are_what_its_seas_identify(ours, resources):
    (path,) = (p for p in resources.links if p.name.startswith("natural-earth"))
    shipped = read_table(path)
    found = propose(
        *(list(ours.values()), SEAS.read(NATURAL_EARTH), Judgements()),
        Wanted(SEAS.kinds),
    )
    identified = {(p.ours.id, p.theirs.id) for p in found if p.is_identified}
    accepted = {
        tuple(iri.value for iri in row.pair(shipped.curies))
        for row in shipped.rows
        if not row.is_rejection
    }
    assert identified == accepted
    judged = {(s.value, o.value) for s, o in shipped.judged}
    assert {(p.ours.id, p.theirs.id) for p in found} <= judged


# Reviews


@pytest.fixture
def sheet(ours, tmp_path):
    """Write the table to fill in, with some cells of its first row filled in."""
    found = proposals(ours, SEAS, "seas.geojson")
    lines = review_text(found).splitlines()

    def write(*edits: tuple[str, str], **cells: str) -> Path:
        head = lines[0].split("\t")
        first = dict(zip(head, lines[1].split("\t"), strict=True)) | cells
        text = "\n".join([lines[0], "\t".join(first.values()), *lines[2:]]) + "\n"
        for old, new in edits:
            assert old in text
            text = text.replace(old, new, 1)
        path = tmp_path / "review.tsv"
        path.write_text(text, encoding="utf-8")
        return path

    return write


FILLED = {"decision": "accept", "author": EDITORS, "evidence": "Seen."}


def test_a_filled_in_row_is_a_decision_and_an_empty_one_is_none(sheet, ours):
    assert read_review(sheet(), ours) == []
    (decision,) = read_review(sheet(**FILLED), ours)
    assert decision.verdict is Verdict.ACCEPT
    assert decision.predicate == SKOS.closeMatch
    (decision,) = read_review(sheet(("decision", "\ufeffdecision"), **FILLED), ours)
    assert decision.evidence == "Seen."


def test_what_a_spreadsheet_would_take_for_a_formula_is_marked(ours):
    found = proposals(ours, SEAS, "seas.geojson")[0]
    evil = replace(found, theirs=replace(found.theirs, names=(Name("=HYPERLINK(1)"),)))
    assert "\t'=HYPERLINK(1)\t" in review_text([evil])


@pytest.mark.parametrize(
    ("edits", "cells", "line", "told"),
    [
        ([], FILLED | {"author": ""}, 2, "no author"),
        ([], FILLED | {"evidence": " "}, 2, "no evidence"),
        ([], {"evidence": "Seen."}, 2, "half filled in"),
        ([], {"author": EDITORS}, 2, "half filled in"),
        ([], FILLED | {"decision": "perhaps"}, 2, "'perhaps' is no decision"),
        ([], FILLED | {"subject": "place:nowhere"}, 2, "not an entity of the graph"),
        ([], FILLED | {"subject": "sea"}, 2, "not an IRI"),
        ([], FILLED | {"predicate": "owl:sameAs"}, 2, "does not link"),
        ([], FILLED | {"score": "high"}, 2, "no number"),
        ([("evidence", "decision")], {}, 1, "a column is there twice"),
        ([("evidence", "proof")], {}, 1, "no column evidence"),
        ([("\tplace:", "\t\tplace:")], {}, 2, "14 cells, and the table 13 columns"),
        ([("\tBLACK", '\t"BLACK')], {}, 2, "damaged|cells"),
        ([("BLACK", "BL\0ACK")], {}, 2, "a NUL"),
    ],
    ids=range(14),
)
def test_a_damaged_review_is_refused_with_its_line(
    sheet, ours, edits, cells, line, told
):
    with pytest.raises(LinksetError, match=told) as caught:
        read_review(sheet(*edits, **cells), ours)
    assert caught.value.position.line == line


def test_a_review_is_read_as_a_spreadsheet_saves_it(sheet, ours):
    path = sheet(**FILLED)
    text = path.read_text(encoding="utf-8").replace("\n", "\r\n")
    path.write_bytes(b"\xef\xbb\xbf" + text.encode())
    (decision,) = read_review(path, ours)
    assert decision.evidence == "Seen."
    assert decision.subject.id == SEA


def test_a_pair_is_decided_once_in_a_review(sheet, ours):
    path = sheet(**FILLED)
    head, first, *_ = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([head, first, first]), encoding="utf-8")
    with pytest.raises(LinksetError, match="in a row above as well"):
        read_review(path, ours)


def test_a_review_in_another_encoding_is_refused(sheet, ours):
    path = sheet(**FILLED)
    path.write_bytes(path.read_text(encoding="utf-8").encode("utf-16"))
    with pytest.raises(LinksetError, match="cannot be read"):
        read_review(path, ours)


def test_what_is_of_another_data_set_does_not_go_into_the_table(ours, decisions):
    stray = Decision(
        *(Verdict.ACCEPT, ours[SEA], "https://elsewhere.example.org/1", "x"),
        *(SKOS.exactMatch, EDITORS, "Seen."),
    )
    with pytest.raises(LinksetError, match="is not of Natural Earth"):
        decisions.add([stray])
    assert not decisions.path.exists()
