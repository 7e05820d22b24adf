"""Writing: the tools of whoever has a token; each is one commit through the gate."""

from typing import Any

from milgraph.doors import Told
from milgraph.errors import ConformanceError
from milgraph.mcp.answering import findings_of, source_of
from milgraph.mcp.arguments import Arguments
from milgraph.mcp.holdings import Holdings
from milgraph.mcp.marking import clean
from milgraph.terms import expand

__all__ = ["retract", "submit"]


async def submit(holdings: Holdings, arguments: Arguments) -> dict[str, Any]:
    """Commit an article, in the place of its earlier version, or say why it is refused."""
    source, dry_run = source_of(arguments), arguments.flag("dry_run")

    def committed() -> Told:
        with holdings.door(_reason(arguments)) as door:
            return door.submit([source], dry_run=dry_run)

    try:
        told = await holdings.aside(committed)
    except ConformanceError as error:
        refused = await findings_of(holdings, error.report)
        return {**refused, "stored_anything": False}
    return await _told(holdings, told, dry_run=dry_run)


async def retract(holdings: Holdings, arguments: Arguments) -> dict[str, Any]:
    """Take an article away, with all that follows from it alone."""
    name, dry_run = arguments.text("article"), arguments.flag("dry_run")
    article = expand(name if ":" in name else f"article:{name}")

    def committed() -> Told:
        with holdings.door(_reason(arguments)) as door:
            return door.retract(article, dry_run=dry_run)

    try:
        told = await holdings.aside(committed)
    except ConformanceError as error:
        refused = await findings_of(holdings, error.report)
        return {**refused, "stored_anything": False}
    return await _told(holdings, told, dry_run=dry_run)


async def _told(holdings: Holdings, told: Told, *, dry_run: bool) -> dict[str, Any]:
    answer = await findings_of(holdings, told.report)
    return {
        **answer,
        "stored_anything": told.commit is not None,
        "dry_run": dry_run,
        "commit": told.commit,
        "fates": dict(told.fates),
        "added": told.added,
        "removed": told.removed,
        "entailed": told.entailed,
        "no_longer_entailed": told.no_longer_entailed,
    }


def _reason(arguments: Arguments) -> str:
    """Return why, in one line, and that a program of this kind has asked for it."""
    given = " ".join(clean(arguments.text("reason")).split())
    return f"by MCP: {given}" if given else "by MCP"
