"""Authors: who may write, told from a token; and the file that lists them."""

import hmac
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from milgraph.errors import SettingsError
from milgraph.history import Role
from milgraph.settings import Settings

__all__ = ["Authors", "Known"]

_DIGEST = re.compile(r"sha256:([0-9a-f]{64})")
_NAME = re.compile(r"[\w.@-]{1,64}")
_KEYS = frozenset(("digest", "role"))
_ADMIN = "admin"
_LARGEST_FILE = 1 << 20
_EXAMPLE = (
    '[tokens.alice] with digest = "sha256:..." and role = "editor"; '
    "`printf %s TOKEN | sha256sum` prints the digest."
)


@dataclass(frozen=True, slots=True)
class Known:
    """Somebody who has a token: the name that commits bear, the role, the digest."""

    name: str
    role: Role
    digest: bytes


class Authors:
    """Everybody who has a token of this server."""

    def __init__(self, settings: Settings) -> None:
        """Read the token of the settings and the file that they name.

        Raises:
            SettingsError: the file cannot be read, or is not what it should be.
        """
        self._settings = settings
        self._known = _known(settings)

    @classmethod
    def digest(cls, token: bytes) -> bytes:
        """Return what is known of a token; the token itself is nowhere."""
        return sha256(token).digest()

    @property
    def is_empty(self) -> bool:
        """Whether nobody has a token."""
        return not self._known

    @property
    def has_file(self) -> bool:
        """Whether there is a file of them, which may be changed."""
        return self._settings.tokens is not None

    def of_token(self, token: bytes) -> Known | None:
        """Return whose token it is.

        All are compared, and digests are of one length: the time tells nothing of them.
        """
        given = self.digest(token)
        found = None
        for known in self._known:
            if hmac.compare_digest(given, known.digest):
                found = known
        return found

    def read_again(self) -> None:
        """Take notice of a changed file; with one that is wrong, all stays as it was.

        Raises:
            SettingsError: the file cannot be read, or is not what it should be.
        """
        self._known = _known(self._settings)


def _known(settings: Settings) -> tuple[Known, ...]:
    # A line end that a file of secrets adds is none of the token.
    token = (settings.token or "").strip().encode()
    found = [Known(_ADMIN, Role.ADMIN, Authors.digest(token))] if token else []
    if settings.tokens:
        found += _listed(settings.tokens)
    digests: dict[bytes, str] = {}
    for known in found:
        if known.digest in digests:
            raise SettingsError(
                f"{digests[known.digest]} and {known.name} have the same token",
                hint="Give each a token of its own: a commit says who made it.",
            )
        digests[known.digest] = known.name
    return tuple(found)


def _listed(path: Path) -> Iterator[Known]:
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST_FILE)
        tables = tomllib.loads(content.decode("utf-8"))
    except OSError as error:
        raise SettingsError(
            f"{path} cannot be read: {error.strerror}",
            hint="MILGRAPH_TOKENS names a file of tokens.",
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} is not TOML: {error}") from error
    tokens = tables.get("tokens")
    if set(tables) != {"tokens"} or not isinstance(tokens, dict):
        raise SettingsError(
            f"{path} has {', '.join(sorted(tables)) or 'nothing'} where [tokens.NAME] "
            "should be",
            hint=f"For example {_EXAMPLE}",
        )
    for name, entry in tokens.items():
        yield _entry(f"{path}, [tokens.{name}]", name, entry)


def _entry(place: str, name: str, entry: Any) -> Known:
    if not isinstance(entry, Mapping) or set(entry) != _KEYS:
        raise SettingsError(
            f"{place}: it needs a digest and a role, and nothing else",
            hint=f"For example {_EXAMPLE}",
        )
    if not _NAME.fullmatch(name) or name == _ADMIN:
        raise SettingsError(
            f"{place}: {name!r} cannot be the name of somebody",
            hint="Use letters, digits and . @ - _; admin is whoever has MILGRAPH_TOKEN.",
        )
    digest = _DIGEST.fullmatch(str(entry["digest"]).strip().lower())
    if not digest:
        raise SettingsError(
            f"{place}: the digest is not sha256: and 64 hexadecimal digits",
            hint="`printf %s TOKEN | sha256sum` prints it.",
        )
    role = str(entry["role"]).upper()
    if role not in Role.__members__:
        known = ", ".join(one.name.lower() for one in Role)
        raise SettingsError(
            f"{place}: there is no role {entry['role']!r}", hint=f"Roles: {known}."
        )
    return Known(name, Role[role], bytes.fromhex(digest[1]))
