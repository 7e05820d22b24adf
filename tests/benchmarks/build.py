"""How long a build takes, step by step, and against the reference engines in one run.

Run it with `python tests/benchmarks/build.py [REPETITIONS]`. Machines are shared and
noisy: read the ratios and the shares, not the seconds.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from milgraph.dataset import in_view
from milgraph.entailment import materialise
from milgraph.entailment.reference import materialise_with_owlrl
from milgraph.knowledge_graph import KnowledgeGraph
from milgraph.queries import Catalogue
from milgraph.resources import Resources
from milgraph.settings import Settings
from milgraph.shipped import Shipped
from milgraph.staging import materialise_view, validate_view
from milgraph.store import Snapshot
from milgraph.suppositions import validate_suppositions
from milgraph.syntax import Source
from milgraph.validation import Shapes, pyshacl_engine, turbo_engine


def seconds(task: Callable[[], object], repetitions: int) -> float:
    """Return the median time of the task."""
    times = []
    for _ in range(repetitions):
        start = perf_counter()
        task()
        times.append(perf_counter() - start)
    return median(times)


def main(repetitions: int) -> None:
    """Print the times and the ratios."""
    resources = Resources.shipped()
    shipped = Shipped(resources)
    shapes = Shapes.shipped(resources)
    named = shipped.named_graphs(lambda *_: None)
    view = materialise_view(named, shipped.axioms)
    asserted = view.named.asserted()
    turbo, reference = turbo_engine(shapes), pyshacl_engine(shapes)
    snapshot = Snapshot.of([*view.named, *in_view(view.triples)])
    catalogue = Catalogue.of(resources.queries)
    print(f"{len(asserted):,} triples asserted, {len(view.triples):,} in the view")

    def suppose() -> list[object]:
        return list(validate_suppositions(view, shipped.axioms, shapes, turbo))

    def ask_all() -> None:
        for query in catalogue:
            if query.folder.startswith("lint"):
                continue
            answer = query.run(snapshot, query.examples())
            list(answer) if not isinstance(answer, bool) else answer

    steps = {
        "read and place": lambda: Shipped(resources).named_graphs(lambda *_: None),
        "materialise": lambda: materialise(asserted, shipped.axioms),
        "validate the view": lambda: validate_view(view, turbo),
        "validate suppositions": suppose,
        "answer the stored queries": ask_all,
    }
    for name, task in steps.items():
        print(f"{seconds(task, repetitions):8.3f} s  {name}")
    with TemporaryDirectory() as folder:
        graph = KnowledgeGraph(Settings(data=Path(folder) / "graph"))
        print(f"{seconds(graph.load, 1):8.3f} s  first build")
        print(f"{seconds(graph.load, repetitions):8.3f} s  load that changes nothing")
        source = Source.of(resources.articles[0])
        print(
            f"{seconds(lambda: graph.check(source), repetitions):8.3f} s  check a file"
        )
    fast = seconds(lambda: materialise(asserted, shipped.axioms), repetitions)
    slow = seconds(lambda: materialise_with_owlrl(asserted), 1)
    print(f"{slow / fast:8.1f}    times faster than owlrl: materialise")
    fast = seconds(lambda: turbo(view.triples), repetitions)
    slow = seconds(lambda: reference(view.triples), 1)
    print(f"{slow / fast:8.1f}    times faster than pySHACL: validate the view")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
