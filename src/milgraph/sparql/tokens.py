"""Tokens: enough of SPARQL's grammar to tell the parts of an update apart."""

import re

__all__ = ["INNER", "IRI", "TOKEN", "with_variables_replaced"]

# Possessive quantifiers keep this linear in the text: no character is read again.
_STRING = r"""
          \"\"\"(?:[^"\\]|\\.|"(?!""))*+\"\"\"
        | '''(?:[^'\\]|\\.|'(?!''))*+'''
        | "(?!"")(?:[^"\\\r\n]|\\.)*+"
        | '(?!'')(?:[^'\\\r\n]|\\.)*+'
"""
_WITHIN = r"""(?:[^<>"{}|^`\\\x00-\x20]|\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8})"""
# The last are the signs that a name of a variable may have and that are no letters.
_LETTER = r"[\w\xb7\u0300-\u036f\u203f\u2040]"
TOKEN = re.compile(
    rf"""
      (?P<blank>(?:\s++|\#[^\r\n]*+)++)
    | (?P<string>{_STRING})
    | (?P<iri><{_WITHIN}*+>)
    | (?P<variable>[?$]{_LETTER}++)
    | (?P<name>[\w.-]*+:(?:(?:[\w:]|%..|\\.)(?:[\w:.-]|%..|\\.)*+)?)
    | (?P<word>\w[\w-]*+)
    | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
IRI = re.compile(rf"<{_WITHIN}*+>")
# All inside of braces that does not tell where they end. Between `<` and `>` stands an
# IRI where it begins with a scheme and two slashes, or where nothing in it could hide
# what follows; the rest is looked at one by one. Bounded, so that other threads of the
# process have their turn.
INNER = re.compile(
    rf"""
    (?: [^{{}}()"'<\#\\]++
      | {_STRING}
      | <[A-Za-z][A-Za-z0-9+.-]*+://{_WITHIN}*+>
      | <(?:(?!['\#]){_WITHIN})*+>
      | \#[^\r\n]*+
      | \\.
    ){{1,1024}}+
    """,
    re.VERBOSE | re.DOTALL,
)


def with_variables_replaced(text: str, marks: dict[str, str]) -> str:
    """Return the text with the mark of each variable; a new one gets the next number.

    `marks` goes from names to marks; under the empty name stands how they begin.

    >>> with_variables_replaced('{ ?s a "?s" }', {"": "urn:v:"})
    '{ <urn:v:1> a "?s" }'
    """

    def replaced(token: re.Match[str]) -> str:
        if not token["variable"]:
            return token.group()
        name = token["variable"][1:]
        if name not in marks:
            marks[name] = f"{marks['']}{len(marks)}"
        return f"<{marks[name]}>"

    return TOKEN.sub(replaced, text)
