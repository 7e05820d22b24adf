"""Validation: whether a graph conforms to the shapes, and what to mend where it does not."""

from milgraph.validation.dependencies import Dependencies, Transition
from milgraph.validation.edtf import edtf_results
from milgraph.validation.engines import Engine, pyshacl_engine, turbo_engine
from milgraph.validation.incremental import (
    NodeValidation,
    validate_change,
    validate_nodes,
    validating_change,
)
from milgraph.validation.own_shapes import own_shapes, validate_with
from milgraph.validation.report import Cause, Report, Result, Severity
from milgraph.validation.sarif import sarif_of
from milgraph.validation.shapes import Shapes

__all__ = [
    "Cause",
    "Dependencies",
    "Engine",
    "NodeValidation",
    "Report",
    "Result",
    "Severity",
    "Shapes",
    "Transition",
    "edtf_results",
    "own_shapes",
    "pyshacl_engine",
    "sarif_of",
    "turbo_engine",
    "validate_change",
    "validate_nodes",
    "validate_with",
    "validating_change",
]
