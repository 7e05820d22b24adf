"""Features: in what a query and a candidate were compared, and what each counts."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from milgraph.matching import WEIGHTS

__all__ = ["FEATURES", "GAIN", "LOSS", "PROPERTY", "Explained", "explained"]

# The feature of a property that the query gives is named by this and the property.
PROPERTY = "property:"
GAIN, LOSS = 5.0, 30.0
_TEXTS = {
    "name_similarity": (
        "name",
        "How alike the nearest of the names are, in whatever script and spelling: 1 is "
        "the same name. It gives up to 80 points.",
    ),
    "designator": (
        "designator",
        "Whether letters, number and variant of a designation are the same, as in "
        "Tu-95MS or DDG-69. A family and its variant clash: Su-30SM2 is not Su-30SM.",
    ),
    "type": (
        "type",
        "Whether the classes go together with the type that is asked for.",
    ),
    "country": (
        "country",
        "Whether both belong to the same state, by mil:ofState or a ship's prefix.",
    ),
    "geometry": ("geometry", "How near the places are, or how much area they share."),
    "identifier": (
        "identifier",
        "Whether an identifier is the same: a code, a hull number, an id in another "
        "data set, or the entity's own.",
    ),
}


@dataclass(frozen=True, slots=True)
class Explained:
    """A feature with a name and an explanation, and the points it can add and take."""

    name: str
    text: str
    gain: float
    loss: float


def _features() -> Mapping[str, Explained]:
    found = {}
    for key, (name, text) in _TEXTS.items():
        weight = WEIGHTS.get(key)
        gain, loss = (weight.gain, weight.loss) if weight else (80.0, 0.0)
        found[key] = Explained(name, text, gain, loss)
    return found


FEATURES: Mapping[str, Explained] = MappingProxyType(_features())


def explained(feature: str) -> Explained | None:
    """Return what the feature of that name is; none where there is no such feature."""
    if feature.startswith(PROPERTY) and len(feature) > len(PROPERTY):
        text = (
            "How well a value that the query gives for the property agrees with what "
            "the candidate has: 1 is the same, 0 another. Where the candidate has none, "
            "there is no such feature."
        )
        return Explained(feature.removeprefix(PROPERTY), text, GAIN, LOSS)
    return FEATURES.get(feature)
