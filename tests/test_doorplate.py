"""The doorplate: it tells where the server is while there is one, and not a moment longer."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from milgraph import doorplate

ADDRESS = "http://127.0.0.1:8765"
PROGRAM = """
import sys, time
from pathlib import Path
from milgraph import doorplate
with doorplate.hung(Path(sys.argv[1]), sys.argv[2]):
    print("hung", flush=True)
    sys.stdin.read()
"""


def test_the_address_is_found_while_it_hangs(tmp_path):
    assert doorplate.find(tmp_path) is None
    with doorplate.hung(tmp_path, ADDRESS):
        assert doorplate.find(tmp_path) == ADDRESS
        assert doorplate.find(tmp_path) == ADDRESS, "to look does not take it away"
    assert doorplate.find(tmp_path) is None
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize("how", [signal.SIGKILL, None])
def test_a_plate_of_a_process_that_ended_is_none(tmp_path, how):
    command = [sys.executable, "-c", PROGRAM, str(tmp_path), ADDRESS]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "hung\n"
        assert doorplate.find(tmp_path) == ADDRESS
        if how:
            process.send_signal(how)
        process.stdin.close()
        process.wait(10)
    assert (tmp_path / "server.json").exists() == (how is not None)
    assert doorplate.find(tmp_path) is None


def test_a_new_server_hangs_its_own_over_a_stale_one(tmp_path):
    (tmp_path / "server.json").write_text('{"address": "http://127.0.0.1:1"}')
    assert doorplate.find(tmp_path) is None
    with doorplate.hung(tmp_path, ADDRESS):
        assert doorplate.find(tmp_path) == ADDRESS


@pytest.mark.parametrize(
    ("listening", "asked"),
    [
        ("http://0.0.0.0:80", "http://127.0.0.1:80"),
        ("http://[::]:80", "http://[::1]:80"),
        ("http://192.0.2.1:80", "http://192.0.2.1:80"),
    ],
)
def test_a_server_of_all_addresses_is_asked_at_that_of_this_machine(
    tmp_path, listening, asked
):
    with doorplate.hung(tmp_path, listening):
        assert doorplate.find(tmp_path) == asked


def test_nobody_else_can_read_it_and_it_tells_the_process(tmp_path: Path):
    with doorplate.hung(tmp_path, ADDRESS):
        path = tmp_path / "server.json"
        assert path.stat().st_mode & 0o077 == 0
        assert json.loads(path.read_text())["pid"] > 0
