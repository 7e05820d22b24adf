"""Settings: one frozen value, made once, handed down."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from milgraph.errors import SettingsError
from milgraph.resources import Resources

__all__ = ["PREFIX", "Settings"]

PREFIX = "MILGRAPH_"
_PORTS = range(65536)


@dataclass(frozen=True, slots=True)
class Settings:
    """What can be set, each by an option of a command or by `MILGRAPH_` and its name."""

    data: Path
    host: str = "127.0.0.1"
    port: int = 8765
    token: str | None = field(default=None, repr=False)
    alignments: tuple[str, ...] = ()
    resources: Resources = field(default_factory=Resources.shipped)

    def __post_init__(self) -> None:
        if self.port not in _PORTS:
            raise SettingsError(
                f"port {self.port} is not between 0 and {_PORTS.stop - 1}"
            )

    @classmethod
    def from_environ(cls, environ: Mapping[str, str], **given: object) -> "Settings":
        """Return the settings of the environment; what is given goes before it.

        Raises:
            SettingsError: a variable that is not a setting, or a value of the wrong kind.
        """
        options = {name: value for name, value in given.items() if value is not None}
        known = {"DATA", "HOST", "PORT", "TOKEN", "ALIGNMENTS", "RESOURCES"}
        found = {
            name.removeprefix(PREFIX): value
            for name, value in environ.items()
            if name.startswith(PREFIX)
        }
        if unknown := sorted(found.keys() - known):
            raise SettingsError(
                f"{PREFIX}{unknown[0]} is not a setting",
                hint=f"Settings: {', '.join(PREFIX + name for name in sorted(known))}.",
            )
        folder = found.get("RESOURCES")
        resources = Resources(Path(folder)) if folder else Resources.shipped()
        values: dict[str, object] = {
            "resources": resources,
            "data": _default_data(resources),
        }
        if "DATA" in found:
            values["data"] = Path(found["DATA"])
        if "PORT" in found:
            values["port"] = _number(found["PORT"])
        for name in ("HOST", "TOKEN"):
            if found.get(name):
                values[name.lower()] = found[name]
        if "ALIGNMENTS" in found:
            values["alignments"] = tuple(found["ALIGNMENTS"].replace(",", " ").split())
        return cls(**(values | options))  # type: ignore[arg-type]  # checked by the constructor


def _number(text: str) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise SettingsError(
            f"{PREFIX}PORT is {text!r}, which is not a number"
        ) from error


def _default_data(resources: Resources) -> Path:
    """Return where the dataset lies: in the checkout, or in the user's data folder."""
    if resources.in_checkout:
        return resources.root / ".milgraph"
    home = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(home) / "milgraph"
