"""The manifest: what the service says of itself, from which clients find the rest."""

from importlib.metadata import version
from typing import Any

from milgraph.reconciliation import MAXIMUM_QUERIES, SETTINGS, Collection, Kind
from milgraph.terms import BASE, MIL

__all__ = ["HEIGHT", "PATH", "WIDTH", "manifest", "typed"]

PATH = "/reconcile"
WIDTH, HEIGHT = 420, 220
_VERSIONS = ("0.2",)


def manifest(collection: Collection, origin: str) -> dict[str, Any]:
    """Return the manifest of the service at that origin."""
    address = origin + PATH

    def suggested(kind: str) -> dict[str, str]:
        return {
            "service_url": address,
            "service_path": f"/suggest/{kind}",
            "flyout_service_url": address,
            "flyout_service_path": f"/flyout/{kind}?id=${{id}}",
        }

    return {
        "versions": list(_VERSIONS),
        "name": "milgraph: military activities and actors",
        "identifierSpace": BASE,
        "schemaSpace": MIL.iri,
        "defaultTypes": [typed(kind) for kind in collection.roots()],
        "documentation": origin + "/docs",
        "serviceVersion": version("milgraph"),
        "batchSize": MAXIMUM_QUERIES,
        "view": {"url": f"{address}/view?id={{{{id}}}}"},
        "feature_view": {"url": f"{address}/features?id={{{{id}}}}"},
        "preview": {
            "url": f"{address}/preview?id={{{{id}}}}",
            "width": WIDTH,
            "height": HEIGHT,
        },
        "suggest": {kind: suggested(kind) for kind in ("entity", "type", "property")},
        "extend": {
            "propose_properties": {
                "service_url": address,
                "service_path": "/properties",
            },
            "property_settings": [dict(setting) for setting in SETTINGS],
        },
    }


def typed(kind: Kind) -> dict[str, str]:
    """Return the type as it stands in answers."""
    return {"id": kind.id, "name": kind.name}
