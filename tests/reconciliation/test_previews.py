"""Previews: whatever an entity is called, nothing of it is read as markup."""

from dataclasses import replace
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from milgraph.matching import Name
from milgraph.service.reconciliation.previews import (
    PREVIEW_HEADERS,
    entity_card,
    preview,
)

HOSTILE = st.text(
    st.sampled_from("<>\"'&/=abc scriptimgonerror \u202e\x00"), max_size=40
)


class Read(HTMLParser):
    """What a browser makes of a page: its elements, their attributes and the text."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag, attrs):
        self.elements.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data):
        self.text += data


@given(name=HOSTILE, other=HOSTILE, description=HOSTILE)
def test_no_name_is_markup(collection, name, other, description):
    known = collection.entity("platform/tu-95ms")
    profile = replace(known, names=(Name(name), Name(other)), description=description)
    read = Read()
    card = entity_card(collection, profile, address="http://localhost/")
    read.feed(preview(name, card))
    assert read.elements <= {
        "html", "head", "meta", "title", "style", "body", "div", "h1", "a", "p", "dl",
        "dt", "dd",
    }  # fmt: skip
    assert read.attributes <= {"lang", "charset", "href", "target", "rel", "class"}
    assert name in read.text


def test_the_policy_allows_the_style_and_nothing_else():
    (policy,) = PREVIEW_HEADERS.values()
    assert "unsafe" not in policy
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
