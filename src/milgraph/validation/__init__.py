"""Validation: whether a graph conforms to the shapes, and what to mend where it does not."""

from milgraph.validation.edtf import edtf_results
from milgraph.validation.engines import Engine, pyshacl_engine, turbo_engine
from milgraph.validation.report import Report, Result, Severity
from milgraph.validation.shapes import Shapes

__all__ = [
    "Engine",
    "Report",
    "Result",
    "Severity",
    "Shapes",
    "edtf_results",
    "pyshacl_engine",
    "turbo_engine",
]
