"""Settings: one frozen value, made once, handed down."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from milgraph.errors import SettingsError
from milgraph.resources import Resources

__all__ = ["PREFIX", "SETTINGS", "Limits", "Settings"]

PREFIX = "MILGRAPH_"
_PORTS = range(65536)
MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """What one query may use, and how many are answered at a time.

    `seconds` of wall clock, `memory` and `output` in bytes; `rows` caps a table, and
    says so, where it is set. At most `readers` processes answer, and at most `queue`
    queries wait for one.
    """

    seconds: float = 30.0
    memory: int = 512 * MEBIBYTE
    output: int = 256 * MEBIBYTE
    rows: int | None = None
    readers: int = 12
    queue: int = 256

    def __post_init__(self) -> None:
        # Below this the engine cannot open the store.
        if self.memory < 256 * MEBIBYTE:
            raise SettingsError("a query needs at least 256 MiB of memory")
        if self.readers < _FEWEST_READERS:
            raise SettingsError(f"at least {_FEWEST_READERS} readers are needed")
        if self.seconds <= 0 or self.output <= 0 or self.queue < 0:
            raise SettingsError("a limit is not positive")


# Two are kept from long queries, so that short ones are answered beside them.
_FEWEST_READERS = 3


@dataclass(frozen=True, slots=True)
class Settings:
    """What can be set, each by an option of a command or by `MILGRAPH_` and its name.

    `token` is an administrator's, and `tokens` a file of more of them with their roles;
    without any nobody writes. `cache` is in bytes; `rate_limit` in requests per second of one client; `services`
    and `load_from` are what SERVICE and LOAD may reach, and an endpoint may take
    `service_time_limit` seconds for an answer of `service_size_limit` bytes; `access_log`
    is a file or `-`; queries longer than `slow_query` seconds are told on standard error.
    """

    data: Path
    host: str = "127.0.0.1"
    port: int = 8765
    token: str | None = field(default=None, repr=False)
    tokens: Path | None = None
    alignments: tuple[str, ...] = ()
    resources: Resources = field(default_factory=Resources.shipped)
    limits: Limits = field(default_factory=Limits)
    cache: int = 64 * MEBIBYTE
    workers: int = 1
    services: tuple[str, ...] = ()
    service_time_limit: float = 20.0
    service_size_limit: int = 16 * MEBIBYTE
    load_from: tuple[str, ...] = ()
    rate_limit: float | None = None
    access_log: str | None = None
    slow_query: float = 5.0

    def __post_init__(self) -> None:
        if self.port not in _PORTS:
            raise SettingsError(
                f"port {self.port} is not between 0 and {_PORTS.stop - 1}"
            )
        if self.workers < 1:
            raise SettingsError("there must be at least one worker")
        if self.service_time_limit <= 0 or self.service_size_limit <= 0:
            raise SettingsError("a limit is not positive")

    @property
    def has_tokens(self) -> bool:
        """Whether anybody can have a token, so that a graph can be changed over HTTP."""
        return bool((self.token or "").strip() or self.tokens)

    @classmethod
    def from_environ(cls, environ: Mapping[str, str], **given: object) -> "Settings":
        """Return the settings of the environment; what is given goes before it.

        Raises:
            SettingsError: a variable that is not a setting, or a value of the wrong kind.
        """
        options = {name: value for name, value in given.items() if value is not None}
        found = {
            name.removeprefix(PREFIX): value
            for name, value in environ.items()
            if name.startswith(PREFIX)
        }
        if unknown := sorted(found.keys() - set(SETTINGS)):
            raise SettingsError(
                f"{PREFIX}{unknown[0]} is not a setting",
                hint=f"Settings: {', '.join(PREFIX + name for name in SETTINGS)}.",
            )
        values: dict[str, object] = {
            name.lower(): _read(name, _READERS[name], text)
            for name, text in found.items()
            if name in _READERS and (text or _READERS[name] in (int, float))
        }
        limits = {
            _LIMITS[name][0]: _read(name, _LIMITS[name][1], text)
            for name, text in found.items()
            if name in _LIMITS
        }
        values["limits"] = Limits(**limits)  # type: ignore[arg-type]  # read by kind
        resources = values.setdefault("resources", Resources.shipped())
        assert isinstance(resources, Resources)  # noqa: S101 - for the type checker
        values.setdefault("data", _default_data(resources))
        return cls(**(values | options))  # type: ignore[arg-type]  # checked by the constructor


def _read(name: str, read: Callable[[str], object], text: str) -> object:
    try:
        return read(text)
    except ValueError as error:
        raise SettingsError(
            f"{PREFIX}{name} is {text!r}, which is not a number"
        ) from error


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.replace(",", " ").split())


def _mebibytes(text: str) -> int:
    return int(text) * MEBIBYTE


_READERS: Mapping[str, Callable[[str], object]] = MappingProxyType(
    {
        "DATA": Path,
        "HOST": str,
        "PORT": int,
        "TOKEN": str,
        "TOKENS": Path,
        "ALIGNMENTS": _words,
        "RESOURCES": lambda text: Resources(Path(text)),
        "CACHE": _mebibytes,
        "WORKERS": int,
        "SERVICES": _words,
        "SERVICE_TIME_LIMIT": float,
        "SERVICE_SIZE_LIMIT": _mebibytes,
        "LOAD_FROM": _words,
        "RATE_LIMIT": float,
        "ACCESS_LOG": str,
        "SLOW_QUERY": float,
    }
)
_LIMITS: Mapping[str, tuple[str, Callable[[str], object]]] = MappingProxyType(
    {
        "TIME_LIMIT": ("seconds", float),
        "MEMORY_LIMIT": ("memory", _mebibytes),
        "OUTPUT_LIMIT": ("output", _mebibytes),
        "ROW_LIMIT": ("rows", int),
        "READERS": ("readers", int),
        "QUEUE": ("queue", int),
    }
)


SETTINGS = tuple(sorted(_READERS.keys() | _LIMITS.keys()))


def _default_data(resources: Resources) -> Path:
    """Return where the dataset lies: in the checkout, or in the user's data folder."""
    if resources.in_checkout:
        return resources.root / ".milgraph"
    home = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(home) / "milgraph"
