"""What stands around an attack: a prober, a look at processes, a strict reader of HTTP.

As a program, `python attacking.py PORT`, it is the prober: it asks for one label after
the other over one connection and tells when it asked, how long it took, and what was
wrong. It is a process of its own, so that the attacker's own work does not slow it.
"""

import http.client
import os
import re
import socket
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

__all__ = ["ITEMS", "Answer", "Canary", "Watch", "answers_in", "data", "is_burning"]

ITEMS = 10_000
_EVERY = 0.02
_TICK = os.sysconf("SC_CLK_TCK")
_CHUNK_SIZE = re.compile(rb"[0-9A-Fa-f]+")


def data() -> str:
    """Return 110,000 triples: labels, seven types, and links that lead everywhere."""
    lines = []
    for i in range(ITEMS):
        item = f"<http://e/s{i}>"
        lines.append(f"{item} <http://e/type> <http://e/T{i % 7}> .")
        lines.append(f'{item} <http://e/label> "item {i}" .')
        lines.append(f"{item} <http://e/next> <http://e/s{i + 1}> .")
        lines += [
            f"{item} <http://e/p{j}> <http://e/s{(i * 31 + j * 97) % ITEMS}> ."
            for j in range(8)
        ]
    return "\n".join(lines)


def probe(port: int) -> None:
    """Ask about fifty times a second until nobody listens any more."""
    # From another address than the attacks, as another client.
    connection = http.client.HTTPConnection(
        "127.0.0.1", port, timeout=20, source_address=("127.0.0.2", 0)
    )
    number = 0
    late = 0.0
    while True:
        number = (number + 7) % ITEMS
        query = f"SELECT ?o {{ <http://e/s{number}> <http://e/label> ?o }}"
        begun = time.monotonic()
        wrong = ""
        try:
            connection.request("GET", f"/sparql?query={quote(query)}&format=csv")
            answer = connection.getresponse()
            body = answer.read()
            if answer.status != http.HTTPStatus.OK or body.split() != [
                b"o",
                b"item",
                b"%d" % number,
            ]:
                wrong = f"{answer.status} {body[:200]!r}"
        except (OSError, http.client.HTTPException) as error:
            wrong = repr(error)
            connection.close()
        took = time.monotonic() - begun
        print(f"{begun} {took} {late} {wrong}", flush=True)  # noqa: T201 - a program
        woken = time.monotonic() + max(0.0, _EVERY - took)
        time.sleep(max(0.0, woken - time.monotonic()))
        late = time.monotonic() - woken


def _stat(pid: int) -> list[str]:
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return []
    return text.rpartition(")")[2].split()


def tree(root: int) -> dict[int, list[str]]:
    """Return the process and its descendants, each with its fields of proc(5) stat."""
    stats = {
        pid: fields
        for name in os.listdir("/proc")  # noqa: PTH208 - ten times faster
        if name.isdigit() and (fields := _stat(pid := int(name)))
    }
    found, size = {root}, 0
    while size != len(found):
        size = len(found)
        found |= {pid for pid, fields in stats.items() if int(fields[1]) in found}
    return {pid: stats[pid] for pid in found if pid in stats}


def cpu_seconds(root: int) -> float:
    """Return the processor time of all of them, those that were waited for included."""
    ticks = sum(sum(map(int, fields[11:15])) for fields in tree(root).values())
    return ticks / _TICK


def is_burning(root: int, *, seconds: float = 0.3, share: float = 0.5) -> bool:
    """Return whether they use more than this share of one processor for so long.

    The prober alone costs the server some hundredths.
    """
    before = cpu_seconds(root)
    time.sleep(seconds)
    return cpu_seconds(root) - before > share * seconds


def memory(root: int) -> dict[int, int]:
    """Return the bytes that each holds for itself: no file, and nothing shared."""
    found = {}
    for pid in tree(root):
        try:
            told = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
        except OSError:
            continue
        sizes = re.findall(r"Rss(?:Anon|Shmem):\s+(\d+) kB", told)
        found[pid] = 1024 * sum(map(int, sizes))
    return found


class Watch(threading.Thread):
    """Looks at the memory of the processes ten times a second until `stop`."""

    def __init__(self, root: int) -> None:
        super().__init__(daemon=True)
        self._root = root
        self._is_over = threading.Event()
        self.most = 0
        self.most_of_server = 0

    def run(self) -> None:
        while not self._is_over.wait(0.1):
            sizes = memory(self._root)
            self.most = max(self.most, sum(sizes.values()))
            self.most_of_server = max(self.most_of_server, sizes.get(self._root, 0))

    def stop(self) -> None:
        self._is_over.set()
        self.join()


class Canary(threading.Thread):
    """A listener on the loopback that nobody is to call."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.calls: list[bytes] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def run(self) -> None:
        while True:
            connection, _ = self._socket.accept()
            connection.settimeout(1)
            with connection:
                try:
                    self.calls.append(connection.recv(1000))
                except OSError as error:
                    self.calls.append(repr(error).encode())


@dataclass(frozen=True)
class Answer:
    """One answer as it came; whole only if its framing says so (RFC 9112, section 6)."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    is_whole: bool = False


def answers_in(received: bytes, *, heads: tuple[int, ...] = ()) -> list[Answer]:
    """Return the answers that a connection received, in order.

    `heads` are the places of those that answer HEAD, and so have no body.

    Raises:
        ValueError: there is something that is no answer.
    """
    found: list[Answer] = []
    while received:
        head, end, rest = received.partition(b"\r\n\r\n")
        line, *fields = head.decode("latin-1").split("\r\n")
        if not end or not line.startswith("HTTP/1.1 "):
            raise ValueError(f"no answer: {received[:200]!r}")
        pairs = (one.split(":", 1) for one in fields)
        headers = {name.lower(): value.strip() for name, value in pairs}
        status = int(line.split()[1])
        body, received, is_whole = b"", rest, True
        if status not in (204, 304) and len(found) not in heads:
            body, received, is_whole = _body(headers, rest)
        if status != 100:
            found.append(Answer(status, headers, body, is_whole))
    return found


def _body(headers: dict[str, str], rest: bytes) -> tuple[bytes, bytes, bool]:
    if "content-length" in headers:
        size = int(headers["content-length"])
        return rest[:size], rest[size:], len(rest) >= size
    if headers.get("transfer-encoding") != "chunked":
        raise ValueError(f"an answer without a length: {headers}")
    body = b""
    while True:
        line, end, rest = rest.partition(b"\r\n")
        if not end or not _CHUNK_SIZE.fullmatch(line):
            return body, b"", False
        size = int(line, 16)
        if not size:
            return body, rest.removeprefix(b"\r\n"), rest.startswith(b"\r\n")
        if len(rest) < size + 2:
            return body + rest[:size], b"", False
        body, rest = body + rest[:size], rest[size + 2 :]


if __name__ == "__main__":
    probe(int(sys.argv[1]))
