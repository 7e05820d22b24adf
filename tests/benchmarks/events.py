"""A made-up export of GDELT 2.0: always the same rows, of any number, none of them real."""

import argparse
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from random import Random
from typing import TextIO

__all__ = ["gdelt_rows", "write_gdelt"]

_SEED = 20240826
_FIRST_DAY = date(2024, 1, 1)
_FIRST_ID = 9_000_000_000
_STATES = (
    ("AFG", "AFGHANISTAN"), ("CHN", "CHINA"), ("JPN", "JAPAN"), ("KOR", "SOUTH KOREA"),
    ("PHL", "PHILIPPINES"), ("PRK", "NORTH KOREA"), ("RUS", "RUSSIA"),
    ("UKR", "UKRAINE"), ("USA", "UNITED STATES"), ("VNM", "VIETNAM"), ("FRA", "FRANCE"),
    ("GBR", "UNITED KINGDOM"), ("IND", "INDIA"), ("TUR", "TURKEY"), ("BRA", "BRAZIL"),
)  # fmt: skip
_KINDS = ("", "", "GOV", "MIL", "COP", "LEG", "OPP", "REB", "CVL", "BUS", "MED")
_CODES = (
    "010", "020", "036", "040", "042", "043", "051", "0841", "111", "112", "120", "130",
    "141", "150", "152", "154", "172", "173", "180", "190", "193", "194", "195",
)  # fmt: skip
_QUADS = {"0": "1", "1": "4"}
_PLACES = 5000


def gdelt_rows(number: int) -> Iterator[list[str]]:
    """Return so many rows of 61 columns."""
    random = Random(_SEED)  # noqa: S311 - made-up rows, and no secret
    for index in range(number):
        day = _FIRST_DAY + timedelta(days=index * 365 // max(1, number))
        event = random.choice(_CODES)
        where = _place(random)
        yield [
            str(_FIRST_ID + index),
            f"{day:%Y%m%d}", f"{day:%Y%m}", f"{day:%Y}", f"{day.year + day.month / 12:.4f}",
            *_actor(random), *_actor(random),
            str(random.randint(0, 1)), event, event[:3], event[:2],
            str((int(event[:2]) - 1) // 5 + 1), f"{random.uniform(-10, 10):.1f}",
            *(str(random.randint(1, 40)) for _ in range(3)),
            f"{random.uniform(-9, 9):.6f}",
            *where, *where, *_place(random),
            f"{day:%Y%m%d}{random.randint(0, 23):02}0000",
            f"https://news.example/{index % 997}/report-{index}.html",
        ]  # fmt: skip


def _actor(random: Random) -> list[str]:
    if random.random() < 0.2:
        return [""] * 10
    (country, name), kind = random.choice(_STATES), random.choice(_KINDS)
    called = {"GOV": "GOVERNMENT", "MIL": "MILITARY", "COP": "POLICE"}.get(kind, name)
    return [country + kind, called, country, "", "", "", "", kind, "", ""]


def _place(random: Random) -> list[str]:
    number = int(random.paretovariate(0.4)) % _PLACES
    latitude, longitude = number * 37 % 160 - 80, number * 101 % 340 - 170
    kind = "1" if number < 20 else "4"
    name = f"Town {number}, Province {number % 50}, Land {number % 20}"
    land = f"{chr(65 + number % 20)}X"
    return [
        kind, name, land, f"{land}{number % 50:02}", str(number), f"{latitude}.25",
        f"{longitude}.5", land if kind == "1" else str(-1000 - number),
    ]  # fmt: skip


def write_gdelt(number: int, into: TextIO) -> None:
    """Write so many rows as GDELT does."""
    into.writelines("\t".join(row) + "\n" for row in gdelt_rows(number))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", type=int)
    write_gdelt(parser.parse_args().rows, sys.stdout)
