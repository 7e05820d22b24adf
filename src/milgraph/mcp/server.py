"""The server: the tools over the Model Context Protocol, on standard input and output."""

import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from importlib.metadata import version
from io import TextIOWrapper
from typing import Any

import anyio
from mcp import types
from mcp.server.lowlevel import Server
from mcp.server.lowlevel.helper_types import ReadResourceContents
from mcp.server.stdio import stdio_server
from pydantic import AnyUrl

from milgraph.errors import KnowledgeGraphError, ParameterError
from milgraph.mcp.arguments import Arguments
from milgraph.mcp.holdings import Holdings
from milgraph.mcp.marking import clean
from milgraph.mcp.prompts import GUIDES, INSTRUCTIONS, PROMPTS, guide
from milgraph.mcp.tools import READING, WAYS, WRITING, Tool
from milgraph.settings import Settings

__all__ = ["make_server", "serve"]

_SCHEMA = "milgraph://schema"
_GUIDE = "milgraph://guide/"
_QUERY = "milgraph://query/"
_JSON, _MARKDOWN = "application/json", "text/markdown"
_SPARQL = "application/sparql-query"
_LONGEST_ERROR = 4_000


def make_server(holdings: Holdings) -> "Server[Any, Any]":
    """Return the server of the holdings; it writes only where they have a token."""
    server: Server[Any, Any] = Server(
        "milgraph", version=version("milgraph"), instructions=INSTRUCTIONS
    )
    tools = {tool.name: tool for tool in READING}
    if holdings.is_writable:
        tools |= {tool.name: tool for tool in WRITING}
    _offer_tools(server, holdings, tools)
    _offer_resources(server, holdings)
    _offer_prompts(server)
    return server


def _offer_tools(
    server: "Server[Any, Any]", holdings: Holdings, tools: Mapping[str, Tool]
) -> None:
    @server.list_tools()  # type: ignore[no-untyped-call,untyped-decorator]  # the SDK has no types here
    async def listed() -> list[types.Tool]:
        return [_described(tool) for tool in tools.values()]

    # The arguments are looked at here, for errors that say what to do about them.
    @server.call_tool(validate_input=False)  # type: ignore[untyped-decorator]  # the SDK has no types here
    async def called(name: str, given: dict[str, Any]) -> types.CallToolResult:
        try:
            tool = _found(name, tools)
            arguments = Arguments.of(given, tool.schema)
            return _answered(await tool.answer(holdings, arguments))
        except KnowledgeGraphError as error:
            error.lead(WAYS)
            return _failed(str(error))
        except OSError as error:
            return _failed(str(error))
        except Exception as error:  # noqa: BLE001 - a client is told, and goes on
            sys.stderr.write(f"milgraph mcp: {error!r}\n")
            return _failed("the tool failed unexpectedly; nothing was stored by it")


def _found(name: str, tools: Mapping[str, Tool]) -> Tool:
    if name in tools:
        return tools[name]
    hint = f"Tools: {', '.join(tools)}."
    if name in {tool.name for tool in WRITING}:
        hint = "It needs a token: start milgraph mcp with MILGRAPH_TOKEN."
    raise ParameterError(f"there is no tool {clean(name)[:60]!r}", hint=hint)


def _described(tool: Tool) -> types.Tool:
    return types.Tool(
        name=tool.name,
        title=tool.title,
        description=tool.description,
        inputSchema=tool.schema,
        annotations=types.ToolAnnotations(
            title=tool.title,
            readOnlyHint=not tool.writes,
            destructiveHint=tool.writes,
            idempotentHint=True,
            openWorldHint=False,
        ),
    )


def _answered(told: dict[str, Any]) -> types.CallToolResult:
    """Return the answer as JSON, and the same as text for clients that read only that."""
    text = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
    return types.CallToolResult(
        content=[types.TextContent(type="text", text=text)], structuredContent=told
    )


def _failed(message: str) -> types.CallToolResult:
    """Return the error; what it quotes of queries and facts is text like any other."""
    text = clean(message)[:_LONGEST_ERROR]
    return types.CallToolResult(
        content=[types.TextContent(type="text", text=text)], isError=True
    )


