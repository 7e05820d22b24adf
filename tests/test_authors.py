"""Who may write is told from a token; a file of tokens is right, or nobody is let in by it."""

from hashlib import sha256
from pathlib import Path

import pytest
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection

from milgraph import authors
from milgraph.authors import Authors
from milgraph.errors import ForbiddenError, SettingsError
from milgraph.history import Author, Role
from milgraph.service.access import require_writer
from milgraph.service.problems import ProblemError
from milgraph.settings import Settings


def digest(token: str) -> str:
    return f"sha256:{sha256(token.encode()).hexdigest()}"


CAROL = f"""
[tokens.carol]
digest = "{digest("cc")}"
role = "contributor"
"""
ED = f"""
[tokens.ed]
digest = "{digest("ee")}"
role = "Editor"
"""


@pytest.fixture
def listed(tmp_path: Path):
    """Write the file of tokens, and return settings that name it."""

    def write(text: str, *, token: str | None = None) -> Settings:
        path = tmp_path / "tokens.toml"
        path.write_text(text, "utf-8")
        return Settings(data=tmp_path, tokens=path, token=token)

    return write


def asked(token: str, query: str = "", **headers: str) -> HTTPConnection:
    given = {"authorization": f"Bearer {token}", **headers}
    raw = Headers(given).raw
    scope = {"type": "http", "headers": raw, "query_string": query.encode()}
    return HTTPConnection(scope)


def test_each_token_is_somebodys_and_that_of_the_settings_is_an_admins(listed):
    known = Authors(listed(CAROL + ED, token="root\n"))  # noqa: S106 - made up
    assert not known.is_empty
    found = [known.of_token(t) for t in (b"cc", b"ee", b"root")]
    assert [(one.name, one.role) for one in found] == [
        ("carol", Role.CONTRIBUTOR),
        ("ed", Role.EDITOR),
        ("admin", Role.ADMIN),
    ]
    assert known.of_token(b"") is None
    assert known.of_token(digest("cc").encode()) is None


def test_all_digests_are_compared_whoever_it_is(listed, monkeypatch):
    known = Authors(listed(CAROL + ED, token="root"))  # noqa: S106 - made up
    compared = []
    same = authors.hmac.compare_digest
    monkeypatch.setattr(
        authors.hmac,
        "compare_digest",
        lambda *both: compared.append(both) or same(*both),
    )
    for token in (b"root", b"cc", b"ee", b"nobody"):
        known.of_token(token)
    assert len(compared) == 12


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[tokens", "is not TOML"),
        ("", "nothing where"),
        ("tokens = 3", "where [tokens.NAME]"),
        (CAROL + "[more]", "more"),
        ('[tokens.carol]\nrole = "editor"', "[tokens.carol]: it needs a digest"),
        (CAROL + "note = 1", "[tokens.carol]: it needs a digest"),
        (CAROL.replace("contributor", "king"), "[tokens.carol]: there is no role"),
        (CAROL.replace("sha256:", "md5:"), "[tokens.carol]: the digest"),
        (CAROL.replace("sha256:", "sha256:0"), "[tokens.carol]: the digest"),
        (CAROL.replace("carol", "admin"), "'admin' cannot be the name"),
        (CAROL.replace("carol", '"a b"'), "'a b' cannot be the name"),
        (CAROL + CAROL.replace("carol", "eve"), "carol and eve have the same token"),
        (CAROL + CAROL, "is not TOML"),
    ],
)
def test_a_file_that_is_wrong_is_refused_with_the_place(listed, text, told):
    with pytest.raises(SettingsError) as refused:
        Authors(listed(text))
    assert told in refused.value.message


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(SettingsError, match=r"none\.toml cannot be read"):
        Authors(Settings(data=tmp_path, tokens=tmp_path / "none.toml"))


def test_the_token_of_the_settings_may_not_be_in_the_file_as_well(listed):
    with pytest.raises(SettingsError, match="admin and carol have the same token"):
        Authors(listed(CAROL, token="cc"))  # noqa: S106 - made up


def test_a_changed_file_counts_once_it_is_read_again_and_a_wrong_one_does_not(listed):
    known = Authors(listed(CAROL))
    listed(ED)
    assert known.of_token(b"ee") is None
    known.read_again()
    assert known.of_token(b"ee").role is Role.EDITOR
    assert known.of_token(b"cc") is None
    listed("[tokens")
    with pytest.raises(SettingsError):
        known.read_again()
    assert known.of_token(b"ee").role is Role.EDITOR


@pytest.mark.parametrize("role", Role)
def test_a_role_may_do_what_the_lower_ones_may(listed, role):
    settings = listed(CAROL + ED, token="root")  # noqa: S106 - made up
    known = Authors(settings)
    roles = {"cc": Role.CONTRIBUTOR, "ee": Role.EDITOR, "root": Role.ADMIN}
    for token, own in roles.items():
        if own >= role:
            author = require_writer(asked(token), settings, known, role=role)
            assert author.role is own
            continue
        with pytest.raises(ForbiddenError) as refused:
            require_writer(asked(token), settings, known, role=role)
        assert role.label in refused.value.hint


def test_a_token_of_nobody_is_refused_whatever_it_is_for(listed):
    settings = listed(CAROL)
    with pytest.raises(ProblemError):
        require_writer(asked("ee"), settings, Authors(settings), role=Role.CONTRIBUTOR)


@pytest.mark.parametrize(
    ("query", "header", "reason"),
    [
        ("", "", ""),
        ("reason=a+second%20source", "", "a second source"),
        ("", "a correction", "a correction"),
        ("reason=first", "second", "first"),
        ("reason=a%0Ab%1bc", "", "a bc"),
        ("", "für später".encode().decode("latin-1"), "für später"),
        ("reason=" + "x" * 5000, "", "x" * 1000),
    ],
)
def test_an_author_has_a_name_a_role_a_door_and_a_reason(listed, query, header, reason):
    settings = listed(CAROL)
    found = require_writer(
        asked("cc", query, reason=header),
        settings,
        Authors(settings),
        role=Role.CONTRIBUTOR,
        door="http",
    )
    assert found == Author("carol", Role.CONTRIBUTOR, "http", reason)
