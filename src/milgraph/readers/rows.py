"""Rows: a table that is cut after so many, and says so in itself.

The engine cannot be told to stop, so that such a table is written here. What is left
out is announced in the way of each format: a member of the JSON, a link in the head of
the XML, and in CSV and TSV, which have no place for it, a last row.
"""

import csv
import io
import json
from itertools import islice
from xml.sax.saxutils import escape, quoteattr

from milgraph.answers import Answer, Row
from milgraph.readers.output import Output
from milgraph.terms import XSD, BlankNode, Literal, NamedNode, Term

__all__ = ["CUT", "write_capped"]

# How a table says that it was cut; `{}` is the number of its rows.
CUT = "cut after {} rows by a limit of the server"
_LINK = "/docs"
_SPARQL_RESULTS = "http://www.w3.org/2005/sparql-results#"


def write_capped(answer: Answer, output: Output, form: str, limit: int) -> None:
    """Write at most so many rows of the table, and whether there were more.

    A graph is taken for a table of its triples.

    The formats are those of SPARQL 1.1 Query Results JSON, XML, CSV and TSV.

    Raises:
        QueryError: the evaluation fails.
    """
    rows = answer.rows()
    kept = list(islice(rows, limit))
    is_cut = next(rows, None) is not None
    written = _WRITERS[form](answer.columns, kept, is_cut=is_cut)
    output.write(written.encode())


def _json(columns: tuple[str, ...], rows: list[Row], *, is_cut: bool) -> str:
    head: dict[str, object] = {"vars": columns}
    document: dict[str, object] = {"head": head}
    if is_cut:
        head["link"] = [_LINK]
        document["milgraph"] = {"complete": False, "rows": len(rows)}
    bindings = [
        {name: _json_term(t) for name, t in zip(columns, row, strict=True) if t}
        for row in rows
    ]
    document["results"] = {"bindings": bindings}
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def _json_term(term: Term) -> dict[str, object]:
    if isinstance(term, NamedNode):
        return {"type": "uri", "value": term.value}
    if isinstance(term, BlankNode):
        return {"type": "bnode", "value": term.value}
    if isinstance(term, Literal):
        told: dict[str, object] = {"type": "literal", "value": term.value}
        if term.language:
            told["xml:lang"] = term.language
        elif term.datatype != XSD.string:
            told["datatype"] = term.datatype.value
        return told
    parts = (("subject", term.subject), ("predicate", term.predicate))
    told = {name: _json_term(part) for name, part in (*parts, ("object", term.object))}
    return {"type": "triple", "value": told}


def _xml(columns: tuple[str, ...], rows: list[Row], *, is_cut: bool) -> str:
    head = "".join(f"<variable name={quoteattr(name)}/>" for name in columns)
    link = f'<link href="{_LINK}"/>' if is_cut else ""
    body = "".join(
        "<result>"
        + "".join(
            f"<binding name={quoteattr(name)}>{_xml_term(term)}</binding>"
            for name, term in zip(columns, row, strict=True)
            if term
        )
        + "</result>"
        for row in rows
    )
    return (
        f'<?xml version="1.0"?><sparql xmlns="{_SPARQL_RESULTS}"><head>{head}{link}'
        f"</head><results>{body}</results></sparql>"
    )


def _xml_term(term: Term) -> str:
    if isinstance(term, NamedNode):
        return f"<uri>{escape(term.value)}</uri>"
    if isinstance(term, BlankNode):
        return f"<bnode>{escape(term.value)}</bnode>"
    if isinstance(term, Literal):
        kind = ""
        if term.language:
            kind = f" xml:lang={quoteattr(term.language)}"
        elif term.datatype != XSD.string:
            kind = f" datatype={quoteattr(term.datatype.value)}"
        # A reader of XML turns a bare carriage return into a line feed.
        text = escape(term.value, {"\r": "&#xD;"})
        return f"<literal{kind}>{text}</literal>"
    parts = (term.subject, term.predicate, term.object)
    names = ("subject", "predicate", "object")
    inner = "".join(
        f"<{name}>{_xml_term(part)}</{name}>"
        for name, part in zip(names, parts, strict=True)
    )
    return f"<triple>{inner}</triple>"


def _csv(columns: tuple[str, ...], rows: list[Row], *, is_cut: bool) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([_csv_term(term) for term in row] for row in rows)
    if is_cut and columns:
        writer.writerow([CUT.format(len(rows)), *[""] * (len(columns) - 1)])
    return text.getvalue()


def _csv_term(term: Term | None) -> str:
    if term is None:
        return ""
    return (
        str(term) if isinstance(term, BlankNode) else getattr(term, "value", str(term))
    )


def _tsv(columns: tuple[str, ...], rows: list[Row], *, is_cut: bool) -> str:
    lines = ["\t".join(f"?{name}" for name in columns)]
    lines += ["\t".join("" if t is None else str(t) for t in row) for row in rows]
    if is_cut and columns:
        note = str(Literal(CUT.format(len(rows))))
        lines.append("\t".join([note, *[""] * (len(columns) - 1)]))
    return "\n".join(lines) + "\n"


_WRITERS = {"json": _json, "xml": _xml, "csv": _csv, "tsv": _tsv}
