"""Fixtures: the service as clients reach it, and the published schemas for its answers."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft7Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT7

SCHEMAS = Path(__file__).parents[2] / "reconciliation" / "schemas"


Complaints = Callable[[str, Any], list[str]]
Ask = Callable[..., Any]


@pytest.fixture(scope="session")
def schemas() -> dict[str, Any]:
    """The published schemas by their names."""
    return {
        path.stem: json.loads(path.read_text("utf-8"))
        for path in sorted(SCHEMAS.glob("*.json"))
    }


@pytest.fixture(scope="session")
def complaints(schemas: dict[str, Any]) -> Complaints:
    """Return what the schema of that name finds wrong."""
    # They name no version of JSON Schema; `contains` came with the sixth draft.
    plain = {
        name: {key: value for key, value in schema.items() if key != "$schema"}
        for name, schema in schemas.items()
    }
    registry: Registry[Any] = Registry().with_resources(
        (one["$id"], Resource.from_contents(one, default_specification=DRAFT7))
        for one in plain.values()
    )

    def found(name: str, told: Any) -> list[str]:
        validator = Draft7Validator(plain[name], registry=registry)
        errors = validator.iter_errors(told)
        return [f"{error.json_path}: {error.message}" for error in errors]

    return found


@pytest.fixture
def reconcile(http: httpx.Client, complaints: Complaints) -> Ask:
    """Send a batch as clients do, and return the results by their keys; both conform."""

    def asked(**queries: Any) -> dict[str, list[dict[str, Any]]]:
        assert complaints("reconciliation-query-batch", queries) == []
        answer = http.post("/reconcile", data={"queries": json.dumps(queries)})
        assert answer.status_code == 200, answer.text
        told = answer.json()
        assert complaints("reconciliation-result-batch", told) == []
        return {key: one["result"] for key, one in told.items()}

    return asked


@pytest.fixture
def extend(http: httpx.Client, complaints: Complaints) -> Ask:
    """Ask for properties of entities; an id with settings is a pair."""

    def asked(ids: list[str], *properties: Any) -> dict[str, Any]:
        listed = [
            {"id": one} if isinstance(one, str) else {"id": one[0], "settings": one[1]}
            for one in properties
        ]
        query = {"ids": ids, "properties": listed}
        assert complaints("data-extension-query", query) == []
        answer = http.post("/reconcile", data={"extend": json.dumps(query)})
        assert answer.status_code == 200, answer.text
        assert complaints("data-extension-response", answer.json()) == []
        return dict(answer.json())

    return asked
