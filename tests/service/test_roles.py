"""Whose token it is decides what may be done: 401 for nobody's, 403 for too low a role."""

import signal
import time
from collections.abc import Callable
from typing import NamedTuple

import httpx
import pytest

from milgraph.history import LogReader, Role

DRILL = "2024-05-14-drill"
TRIG = {"Content-Type": "application/trig"}
TURTLE = {"Content-Type": "text/turtle"}
UPDATE = {"Content-Type": "application/sparql-update"}
BASE = "https://w3id.org/milgraph/"
LABELLED = (
    f"INSERT DATA {{ GRAPH <{BASE}graph/reference> {{ <{BASE}place/sea-of-japan> "
    '<http://www.w3.org/2004/02/skos/core#altLabel> "Sea of Japan (tried)"@en } }'
)
NOTHING = f"{BASE}graph/links/nothing"


class Deed(NamedTuple):
    """Something that one asks of the server, and the least role that may."""

    role: Role
    ask: Callable[..., httpx.Response]
    statuses: tuple[int, ...] = (200,)


def deeds(text: bytes) -> dict[str, Deed]:
    article = f"/articles/{DRILL}"
    dry = {"dry-run": ""}
    return {
        "submit": Deed(
            Role.CONTRIBUTOR,
            lambda c: c.post("/articles", content=text, headers=TRIG, params=dry),
        ),
        "replace": Deed(
            Role.CONTRIBUTOR,
            lambda c: c.put(article, content=text, headers=TRIG, params=dry),
        ),
        "retract": Deed(
            Role.CONTRIBUTOR, lambda c: c.delete(article, params=dry), (404,)
        ),
        "update": Deed(
            Role.EDITOR,
            lambda c: c.post("/sparql", content=LABELLED, headers=UPDATE, params=dry),
        ),
        "update by a form": Deed(
            Role.EDITOR,
            lambda c: c.post("/sparql", data={"update": LABELLED}, params=dry),
        ),
        "put a graph": Deed(
            Role.EDITOR,
            lambda c: c.put(
                "/store",
                params={"graph": NOTHING, **dry},
                content=b"",
                headers=TURTLE,
            ),
            (200, 422),
        ),
        "add to a graph": Deed(
            Role.EDITOR,
            lambda c: c.post(
                "/store",
                params={"graph": NOTHING, **dry},
                content=b"",
                headers=TURTLE,
            ),
            (200, 422),
        ),
        "remove a graph": Deed(
            Role.EDITOR,
            lambda c: c.delete("/store", params={"graph": NOTHING, **dry}),
            (404,),
        ),
        "undo": Deed(
            Role.EDITOR, lambda c: c.post("/history/999/undo", params=dry), (404,)
        ),
        "list what runs": Deed(Role.ADMIN, lambda c: c.get("/running")),
        "cancel": Deed(Role.ADMIN, lambda c: c.delete("/running/999"), (404,)),
    }


DEEDS = tuple(deeds(b""))
ROLES = {"carol": Role.CONTRIBUTOR, "ed": Role.EDITOR, "ada": Role.ADMIN}


@pytest.mark.parametrize("name", DEEDS)
def test_each_deed_takes_its_role_and_no_more(client, bearing, drill, name):
    deed = deeds(drill().content)[name]
    for who, role in ROLES.items():
        client.headers.update(bearing(who))
        answer = deed.ask(client)
        if role >= deed.role:
            assert answer.status_code in deed.statuses, (who, answer.text)
        else:
            assert answer.status_code == 403, (who, answer.text)
            assert who in answer.json()["detail"]
            assert deed.role.label in answer.json()["hint"]
    del client.headers["Authorization"]


@pytest.mark.parametrize("name", DEEDS)
@pytest.mark.parametrize(
    "header", [None, "Bearer nobody", "Basic Y2Fyb2w6", "Bearer carol-token, x"]
)
def test_without_a_token_of_somebody_nothing_is_done(client, drill, name, header):
    headers = {"Authorization": header} if header else {}
    with httpx.Client(base_url=client.base_url, headers=headers) as nobody:
        answer = deeds(drill().content)[name].ask(nobody)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("path", ["/articles", "/check", f"/articles/{DRILL}"])
def test_reading_and_checking_take_no_token(client, path):
    assert client.get(path).status_code in (200, 404)


def test_a_page_of_another_site_has_no_token_and_writes_nothing(client, drill):
    for origin in ("https://evil.example", "null", str(client.base_url)):
        answer = client.post(
            "/articles",
            content=drill().content,
            headers={**TRIG, "Origin": origin, "Sec-Fetch-Site": "cross-site"},
        )
        assert answer.status_code == 401
        assert "Access-Control-Allow-Credentials" not in answer.headers


@pytest.mark.parametrize("name", DEEDS)
def test_without_tokens_the_server_is_read_only(http, drill, name):
    answer = deeds(drill().content)[name].ask(http)
    assert answer.status_code == 403
    assert "MILGRAPH_TOKEN" in answer.json()["hint"]


def test_a_changed_file_of_tokens_counts_from_the_signal_on(
    start, folder_of, tokens, tmp_path, bearing
):
    path = tmp_path / "tokens.toml"
    path.write_text(tokens.read_text())
    with start(folder_of(), TOKENS=path) as server:
        ask = f"{server.address}/running"
        assert httpx.get(ask, headers=bearing("ada")).status_code == 200
        path.write_text(tokens.read_text().replace('"admin"', '"editor"'))
        server.process.send_signal(signal.SIGHUP)
        deadline = time.monotonic() + 10
        while httpx.get(ask, headers=bearing("ada")).status_code != 403:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        # One that is wrong changes nothing, and ends nothing.
        path.write_text("[tokens")
        server.process.send_signal(signal.SIGHUP)
        time.sleep(0.3)
        assert httpx.get(ask, headers=bearing("ada")).status_code == 403


def test_an_admin_of_the_settings_is_called_admin(start, folder_of, drill):
    folder = folder_of()
    with start(folder, TOKEN="root") as server:  # noqa: S106 - made up
        answer = httpx.put(
            f"{server.address}/articles/{DRILL}",
            content=drill().content,
            headers={**TRIG, "Authorization": "Bearer root"},
        )
        assert answer.status_code == 201
    entry = LogReader.open(folder / "log").entry(answer.json()["commit"])
    assert (entry.agent, entry.role) == ("admin", "admin")
