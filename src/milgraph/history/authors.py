"""Authors: who makes a commit, in which role, through which door, and why."""

from dataclasses import dataclass
from enum import IntEnum

__all__ = ["Author", "Role"]


class Role(IntEnum):
    """What somebody may do; each role may do all that those before it may."""

    CONTRIBUTOR = 1
    EDITOR = 2
    ADMIN = 3

    @property
    def label(self) -> str:
        """The name of the role, as it is written and read."""
        return self.name.lower()

    @classmethod
    def of(cls, label: str) -> "Role":
        """Return the role of that name.

        Raises:
            ValueError: there is none.

        >>> Role.of("editor") < Role.ADMIN
        True
        """
        for role in cls:
            if role.label == label:
                return role
        known = ", ".join(role.label for role in cls)
        raise ValueError(f"{label!r} is not a role; there are {known}")


@dataclass(frozen=True, slots=True)
class Author:
    """Who makes a commit, in which role, through which door, and the reason given."""

    name: str
    role: Role
    door: str
    reason: str = ""

    def __post_init__(self) -> None:
        if not self.name or not self.door:
            raise ValueError("an author has a name, and comes through a door")
