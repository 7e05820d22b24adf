"""Well-formedness: XML as the engine writes it, stopped where it would not be XML.

The engine writes characters that XML 1.0 has no way to hold (section 2.2), and RDF/XML
elements without a name for predicates and classes whose IRI does not end in one.
"""

import re
from collections.abc import Iterable, Iterator
from html import unescape

from milgraph.errors import QueryError

__all__ = ["HINTS", "WellFormed", "well_formed"]

_CONTROL = rb"[\x00-\x08\x0b\x0c\x0e-\x1f]|\xef\xbf[\xbe\xbf]|\xed[\xa0-\xbf]"
# The prefix that no element may have (Namespaces in XML 1.0, section 3).
_RESERVED = rb"</?xmlns:"
_NAMELESS = rb'<oxprefix:[ />](?: *xmlns:oxprefix="(?P<iri>[^"]*)")?'
_BREACHES = {
    "xml": re.compile(b"(?P<control>" + _CONTROL + b")"),
    "rdfxml": re.compile(
        b"(?P<control>" + _CONTROL + b")|(?P<reserved>" + _RESERVED + b")|" + _NAMELESS
    ),
}
# What may stand across the border of two chunks and must be seen whole.
_LONGEST = len(b"<oxprefix:")
# What to ask for instead.
HINTS = {
    "xml": "Ask for JSON (application/sparql-results+json), CSV or TSV.",
    "rdfxml": "Ask for Turtle (text/turtle), TriG or N-Triples.",
}


class WellFormed:
    """One XML text on its way out; `form` is `xml` for results, `rdfxml` for RDF."""

    def __init__(self, form: str) -> None:
        self._form = form
        self._breach = _BREACHES[form]
        self._before = b""

    def take(self, chunk: bytes) -> bytes:
        """Return the next bytes as they may be sent.

        Carriage returns, which a parser would turn into line feeds (XML 1.0, section
        2.11), are written as references.

        Raises:
            QueryError: with these bytes the text is not well-formed XML.
        """
        seen = self._before + chunk
        if found := self._breach.search(seen):
            raise QueryError(_told(found), hint=HINTS[self._form])
        self._before = seen[-_LONGEST:]
        return chunk.replace(b"\r", b"&#13;")


def well_formed(chunks: Iterable[bytes], form: str) -> Iterator[bytes]:
    """Yield the chunks of an XML text, as long as they are well-formed.

    Raises:
        QueryError: what it says cannot be written as XML.

    >>> b"".join(well_formed([b"<literal>a", b"b</literal>"], "xml"))
    b'<literal>ab</literal>'
    """
    text = WellFormed(form)
    for chunk in chunks:
        yield text.take(chunk)


def _told(found: re.Match[bytes]) -> str:
    if found["control"]:
        character = found["control"].decode("utf-8", errors="surrogatepass")
        return f"a text holds U+{ord(character[0]):04X}, which XML cannot hold"
    parts = found.groupdict()
    if parts.get("reserved"):
        return "a predicate is in the namespace that XML keeps for itself"
    iri = parts.get("iri")
    name = f"<{unescape(iri.decode())}>" if iri else "a predicate or class"
    return f"{name} has no XML name: what follows its last / or # is not one"
