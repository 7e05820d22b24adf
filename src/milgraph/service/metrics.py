"""Metrics: what the server did and does, counted for Prometheus.

Counting is an addition to a plain number; what has to be looked up is looked up when
the metrics are asked for. One tally is of one server process; several workers are told
apart by a label, so that one that was started again is not taken for a counter that
went backwards.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate
from types import MappingProxyType
from typing import TypedDict

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from milgraph.service.processes import Spent, Usage
from milgraph.service.siblings import Siblings

__all__ = ["Gauges", "Metrics", "Tally", "exposition", "metrics_routes"]

# From an answer that was kept to a query at its limit, in seconds.
_BOUNDS = (
    *(0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05),
    *(0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0),
)
Numbers = Mapping[str, float]


class Tally(TypedDict):
    """What one server process counted; it can be written as JSON.

    Where there are several numbers, a key is the values of the labels, with a space
    between them.
    """

    queries: Numbers
    durations: list[int]
    seconds: float
    bytes: int
    requests: Numbers
    ended: Numbers
    readers: Numbers
    cache: Numbers
    waiting: int
    generation: int
    dropped: int
    processes: dict[str, Spent]


def _nothing() -> Numbers:
    return MappingProxyType({})


def _none() -> int:
    return 0


@dataclass(frozen=True, slots=True)
class Gauges:
    """Where to look when the metrics are asked for; what is not given is not told.

    `readers` are numbers by state, `ended` by reason; `cache` has `entries`, `bytes`,
    `hits` and `misses`; `pids` are those of the readers; `dropped` is the journal's.
    """

    generation: Callable[[], int] = _none
    readers: Callable[[], Numbers] = _nothing
    waiting: Callable[[], int] = _none
    cache: Callable[[], Numbers] = _nothing
    ended: Callable[[], Numbers] = _nothing
    dropped: Callable[[], int] = _none
    pids: Callable[[], Iterable[int]] = tuple


class Metrics:
    """Counts what one server process does."""

    def __init__(self, gauges: Gauges | None = None) -> None:
        self._gauges = gauges or Gauges()
        self._queries: dict[str, int] = {}
        self._durations = [0] * (len(_BOUNDS) + 1)
        self._seconds = 0.0
        self._bytes = 0
        self._requests: dict[tuple[str, int], int] = {}
        self._usage = Usage()

    def query(self, outcome: str, seconds: float, size: int) -> None:
        """Count a query: how it ended, how long it took, and the bytes of its answer."""
        queries = self._queries
        queries[outcome] = queries.get(outcome, 0) + 1
        self._durations[bisect_left(_BOUNDS, seconds)] += 1
        self._seconds += seconds
        self._bytes += size

    def request(self, route: str, status: int) -> None:
        """Count a request, by the route it took and the status of its answer."""
        key = route, status
        requests = self._requests
        requests[key] = requests.get(key, 0) + 1

    def tally(self) -> Tally:
        """Return what was counted until now, and what can be seen now."""
        gauges = self._gauges
        return Tally(
            queries=dict(self._queries),
            durations=list(self._durations),
            seconds=self._seconds,
            bytes=self._bytes,
            requests={
                f"{route} {status}": number
                for (route, status), number in self._requests.items()
            },
            ended=dict(gauges.ended()),
            readers=dict(gauges.readers()),
            cache=dict(gauges.cache()),
            waiting=gauges.waiting(),
            generation=gauges.generation(),
            dropped=gauges.dropped(),
            processes=self._usage.measured(tuple(gauges.pids())),
        )


# The text format, version 0.0.4, which every Prometheus reads whatever it prefers.
_MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def exposition(tallies: Mapping[str, Tally]) -> bytes:
    """Return the tallies of the workers in the text format; a single one has no label."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Tallied(tallies))
    return generate_latest(registry)


def metrics_routes(metrics: Metrics, siblings: Siblings | None = None) -> list[Route]:
    """Return the route that tells the metrics of all workers."""

    async def told(_: Request) -> Response:
        """Tell what the server did and does, in the text format of Prometheus."""
        tallies: dict[str, Tally] = {"": metrics.tally()}
        if siblings:
            tallies = {str(siblings.own): tallies[""]}
            for worker, tally in (await siblings.ask("tally")).items():
                tallies[str(worker)] = tally
        headers = {"Content-Type": _MEDIA_TYPE, "Cache-Control": "no-store"}
        return Response(exposition(tallies), headers=headers)

    return [Route("/metrics", told, methods=["GET"])]


@dataclass(frozen=True, slots=True)
class _Family:
    """One metric: what it is called, what it means, and where its numbers are."""

    kind: type[CounterMetricFamily] | type[GaugeMetricFamily]
    name: str
    meaning: str
    labels: tuple[str, ...]
    numbers: Callable[[Tally], Numbers]


