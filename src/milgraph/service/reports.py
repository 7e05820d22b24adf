"""Reports: what a validation found, written in the formats of those who read it."""

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from milgraph.service.findings import name_of
from milgraph.syntax import FORMATS, write
from milgraph.terms import SH, XSD

if TYPE_CHECKING:
    from milgraph.validation import Report

__all__ = ["REPORT_FORMATS", "written_report"]

_SARIF = "sarif"
_PREFIXES = {"sh": SH.iri, "xsd": XSD.iri}
# The names of the formats, with their media types.
REPORT_FORMATS: Mapping[str, str] = MappingProxyType(
    {
        **{form.name: form.media_type for form in FORMATS.values()},
        _SARIF: "application/sarif+json",
    }
)


def written_report(report: "Report", form: str) -> bytes:
    """Return the report in the format of that name: as SHACL has it, or as SARIF."""
    if form != _SARIF:
        return write(report.triples(), FORMATS[form], prefixes=_PREFIXES)
    from milgraph.validation import sarif_of  # noqa: PLC0415 - slow to import

    return json.dumps(sarif_of(report, name_of=name_of)).encode()
