"""Copies of other data sets: each is read as it is, or refused with its line and the reason."""

import bz2
import gzip
import json
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milgraph.errors import KnowledgeGraphError, SourceError
from milgraph.linking import target_of
from milgraph.linking.readers.elements import elements
from milgraph.terms import MIL

SAMPLES = Path(__file__).parents[1] / "samples" / "links"
WIKIDATA, GEONAMES = target_of("wikidata"), target_of("geonames")
SEAS, MRGID = target_of("natural-earth"), target_of("marine-regions")
ATLAS = target_of("atlas", namespace="https://atlas.example.org/")


def test_an_item_of_wikidata_is_known_by_names_classes_country_and_id():
    items = {p.label: p for p in WIKIDATA.read(SAMPLES / "wikidata.json")}
    assert len(items) == 6
    bomber = items["Tupolev Tu-95"]
    assert bomber.id == "http://www.wikidata.org/entity/Q900001"
    assert [n.text for n in bomber.names] == [
        *("Tupolev Tu-95", "\u0422\u0443-95", "Tu-95MS", "Bear")
    ]
    assert bomber.kinds == {MIL.AircraftType.value}
    assert ("wikidata", "Q900001") in bomber.identifiers
    assert items["USS Milius"].country == {"US"}
    assert items["Kalibre"].kinds == frozenset()


def test_what_a_dump_leaves_empty_is_empty_and_the_moon_is_elsewhere(tmp_path):
    place = {
        "latitude": 1.0,
        "longitude": 2.0,
        "globe": "http://www.wikidata.org/entity/Q405",
    }
    claim = {"mainsnak": {"datavalue": {"value": place}}}
    item = {
        "id": "Q9",
        "labels": {"en": {"value": "Sea"}},
        "descriptions": [],
        "aliases": [],
    }
    path = tmp_path / "dump.json"
    path.write_text(json.dumps(item | {"claims": {"P625": [claim]}}) + "\n")
    (sea,) = WIKIDATA.read(path)
    assert (sea.label, sea.description, sea.geometry) == ("Sea", "", "")
    path.write_text(json.dumps({"id": "P31", "type": "property"}) + "\n")
    assert list(WIKIDATA.read(path)) == []


def test_a_result_of_a_query_gives_each_item_once():
    (base,) = WIKIDATA.read(SAMPLES / "wikidata-results.json")
    assert base.geometry == "POINT (144.93 13.584)"
    assert (base.country, base.kinds) == ({"US"}, {MIL.AirBase.value})


def test_a_row_of_geonames_is_a_place():
    sea, base, _ = GEONAMES.read(SAMPLES / "geonames.txt")
    assert sea.id == "https://sws.geonames.org/2038684/"
    assert {"Sea of Japan", "日本海"} <= {n.text for n in sea.names}
    assert (base.country, base.geometry) == ({"GU"}, "POINT (144.93 13.584)")


def test_a_feature_is_known_by_its_mrgid_or_its_name():
    black, japan, _ = SEAS.read(SAMPLES / "seas.geojson")
    assert black.id.endswith(".json#BLACK_SEA")
    assert [n.text for n in japan.names] == ["Sea of Japan", "East Sea"]
    assert japan.geometry.startswith("POLYGON")
    one, other = MRGID.read(SAMPLES / "marine-regions.geojson")
    assert one.id == "http://marineregions.org/mrgid/4307"
    assert other.geometry == ""


@pytest.mark.parametrize(
    ("target", "name", "told", "other"),
    [
        ("marine-regions", "seas", "'BLACK SEA' has no MRGID", "link natural-earth"),
        ("geonames", "seas", "'BLACK SEA' has no geonameid", "link natural-earth"),
        ("wikidata", "seas", "'BLACK SEA' has no wikidataid", "link natural-earth"),
        ("dbpedia", "seas", "'BLACK SEA' has no DBpedia name", "link natural-earth"),
        (
            *("geonames", "marine-regions", "'Japan Sea' has no geonameid"),
            "link marine-regions",
        ),
        (
            *("natural-earth", "marine-regions", "'Japan Sea' has an MRGID"),
            "link marine-regions",
        ),
    ],
)
def test_a_name_is_no_identifier_where_the_data_set_has_its_own(
    target, name, told, other
):
    with pytest.raises(SourceError, match=told) as caught:
        list(target_of(target).read(SAMPLES / f"{name}.geojson"))
    assert other in caught.value.hint
    assert caught.value.position.line


