"""Resources: where the ontology, the shapes, the data and the queries lie."""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from milgraph.errors import SettingsError

__all__ = ["Resources"]

FOLDERS = ("ontology", "shapes", "data", "queries")


@dataclass(frozen=True, slots=True)
class Resources:
    """The four folders that travel with the program."""

    root: Path

    def __post_init__(self) -> None:
        missing = [name for name in FOLDERS if not (self.root / name).is_dir()]
        if missing:
            raise SettingsError(
                f"{self.root} has no folder {', '.join(missing)}",
                hint="Reinstall milgraph, or point MILGRAPH_RESOURCES at a checkout.",
            )

    @classmethod
    def shipped(cls) -> "Resources":
        """Return the folders of the installed wheel, or of the checkout."""
        package = Path(__file__).parent
        installed = package / "resources_"
        return cls(installed if installed.is_dir() else package.parents[1])

    @property
    def in_checkout(self) -> bool:
        """Whether these are the folders of a checkout, not of an installed wheel."""
        return (self.root / "pyproject.toml").is_file()

    @property
    def ontology(self) -> tuple[Path, ...]:
        """The ontology's modules and code schemes, and the alignments always loaded."""
        folder = self.root / "ontology"
        loaded = [
            folder / "alignments" / f"{name}.ttl" for name in ("geosparql", "prov")
        ]
        return tuple(
            sorted([*folder.glob("*.ttl"), *folder.glob("codes/*.ttl"), *loaded])
        )

    def alignment(self, name: str) -> Path:
        """Return the file of the alignment with another vocabulary.

        Raises:
            SettingsError: there is no such alignment.
        """
        path = self.root / "ontology" / "alignments" / f"{name}.ttl"
        if not path.is_file():
            known = ", ".join(sorted(file.stem for file in path.parent.glob("*.ttl")))
            raise SettingsError(f"there is no alignment {name!r}; there are {known}")
        return path

    @property
    def prefixes(self) -> Path:
        """The one prefix map, as `sh:declare`."""
        return self.root / "ontology" / "prefixes.ttl"

    @property
    def shapes(self) -> tuple[Path, ...]:
        """The shapes that data must satisfy."""
        return tuple(sorted((self.root / "shapes").glob("*.ttl")))

    @property
    def reference(self) -> tuple[Path, ...]:
        """The curated states, forces, platforms, places and disputes."""
        return tuple(sorted((self.root / "data" / "reference").glob("*.ttl")))

    @property
    def occurrences(self) -> tuple[Path, ...]:
        """What happened, and the editors' judgements."""
        return tuple(sorted((self.root / "data" / "occurrences").glob("*.ttl")))

    @property
    def links(self) -> tuple[Path, ...]:
        """The linksets, one table for each external data set."""
        return tuple(sorted((self.root / "data" / "links").glob("*.sssom.tsv")))

    @property
    def articles(self) -> tuple[Path, ...]:
        """The articles, one file each."""
        return tuple(sorted((self.root / "data" / "articles").rglob("*.trig")))

    @property
    def queries(self) -> Path:
        """The folder of the stored queries."""
        return self.root / "queries"

    @property
    def shapes_digest(self) -> str:
        """A digest of the shapes, to tell when all must be held to them anew."""
        return self._digest(self.shapes)

    def digest(self, alignments: tuple[str, ...] = ()) -> str:
        """Return a digest of all that a build reads, to tell when it must be redone."""
        chosen = (self.alignment(name) for name in alignments)
        groups = (
            self.ontology,
            chosen,
            self.shapes,
            self.reference,
            self.occurrences,
            self.links,
            self.articles,
        )
        return self._digest(path for group in groups for path in group)

    def _digest(self, paths: Iterable[Path]) -> str:
        total = sha256()
        for path in paths:
            total.update(path.relative_to(self.root).as_posix().encode())
            total.update(sha256(path.read_bytes()).digest())
        return total.hexdigest()
