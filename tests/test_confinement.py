"""Confinement: what a stranger's query cannot do even where nobody looked at it before."""

import json
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

PROBE = """
import json, os, socket, subprocess, sys
from pyoxigraph import Store
from milgraph.confinement import confine

told = {{}}
store = Store()
confine(memory=256 << 20, network={network})

def tried(name, action):
    try:
        action()
        told[name] = "done"
    except (OSError, RuntimeError, MemoryError, ValueError) as error:
        told[name] = type(error).__name__

call = "SELECT * {{ SERVICE <http://127.0.0.1:{port}/> {{ ?a ?b ?c }} }}"
tried("socket", lambda: socket.create_connection(("127.0.0.1", {port})).close())
if not {network}:
    tried("service", lambda: list(store.query(call)))
    tried("load", lambda: store.update("LOAD <http://127.0.0.1:{port}/x.ttl>"))
tried("program", lambda: subprocess.run(["true"]))
tried("memory", lambda: bytearray(1 << 30))
tried("query", lambda: list(store.query("SELECT * {{ ?s ?p ?o }}")))
tried("file", lambda: open(os.devnull).close())
print(json.dumps(told))
"""


def probed(port: int, *, network: bool) -> dict[str, str]:
    found = subprocess.run(
        [sys.executable, "-c", PROBE.format(port=port, network=network)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert found.returncode == 0, found.stderr
    return json.loads(found.stdout)


@pytest.fixture
def canary():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        yield listening


def test_a_confined_process_evaluates_and_does_nothing_else(canary):
    told = probed(canary.getsockname()[1], network=False)
    assert told == {
        "socket": "PermissionError",
        "service": "PermissionError",
        "load": "PermissionError",
        "program": "PermissionError",
        "memory": "MemoryError",
        "query": "done",
        "file": "done",
    }
    with pytest.raises(BlockingIOError):
        canary.accept()


def test_where_the_network_is_needed_the_rest_still_holds(canary):
    told = probed(canary.getsockname()[1], network=True)
    assert told["socket"] == "done"
    assert (told["program"], told["memory"]) == ("PermissionError", "MemoryError")


def test_it_ends_with_its_parent():
    parent = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import subprocess, sys, time\n"
            "child = subprocess.Popen([sys.executable, '-c', 'import time;"
            "from milgraph.confinement import confine; confine(memory=1 << 30);"
            "print(1, flush=True); time.sleep(60)'], stdout=subprocess.PIPE)\n"
            "child.stdout.readline(); print(child.pid, flush=True); time.sleep(60)",
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    with parent:
        assert parent.stdout
        child = int(parent.stdout.readline())
        parent.kill()
    assert ends(child)


def ends(pid: int) -> bool:
    for _ in range(200):
        try:
            told = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
        except OSError:
            return True
        if told.rpartition(")")[2].split()[0] == "Z":
            return True
        time.sleep(0.01)
    return False