@pytest.mark.parametrize(
    ("target", "said", "iri"),
    [
        (MRGID, {"MRGID": 4307.0}, "http://marineregions.org/mrgid/4307"),
        (
            *(MRGID, {"mrgid": "http://marineregions.org/mrgid/4307"}),
            "http://marineregions.org/mrgid/4307",
        ),
        (GEONAMES, {"gn_id": 2038684}, "https://sws.geonames.org/2038684/"),
        (
            *(WIKIDATA, {"wikidataid": "Q27092", "name_fr": "x"}),
            "http://www.wikidata.org/entity/Q27092",
        ),
        (SEAS, {"wikidataid": "Q27092", "gn_id": -1}, f"{SEAS.namespace}Sea"),
        (ATLAS, {"MRGID": 4307}, "https://atlas.example.org/Sea"),
    ],
    ids=range(6),
)
def test_a_feature_goes_by_its_identifier_in_the_target(tmp_path, target, said, iri):
    path = tmp_path / "seas.geojson"
    feature = {"type": "Feature", "properties": {"name": "Sea", **said}}
    path.write_text(json.dumps({"features": [feature]}))
    (sea,) = target.read(path)
    assert sea.id == iri


def test_an_identifier_that_has_not_its_form_is_refused(tmp_path):
    path = tmp_path / "seas.geojson"
    feature = {"type": "Feature", "properties": {"name": "Sea", "MRGID": "Sea"}}
    path.write_text(json.dumps({"features": [feature]}))
    with pytest.raises(SourceError, match="'Sea' is no MRGID"):
        list(MRGID.read(path))


def test_of_rdf_only_what_is_in_the_namespace_counts():
    (sea,) = ATLAS.read(SAMPLES / "atlas.ttl")
    assert [n.text for n in sea.names] == ["Sea of Okhotsk", "Okhotsk Sea"]
    assert sea.geometry.startswith("POLYGON")


@pytest.mark.parametrize(
    ("ending", "pack"), [(".gz", gzip.compress), (".bz2", bz2.compress)]
)
@pytest.mark.parametrize("name", ["wikidata.json", "geonames.txt", "seas.geojson"])
def test_a_copy_may_be_compressed(tmp_path, name, ending, pack):
    content = (SAMPLES / name).read_bytes()
    packed = tmp_path / f"{name}{ending}"
    packed.write_bytes(pack(content))
    target = {"w": WIKIDATA, "g": GEONAMES, "s": SEAS}[name[0]]
    assert list(target.read(packed)) == list(target.read(SAMPLES / name))
    packed.write_bytes(pack(content)[:-12])
    with pytest.raises(SourceError, match="cannot be read") as caught:
        list(target.read(packed))
    assert caught.value.position.line


@pytest.mark.parametrize(
    ("target", "name", "told", "other"),
    [
        (WIKIDATA, "geonames.txt", "a table with tabs", "of geonames"),
        (MRGID, "geonames.txt", "a table with tabs", "of geonames"),
        (SEAS, "geonames.txt", "a table with tabs", "of geonames"),
        (GEONAMES, "wikidata.json", "looks like JSON", "of wikidata"),
        (GEONAMES, "wikidata-results.json", "looks like JSON", "of wikidata"),
    ],
    ids=range(5),
)
def test_a_copy_in_the_form_of_another_target_is_told_from_a_damaged_one(
    target, name, told, other
):
    with pytest.raises(SourceError, match=told) as caught:
        list(target.read(SAMPLES / name))
    assert other in caught.value.hint
    assert "natural-earth, GeoJSON" in caught.value.hint