def _offer_resources(server: "Server[Any, Any]", holdings: Holdings) -> None:
    @server.list_resources()  # type: ignore[no-untyped-call,untyped-decorator]  # the SDK has no types here
    async def listed() -> list[types.Resource]:
        card = types.Resource(
            uri=AnyUrl(_SCHEMA),
            name="schema",
            title="What is in the graph",
            description="The schema card, as the tool schema gives it.",
            mimeType=_JSON,
        )
        guides = (
            types.Resource(
                uri=AnyUrl(_GUIDE + name), name=name, title=title, mimeType=_MARKDOWN
            )
            for name, title in GUIDES.items()
        )
        return [card, *guides]

    @server.list_resource_templates()  # type: ignore[no-untyped-call,untyped-decorator]  # the SDK has no types here
    async def templates() -> list[types.ResourceTemplate]:
        return [
            types.ResourceTemplate(
                uriTemplate=_QUERY + "{name}",
                name="query",
                title="The SPARQL of a stored query",
                mimeType=_SPARQL,
            )
        ]

    @server.read_resource()  # type: ignore[no-untyped-call,untyped-decorator]  # the SDK has no types here
    async def read(uri: AnyUrl) -> Iterable[ReadResourceContents]:
        try:
            content, kind = await _resource(holdings, str(uri))
        except KnowledgeGraphError as error:
            error.lead(WAYS)
            raise
        return [ReadResourceContents(content=content, mime_type=kind)]


async def _resource(holdings: Holdings, uri: str) -> tuple[str, str]:
    if uri == _SCHEMA:
        told = await holdings.card.told()
        return json.dumps(told, ensure_ascii=False, indent=1), _JSON
    if uri.startswith(_QUERY):
        return holdings.catalogue.get(uri.removeprefix(_QUERY)).text, _SPARQL
    name = uri.removeprefix(_GUIDE)
    if uri.startswith(_GUIDE) and name in GUIDES:
        return guide(name), _MARKDOWN
    there = (_SCHEMA, _QUERY + "{name}", *(_GUIDE + name for name in GUIDES))
    raise ParameterError(
        f"there is no resource {clean(uri)!r}", hint=f"Resources: {', '.join(there)}."
    )


def _offer_prompts(server: "Server[Any, Any]") -> None:
    @server.list_prompts()  # type: ignore[no-untyped-call,untyped-decorator]  # the SDK has no types here
    async def listed() -> list[types.Prompt]:
        return [
            types.Prompt(
                name=name,
                description=prompt.description,
                arguments=[
                    types.PromptArgument(
                        name=prompt.argument, description=prompt.what, required=True
                    )
                ],
            )
            for name, prompt in PROMPTS.items()
        ]

    @server.get_prompt()  # type: ignore[no-untyped-call,untyped-decorator]  # the SDK has no types here
    async def got(name: str, given: dict[str, str] | None) -> types.GetPromptResult:
        prompt = PROMPTS.get(name)
        if prompt is None:
            hint = f"Prompts: {', '.join(PROMPTS)}."
            raise ParameterError(f"there is no prompt {clean(name)!r}", hint=hint)
        filled = (given or {}).get(prompt.argument, "").strip()
        if not filled:
            raise ParameterError(f"the argument {prompt.argument} is missing")
        content = types.TextContent(type="text", text=prompt.filled(filled))
        message = types.PromptMessage(role="user", content=content)
        return types.GetPromptResult(description=prompt.description, messages=[message])


def serve(settings: Settings) -> None:
    """Answer on standard input and output until the client leaves.

    Raises:
        KnowledgeGraphError: there is no graph, or a setting cannot be used.
    """
    holdings = Holdings(settings)
    # Whoever is told to end, ends: readers and checkers go with this process.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    anyio.run(_serve, holdings)


async def _serve(holdings: Holdings) -> None:
    server = make_server(holdings)
    try:
        async with _protocol() as (read, write):
            try:
                await holdings.start()
                await server.run(read, write, server.create_initialization_options())
            finally:
                await holdings.close()
    except* (anyio.BrokenResourceError, anyio.ClosedResourceError, OSError) as errors:
        # The client has left while it was being answered.
        sys.stderr.write(
            f"milgraph mcp: the client has left: {errors.exceptions[0]!r}\n"
        )


@asynccontextmanager
async def _protocol() -> AsyncIterator[tuple[Any, Any]]:
    """Give the streams of the protocol, which has standard output for itself.

    Whatever else would be printed there, here or by another process, is printed as an
    error; and nobody else reads what the client sends.
    """
    given, taken = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    reading = TextIOWrapper(os.fdopen(given, "rb"), "utf-8", errors="replace")
    writing = TextIOWrapper(os.fdopen(taken, "wb"), "utf-8")
    async with stdio_server(anyio.wrap_file(reading), anyio.wrap_file(writing)) as both:
        yield both
