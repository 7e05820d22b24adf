"""Names: one name in many letters is one, and what differs in a variant is not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milgraph.names import (
    designator,
    designators,
    fold,
    identity,
    ship_prefix,
    similarity,
    transliterations,
)
from milgraph.names.index import NameIndex

TEXT = st.text(max_size=60)


@pytest.mark.parametrize(
    "spelling",
    [
        "Tu-95 MS",
        "Ту-95МС",
        "TU95MS",
        "tu95ms",
        "Tu–95MS",
        "Ｔｕ－９５ＭＳ",
        "Тu-95MС",
        "Tupolev Tu-95MS",
        "Tu-95MSs",
        "图-95MS",
        "Tu-95-MS",
    ],
)
def test_a_designator_is_one_however_it_is_spelled(spelling):
    assert designator("Tu-95MS") in designators(spelling)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Su-30SM", "Su-30SM2"),
        ("Su-30", "Su-30SM"),
        ("B-52", "B-52H"),
        ("F-15J", "F-15DJ"),
        ("DDG-69", "DDG-70"),
        ("DDG-69", "CG-69"),
        ("J-15", "F-15"),
        ("Tu-95", "Tu-96"),
    ],
)
def test_another_variant_type_or_hull_is_another_designator(one, other):
    assert designator(one) != designator(other)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Су-30СМ2", "SU-30SM2"),
        ("苏-30战斗机", "SU-30"),
        ("轰-6K", "H-6K"),
        ("歼-16", "J-16"),
        ("МиГ-31К", "MIG-31K"),
        ("mig 31", "MIG-31"),
        ("F/A-18E", "FA-18E"),
        ("Tu-22M3", "TU-22M3"),
        ("B-52同温层堡垒", "B-52"),
        ("B-52哦", "B-52"),
        ("B-52 ه", "B-52"),
        ("Tu-95MS型轰炸机", "TU-95MS"),
        ("DDG 69", "DDG-69"),
        ("USS Milius (DDG-69)", "DDG-69"),
        ("two B-52s", "B-52"),
        ("DDG 69 USS", "DDG-69"),
    ],
)
def test_a_designator_is_read_out_of_a_name(text, shown):
    assert str(designator(text)) == shown


@pytest.mark.parametrize(
    "text",
    [
        "Sea of Japan",
        "May 2023",
        "7th Fleet",
        "3M-54",
        "No. 5",
        "",
        "2023-03-21",
        "from 30",
    ],
)
def test_what_is_no_designator_is_not_taken_for_one(text):
    assert designator(text) is None


def test_another_script_is_read_as_no_letters_of_a_designator():
    b_52h = designator("B-52H")
    for name in ("B-52 ه", "B-52ん", "B-52 轰炸机"):
        assert b_52h not in designators(name, is_known=b_52h.__eq__)


def test_a_family_and_its_variant_are_related_and_two_variants_are_not():
    family, variant, other = map(designator, ("Su-30", "Su-30SM", "Su-30SM2"))
    assert variant.is_variant_of(family)
    assert family.is_variant_of(variant)
    assert not variant.is_variant_of(other)
    assert not family.is_variant_of(family)


def test_letters_that_only_look_latin_are_read_both_ways():
    assert [str(reading) for reading in designators("В-52Н")] == ["V-52N", "B-52H"]


@pytest.mark.parametrize(
    ("text", "held", "shown"),
    [
        ("tu 95 ms bomber", "Tu-95MS", "TU-95MS"),
        ("b 52 h", "B-52H", "B-52H"),
        ("Su 30 SM 2", "Su-30SM2", "SU-30SM2"),
        ("su 30 sm 2 fighter", "Su-30SM2", "SU-30SM2"),
        ("Su-30SM 2 fighters", "Su-30SM2", "SU-30SM"),
        ("Su-30SM 2 March", "Su-30SM2", "SU-30SM"),
        ("may 15 tu 95 ms", "Tu-95MS", "TU-95MS"),
        ("tu 95 ms bomber", "Tu-95", "TU-95"),
        ("tu 95 in japan", "Tu-95IN", "TU-95"),
        ("Su-30SM and f 15 j", "F-15J", "SU-30SM"),
    ],
)
def test_what_stands_apart_is_a_variant_only_where_one_is_known(text, held, shown):
    found = designators(text, is_known=designator(held).__eq__)
    assert [str(reading) for reading in found] == [shown]


@pytest.mark.parametrize(
    ("text", "prefix"),
    [("JS Atago", "JS"), ("JDS Atago", "JDS"), ("uss Milius", "USS"), ("Volkhov", "")],
)
def test_the_prefix_of_a_ship_is_told_from_its_name(text, prefix):
    found, name = ship_prefix(text)
    assert (found, name in text) == (prefix, True)
    assert not name.lower().startswith(("js ", "jds ", "uss "))


@pytest.mark.parametrize(
    ("cyrillic", "latin"),
    [
        ("Чёрное море", "Chyornoye more"),
        ("Чёрное море", "Chernoye more"),
        ("Чёрное море", "Čërnoe more"),
        ("Петропавловск-Камчатский", "Petropavlovsk-Kamchatsky"),
        ("Петропавловск-Камчатский", "Petropavlovsk-Kamchatskiy"),
        ("Петропавловск-Камчатский", "Petropavlovsk-Kamčatskij"),
        ("Щукино", "Shchukino"),
        ("Київ", "Kyiv"),
        ("Волхов", "Volkhov"),
    ],
)
def test_cyrillic_is_found_by_every_usual_transliteration(cyrillic, latin):
    assert fold(latin) in transliterations(cyrillic)
    assert similarity(cyrillic, latin) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ministry of Defense", "The Ministry of Defence"),
        ("U.S. Navy", "US Navy"),
        ("U.S. Seventh Fleet", "United States 7th Fleet"),
        ("Self Defense Force", "Self-Defence Force"),
        ("Xi'an H-6", "Xian H-6"),
        ("People’s Liberation Army", "People's Liberation Army"),
        ("Guåhån", "Guahan"),
    ],
)
def test_two_ways_to_spell_a_name_are_one_name(one, other):
    assert identity(one) == identity(other)
    assert similarity(one, other) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [("An-24", "A-24"), ("An-50", "A-50"), ("A-50", "50"), ("A 10", "The 10")],
)
def test_a_designator_begins_with_no_article(one, other):
    assert identity(one) != identity(other)
    assert similarity(one, other) < 1


def test_names_in_ideographs_are_not_one_because_they_sound_alike():
    assert identity("東海") != identity("动海")
    assert identity("日本海") == identity("日本 海")


@given(TEXT, TEXT)
def test_similarity_is_a_share_and_the_same_both_ways(one, other):
    alike = similarity(one, other)
    assert 0 <= alike <= 1
    assert alike == pytest.approx(similarity(other, one))
    assert similarity(one, one) == 1


@given(TEXT)
def test_a_folded_name_is_plain_and_stays_as_it_is(text):
    folded = fold(text)
    assert folded == fold(folded)
    assert all(c.isalnum() or c == " " for c in folded)
    assert folded.isascii()
    designators(text)


@pytest.mark.parametrize("text", ["(" * 5000, "A-" * 5000, "Ж" * 5000, "'" * 5000])
def test_a_text_that_is_no_name_costs_no_more_than_one(text):
    assert len(fold(text)) <= 1000
    designators(text)
    similarity(text, text[:-1])


class TestIndex:
    NAMES = (
        "Baltic Sea",
        "Black Sea",
        "Sea of Japan",
        "Tupolev Tu-95MS",
        "Чёрное море",
    )

    @pytest.fixture
    def index(self):
        return NameIndex(enumerate(self.NAMES))

    @pytest.mark.parametrize(
        ("text", "found"),
        [
            ("black sea", "Black Sea"),
            ("Blakc Sea", "Black Sea"),
            ("sea of jap", "Sea of Japan"),
            ("tu95", "Tupolev Tu-95MS"),
            ("Chernoye More", "Чёрное море"),
            ("Japan Sea", "Sea of Japan"),
        ],
    )
    def test_a_name_is_found_by_whatever_is_near_it(self, index, text, found):
        assert found in [entry.text for entry in index.look_up(text)]

    def test_a_name_that_was_taken_out_is_not_found(self, index):
        index.remove(1)
        index.remove(99)
        assert all(entry.owner != 1 for entry in index.look_up("Black Sea"))
        index.add(1, "Yellow Sea")
        assert index.look_up("yellow sea")[0].text == "Yellow Sea"
        assert (len(index), index.removed) == (5, 1)

    def test_a_variant_is_known_as_long_as_something_is_called_so(self, index):
        tu_95ms = designator("Tu-95MS")
        assert index.has_designated(tu_95ms)
        assert not index.has_designated(designator("Tu-95"))
        index.remove(3)
        assert not index.has_designated(tu_95ms)

    def test_what_is_typed_without_a_letter_finds_nothing(self, index):
        assert index.look_up("!?") == []