ROW = (SAMPLES / "geonames.txt").read_text(encoding="utf-8").splitlines()[0]


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (ROW + "\t", "20 columns"),
        (ROW.rpartition("\t")[0], "18 columns"),
        (ROW.replace("2038684", "x"), "geonameid"),
        (ROW.replace("2038684", "\t2038684", 1).replace("\tUTC", ""), "20 columns"),
        ("geonameid" + "\tname" * 18, "geonameid"),
        (ROW.replace("\tH\t", "\tSEA\t"), "feature class"),
        (ROW.replace("\t40\t", "\t91\t"), "no position"),
        (ROW.replace("\t40\t", "\tnan\t"), "no position"),
        (ROW.replace("2026-01-02", "yesterday"), "modification date"),
        (ROW.replace("Sea of Japan", "Sea\0of Japan", 1), "a NUL"),
        ("\ufeff" + ROW, "geonameid"),
        (ROW.replace("Sea of Japan", "", 1), "no name"),
    ],
    ids=range(12),
)
def test_a_damaged_row_of_geonames_is_refused_with_its_line(tmp_path, row, told):
    path = tmp_path / "RU.txt"
    path.write_text(f"{ROW}\n{row}\n", encoding="utf-8")
    with pytest.raises(SourceError, match=told) as caught:
        list(GEONAMES.read(path))
    assert caught.value.position.line == 2


def test_a_copy_in_another_encoding_or_with_a_mark_in_front_is_refused(tmp_path):
    path = tmp_path / "RU.txt"
    path.write_bytes(f"{ROW}\n".encode("utf-16"))
    with pytest.raises(SourceError, match="not UTF-8"):
        list(GEONAMES.read(path))
    path.write_text(f"\ufeff{ROW}\n", encoding="utf-8")
    with pytest.raises(SourceError, match="byte order mark"):
        list(GEONAMES.read(path))


@pytest.mark.parametrize(
    ("old", "new", "line", "told"),
    [
        ("\n]\n", "\n", 7, "cut off"),
        ('"Q900002"', '"Q900002', 3, "not JSON"),
        ('{"type": "item", "id": "Q900003"', "{", 4, "not JSON"),
        ('"id": "Q900004", ', "", 5, "no entity"),
        ('"mainsnak"', '"snak"', 2, "not as an entity is"),
        ("\n]\n", "\n]\n{}\n", 9, "behind the end"),
        ("Bear", "Be\0ar", 2, "a NUL"),
        ("Sukhoi Su-30SM2", "\ud800", 3, "not UTF-8"),
        ("{}", "[" * 5_000, 3, "not JSON"),
        ("{}", "NaN", 3, "NaN"),
        ('"Tupolev Tu-95"', "5", 2, "a label of Q900001 is 5, where a text"),
        ('"Tupolev Tu-95"', '"\\ud800"', 2, "Q900001 holds half of a character"),
    ],
    ids=range(12),
)
def test_a_damaged_dump_is_refused_with_its_line(tmp_path, old, new, line, told):
    text = (SAMPLES / "wikidata.json").read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "dump.json"
    path.write_bytes(text.replace(old, new, 1).encode("utf-8", "surrogatepass"))
    with pytest.raises(SourceError, match=told) as caught:
        list(WIKIDATA.read(path))
    assert caught.value.position.line == line


def test_a_description_that_is_no_text_is_refused_with_its_item(tmp_path):
    path = tmp_path / "dump.json"
    item = {"id": "Q9", "labels": {"en": {"value": "Sea"}}}
    item["descriptions"] = {"en": {"value": {"a": 1}}}
    path.write_text(json.dumps(item) + "\n")
    with pytest.raises(
        SourceError, match=r"the description of Q9 is .* a text"
    ) as caught:
        list(WIKIDATA.read(path))
    assert caught.value.position.line == 1