def _of_processes(part: str) -> Callable[[Tally], Numbers]:
    return lambda tally: {
        name: spent[part]  # type: ignore[literal-required]  # a part of Spent
        for name, spent in tally["processes"].items()
    }


def _lookups(tally: Tally) -> Numbers:
    cache = tally["cache"]
    results = {"hit": "hits", "miss": "misses"}
    return {name: cache[key] for name, key in results.items() if key in cache}


def _cached(part: str) -> Callable[[Tally], Numbers]:
    return lambda tally: {"": tally["cache"][part]} if part in tally["cache"] else {}


_COUNTER, _GAUGE = CounterMetricFamily, GaugeMetricFamily
_FAMILIES = (
    _Family(
        _COUNTER,
        "milgraph_queries",
        "Queries that were asked, by how they ended.",
        ("outcome",),
        lambda tally: tally["queries"],
    ),
    _Family(
        _COUNTER,
        "milgraph_answer_bytes",
        "Bytes of the answers to queries.",
        (),
        lambda tally: {"": tally["bytes"]},
    ),
    _Family(
        _COUNTER,
        "milgraph_http_requests",
        "HTTP requests, by route and by the status of the answer.",
        ("route", "status"),
        lambda tally: tally["requests"],
    ),
    _Family(
        _GAUGE,
        "milgraph_generation",
        "The generation of the graph that is answered from.",
        (),
        lambda tally: {"": tally["generation"]},
    ),
    _Family(
        _GAUGE,
        "milgraph_readers",
        "Reader processes, by what they do.",
        ("state",),
        lambda tally: tally["readers"],
    ),
    _Family(
        _COUNTER,
        "milgraph_readers_ended",
        "Reader processes that were ended, by the reason.",
        ("reason",),
        lambda tally: tally["ended"],
    ),
    _Family(
        _GAUGE,
        "milgraph_queries_waiting",
        "Queries that wait for a reader.",
        (),
        lambda tally: {"": tally["waiting"]},
    ),
    _Family(
        _GAUGE,
        "milgraph_cache_entries",
        "Answers that are kept for this generation.",
        (),
        _cached("entries"),
    ),
    _Family(
        _GAUGE,
        "milgraph_cache_bytes",
        "Bytes of the answers that are kept.",
        (),
        _cached("bytes"),
    ),
    _Family(
        _COUNTER,
        "milgraph_cache_lookups",
        "Looks for a kept answer, by whether there was one.",
        ("result",),
        _lookups,
    ),
    _Family(
        _COUNTER,
        "milgraph_journal_dropped",
        "Entries that the access log lacks, since it could not be written.",
        (),
        lambda tally: {"": tally["dropped"]},
    ),
    _Family(
        _COUNTER,
        "process_cpu_seconds",
        "Processor time of the server and of its readers.",
        ("process",),
        _of_processes("cpu"),
    ),
    _Family(
        _GAUGE,
        "process_resident_memory_bytes",
        "Resident memory of the server and of its readers.",
        ("process",),
        _of_processes("memory"),
    ),
    _Family(
        _GAUGE,
        "process_open_fds",
        "Open files of the server and of its readers.",
        ("process",),
        _of_processes("files"),
    ),
    _Family(
        _GAUGE,
        "milgraph_processes",
        "Processes of the server and of its readers.",
        ("process",),
        _of_processes("number"),
    ),
)


class _Tallied(Collector):
    """Gives tallies the shape that the library of Prometheus writes."""

    def __init__(self, tallies: Mapping[str, Tally]) -> None:
        self._tallies = tallies
        self._own = ("worker",) if len(tallies) > 1 or "" not in tallies else ()

    def collect(self) -> Iterator[Metric]:
        """Give every metric that has a number."""
        for family in _FAMILIES:
            made = family.kind(
                family.name, family.meaning, labels=(*self._own, *family.labels)
            )
            for worker, tally in self._tallies.items():
                for key, number in family.numbers(tally).items():
                    labels = key.split(" ") if family.labels else ()
                    made.add_metric((*self._worker(worker), *labels), number)
            if made.samples:
                yield made
        yield self._durations()

    def _durations(self) -> HistogramMetricFamily:
        made = HistogramMetricFamily(
            "milgraph_query_duration_seconds",
            "How long queries took, from the request to the end of the answer.",
            labels=self._own,
        )
        names = [*map(str, _BOUNDS), "+Inf"]
        for worker, tally in self._tallies.items():
            summed = accumulate(map(float, tally["durations"]))
            buckets = list(zip(names, summed, strict=True))
            made.add_metric(self._worker(worker), buckets, tally["seconds"])
        return made

    def _worker(self, name: str) -> tuple[str, ...]:
        return (name,) if self._own else ()
