"""Cyrillic in Latin letters, by the systems in which names from there are met."""

import re
from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["LOOKALIKES", "has_cyrillic", "romanizations"]

_CYRILLIC = re.compile(r"[\u0400-\u04ff]")
_COMMON = {
    "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "ж": "zh", "з": "z",
    "и": "i", "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r",
    "с": "s", "т": "t", "у": "u", "ф": "f", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh",
    "щ": "shch", "ъ": "", "ы": "y", "ь": "", "э": "e", "ю": "yu", "я": "ya", "ё": "yo",
    "й": "y", "і": "i", "ї": "yi", "є": "ye", "ґ": "g", "ў": "w", "ђ": "dj", "ј": "j",
    "љ": "lj", "њ": "nj", "ћ": "c", "џ": "dz",
}  # fmt: skip
_ISO_9 = _COMMON | {
    "ж": "z", "х": "h", "ц": "c", "ч": "c", "ш": "s", "щ": "s", "э": "e", "ю": "u",
    "я": "a", "ё": "e", "й": "j", "ї": "i", "є": "e",
}  # fmt: skip
_PASSPORT = _COMMON | {"ё": "e", "й": "i", "ц": "ts", "ю": "iu", "я": "ia", "ъ": "ie"}
_UKRAINIAN = _COMMON | {
    "и": "y",
    "г": "h",
    "й": "i",
    "є": "ie",
    "ї": "i",
    "ю": "iu",
    "я": "ia",
}
_IS_UKRAINIAN = re.compile(r"[іїєґ]")
_AFTER_VOWEL = re.compile(r"(?:(?<=[аеёиоуыэюяйъьіїє])|(?<![\w]))е")
_ENDING = re.compile(r"(?:ий|ый)(?!\w)")

# Letters that look the same in both scripts, as they stand in designators.
LOOKALIKES: Mapping[str, str] = MappingProxyType(
    dict(zip("АВЕКМНОРСТУХаеорсух", "ABEKMHOPCTYXaeopcyx", strict=True))
)


def has_cyrillic(text: str) -> bool:
    """Return whether there is a Cyrillic letter in the text."""
    return bool(_CYRILLIC.search(text))


def romanizations(text: str) -> tuple[str, ...]:
    """Return the text in small letters by BGN/PCGN, ISO 9, passports and encyclopaedias.

    Diacritics are left out. Text without Cyrillic has none.

    >>> romanizations("Камчатский")
    ('kamchatskiy', 'kamcatskij', 'kamchatskii', 'kamchatsky')
    """
    if not has_cyrillic(text):
        return ()
    small = text.lower()
    # Both write "ye" at the beginning of a word and after a vowel or a sign.
    iotated = _AFTER_VOWEL.sub("ye", small)
    ukrainian = (_by(_UKRAINIAN, small),) if _IS_UKRAINIAN.search(small) else ()
    return (
        *ukrainian,
        _by(_COMMON | {"ё": "e"}, iotated),
        _by(_ISO_9, small),
        _by(_PASSPORT, small),
        _by(_COMMON, _ENDING.sub("y", iotated)),
    )


def _by(table: Mapping[str, str], text: str) -> str:
    return "".join(table.get(letter, letter) for letter in text)