def test_of_several_coordinates_and_descriptions_in_a_result_the_first_count(tmp_path):
    item = {"value": "http://www.wikidata.org/entity/Q9"}
    rows = [
        {
            "item": item,
            "label": {"value": "Guam", "xml:lang": "en"},
            "coordinates": {"value": f"Point({number} 13.5)"},
            "description": {
                "value": f"island {number}",
                "xml:lang": "en" if number > 140 else "de",
            },
        }
        for number in range(139, 149)
    ]
    path = tmp_path / "results.json"
    for ordered, first in ((rows, 141), (rows[::-1], 148)):
        told = {"head": {}, "results": {"bindings": ordered}}
        path.write_text(json.dumps(told))
        (guam,) = WIKIDATA.read(path)
        point = ordered[0]["coordinates"]["value"].removeprefix("Point")
        assert guam.geometry == f"POINT {point}"
        assert guam.description == f"island {first}"


ITEM = {"value": "http://www.wikidata.org/entity/Q9"}


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({"item": {"value": 5}}, "item is 5, where a text belongs"),
        (
            {"item": ITEM, "label": {"value": ["x"]}},
            r"label of .*Q9 is \[\"x\"\], where",
        ),
        ({"item": ITEM, "label": {"value": 5}}, "label of .*Q9 is 5, where"),
        (
            {"item": ITEM, "label": {"value": "Sea", "xml:lang": 7}},
            "the language of .*label is 7, where",
        ),
        ({"item": ITEM, "label": {"value": "\ud800 Sea"}}, "half of a character"),
        ({"label": {"value": "Sea"}}, "a row has no item"),
    ],
)
def test_a_damaged_row_of_a_result_is_refused_with_its_line(tmp_path, row, told):
    path = tmp_path / "results.json"
    rows = json.dumps(row)
    path.write_text(f'{{"head": {{}},\n"results": {{"bindings": [\n{rows}]}}}}')
    with pytest.raises(SourceError, match=told) as caught:
        list(WIKIDATA.read(path))
    assert caught.value.position.line == 3


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("]}\n", "", "cut off"),
        ("  ]\n}\n", "", "cut off"),
        ("  ]\n}\n", "  ]\n}\n{}", "behind the document"),
        ('"features"', '"things"', "no array features"),
        ('"Polygon"', '"Square"', "Square|geometry"),
        ("[28.0, 41.2]", "[28.0, 141.2]", "globe|latitude|degrees"),
        ('"type": "Feature",', '"type": "Thing",', "no feature"),
        ("BLACK SEA", "Sea of Japan", "nothing tells them apart"),
        ('"namealt": null', '"namealt": NaN', "not JSON"),
        ("BLACK SEA", "\\ud800 SEA", "holds half of a character"),
    ],
    ids=range(10),
)
def test_a_damaged_file_of_features_is_refused_with_its_line(tmp_path, old, new, told):
    text = (SAMPLES / "seas.geojson").read_text(encoding="utf-8")
    path = tmp_path / "seas.geojson"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    if old not in text:
        path.write_text(text[:-20], encoding="utf-8")
    with pytest.raises(KnowledgeGraphError, match=told) as caught:
        list(SEAS.read(path))
    assert caught.value.position.line


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text()
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(
    before=st.dictionaries(st.text().filter(lambda n: n != "rows"), VALUES, max_size=2),
    rows=st.lists(VALUES, max_size=5),
    size=st.integers(1, 9),
    indent=st.none() | st.integers(0, 2),
)
def test_an_array_is_read_element_by_element_however_the_text_arrives(
    before, rows, size, indent
):
    text = json.dumps({**before, "rows": rows}, indent=indent)
    pieces = [text[i : i + size] for i in range(0, len(text), size)]
    assert [v for _, v in elements(pieces, ("rows",), "x")] == rows
    cut = text[: text.rindex("]")]
    with pytest.raises(SourceError):
        list(elements([cut], ("rows",), "x"))


def test_a_copy_is_never_held_whole(tmp_path):
    path = tmp_path / "RU.txt"
    path.write_text(f"{ROW}\n" * 20_000, encoding="utf-8")
    tracemalloc.start()
    assert sum(1 for _ in GEONAMES.read(path)) == 20_000
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < path.stat().st_size / 4
