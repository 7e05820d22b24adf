"""Folding: one plain spelling for what is written in many cases, widths and scripts."""

import re
import unicodedata
from functools import lru_cache
from itertools import zip_longest

from anyascii import anyascii

from milgraph.names.cyrillic import LOOKALIKES, romanizations

__all__ = [
    "bordered",
    "designated",
    "fold",
    "identity",
    "readable",
    "spellings",
    "transliterations",
]

# Whoever names something in more is describing it.
_LONGEST = 1000
_APOSTROPHES = re.compile(
    "['\u2018\u2019\u02b9\u02bb\u02bc\u0060\u00b4\u044c\u044a\u042c\u042a]"
)
_INITIALS = re.compile(r"(?<![^\W_])([^\W\d_])\.(?=[^\W_]|\s|$)")
_DIGIT = re.compile(r"\d")
_OTHER = re.compile(r"[^a-z0-9]+")
_EAST_ASIAN = (
    r"\u1100-\u11ff\u3005-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
)
_BORDER = re.compile(
    rf"(?<=[{_EAST_ASIAN}])(?=[^\W{_EAST_ASIAN}])|(?<=[^\W{_EAST_ASIAN}])(?=[{_EAST_ASIAN}])"
)
_IDEOGRAPH = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_ARTICLES = frozenset(("the", "a", "an"))
_ORDINALS = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth"
)
_SPELLINGS = {
    **{
        word: f"{number}{({1: 'st', 2: 'nd', 3: 'rd'}).get(number, 'th')}"
        for number, word in enumerate(_ORDINALS.split(), start=1)
    },
    "defense": "defence",
    "defenses": "defences",
    "center": "centre",
    "centers": "centres",
    "harbor": "harbour",
    "organisation": "organization",
}
_IN_FULL = {"us": "united states", "uk": "united kingdom"}
# How aircraft are called in Chinese: the word for the bureau or the role, then a number.
_CHINESE_FAMILIES = {
    "米格": "MiG",
    "图": "Tu",
    "圖": "Tu",
    "苏": "Su",
    "蘇": "Su",
    "歼轰": "JH",
    "殲轟": "JH",
    "歼": "J",
    "殲": "J",
    "轰": "H",
    "轟": "H",
    "运": "Y",
    "運": "Y",
}
_CHINESE_FAMILY = re.compile(
    rf"({'|'.join(_CHINESE_FAMILIES)})(?=\s*[-\u2010-\u2015\u2212]?\s*\d)"
)


# Letters of other scripts than the Latin and the Cyrillic, of which designators consist.
_OTHER_SCRIPTS = re.compile(
    "[\u0370-\u03ff\u0530-\u1d7f\u1f00-\u1fff\u2d00-\u2ddf\u2e80-\ua63f"
    "\ua6a0-\ua6ff\ua800-\ud7ff\uf900-\ufaff\ufb00-\ufdff\ufe70-\ufeff"
    "\U00010000-\U0001d3ff\U0001e800-\U0003ffff]+"
)


def bordered(text: str) -> str:
    """Return the text with bars around the words in whose letters no designator is written.

    A word that stands for the letters of a family is read as them.

    >>> bordered("苏-30战斗机")
    'Su-30 |战斗机| '
    """
    if text.isascii():
        return text
    plain = unicodedata.normalize("NFKC", text[:_LONGEST]).replace("|", " ")
    plain = _CHINESE_FAMILY.sub(lambda m: _CHINESE_FAMILIES[m[1]], plain)
    return _OTHER_SCRIPTS.sub(r" |\g<0>| ", plain)


def designated(text: str) -> str:
    """Return the text without the words in whose letters no designator is written.

    >>> designated("B-52轰炸机")
    'B-52'
    """
    return text if text.isascii() else " ".join(bordered(text).split("|")[::2]).strip()


def readable(text: str) -> str:
    """Return the text in plain letters, its case and its punctuation kept.

    >>> readable("Ｔｕ－９５ と 苏-30战斗机")
    'Tu-95 to Su-30 ZhanDouJi'
    """
    plain = unicodedata.normalize("NFKC", text[:_LONGEST])
    if not plain.isascii():
        plain = _CHINESE_FAMILY.sub(lambda m: _CHINESE_FAMILIES[m[1]], plain)
        plain = _APOSTROPHES.sub("", plain)
        plain = anyascii(_BORDER.sub(" ", plain))
    return plain


def fold(text: str) -> str:
    """Return the text in lower-case ASCII words, a single space between them.

    Case, width, diacritics and punctuation are gone, other scripts are transliterated.

    >>> fold("Guåhån"), fold("Ту-95МС"), fold("U.S. Navy"), fold("Xi'an H-6")
    ('guahan', 'tu 95ms', 'us navy', 'xian h 6')
    """
    return _words(readable(text))


def _words(plain: str) -> str:
    joined = _INITIALS.sub(r"\1", _APOSTROPHES.sub("", plain))
    words = _OTHER.sub(" ", joined.replace("&", " and ").lower())
    return words[:_LONGEST].strip()


def transliterations(text: str) -> tuple[str, ...]:
    """Return the folded spellings of the text in Latin letters, the usual one first.

    Cyrillic is read by the systems of BGN/PCGN, ISO 9 and GOST (passports), and as
    encyclopaedias do.

    >>> transliterations("Чёрное море")
    ('chernoe more', 'chernoye more', 'cernoe more', 'chyornoye more')
    """
    if text.isascii():
        return (fold(text),)
    others = romanizations(text)
    spellings = (fold(text), *(_words(anyascii(other)) for other in others))
    if others and _DIGIT.search(text):
        # A designator in letters that only look like those meant, as in "В-52Н".
        looks = "".join(LOOKALIKES.get(letter, letter) for letter in text)
        spellings = (*spellings, fold(looks))
    return tuple(dict.fromkeys(spellings))


def spellings(text: str) -> tuple[str, ...]:
    """Return the transliterations, and each in usual words and in full.

    >>> spellings("The US Seventh Fleet")
    ('the us seventh fleet', 'us 7th fleet', 'united states 7th fleet')
    """
    found = transliterations(text)
    usual = [_usual(spelling.split()) for spelling in found]
    others = (*usual, *map(_in_full, usual))
    return tuple(dict.fromkeys((*found, *map(" ".join, others))))


def _usual(words: list[str]) -> list[str]:
    """Return the words without articles, each in one of the ways to spell it."""
    kept = [
        _SPELLINGS.get(word, word)
        for word, after in zip_longest(words, words[1:], fillvalue="")
        # An-24 and A-50 begin with no article.
        if word not in _ARTICLES or (word != "the" and after[:1].isdigit())
    ]
    return kept or words


def _in_full(words: list[str]) -> list[str]:
    # By itself it may be a pronoun, or a code.
    return [_IN_FULL.get(word, word) for word in words] if len(words) > 1 else words


@lru_cache(maxsize=4096)
def identity(text: str) -> str:
    """Return what two names have in common only if they are the same name.

    Articles, the choice between British and American spelling, and how an ordinal is
    written do not count. A name in ideographs is taken as it stands: what sounds alike
    is not the same.

    >>> identity("The Ministry of Defense") == identity("ministry of Defence")
    True
    >>> identity("U.S. Seventh Fleet") == identity("United States 7th Fleet")
    True
    >>> identity("日本海") == identity("Ri Ben Hai")
    False
    """
    if _IDEOGRAPH.search(text):
        return "".join(
            unicodedata.normalize("NFKC", text[:_LONGEST]).casefold().split()
        )
    return "".join(_in_full(_usual(fold(text).split()))).replace(" ", "")
