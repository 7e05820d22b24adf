"""Remote: a change that goes to a running server, which holds the graph, by HTTP."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote

from milgraph import errors
from milgraph.doors.told import Told
from milgraph.errors import Position
from milgraph.iris import ARTICLES
from milgraph.syntax import Source
from milgraph.terms import Literal, NamedNode, Quad, Term

if TYPE_CHECKING:
    import httpx

    from milgraph.validation import Report

__all__ = ["ServerDoor"]

# A commit waits for those before it, and a large one takes its time.
_SECONDS = 600.0
_SCHEMES = ("http://", "https://", "urn:")
# By their status, where a problem says no more of itself.
_KINDS: Mapping[int, type[errors.KnowledgeGraphError]] = {
    HTTPStatus.UNAUTHORIZED: errors.UnauthorisedError,
    HTTPStatus.FORBIDDEN: errors.ForbiddenError,
    HTTPStatus.CONFLICT: errors.UndoError,
    HTTPStatus.TOO_MANY_REQUESTS: errors.StoreError,
    HTTPStatus.SERVICE_UNAVAILABLE: errors.StoreError,
}


class ServerDoor:
    """The door of a running server; what it refuses is raised as the gate would."""

    def __init__(self, client: "httpx.Client", reason: str) -> None:
        self._client = client
        self._reason = reason

    @classmethod
    @contextmanager
    def open(cls, address: str, token: str | None, reason: str = "") -> Iterator[Self]:
        """Give the door of the server at the address.

        Raises:
            StoreError: there is no token to come in with.
        """
        if not (token or "").strip():
            raise errors.StoreError(
                f"a server is running at {address}, and holds the graph",
                hint="Set MILGRAPH_TOKEN to a token that it knows, and the command goes "
                "through its door; or stop it.",
            )
        import httpx

        headers = {
            "Authorization": f"Bearer {(token or '').strip()}",
            "Accept": "application/json",
        }
        # A proxy of the environment is for addresses elsewhere.
        with httpx.Client(
            base_url=address, headers=headers, timeout=_SECONDS, trust_env=False
        ) as client:
            yield cls(client, reason)

    def submit(self, sources: Sequence[Source], *, dry_run: bool) -> Told:
        """Commit the articles, all or none."""
        files = [
            ("file", (source.name, source.content, source.format.media_type))
            for source in sources
        ]
        return self._ask("POST", "/articles", dry_run=dry_run, files=files)

    def retract(self, article: NamedNode, *, dry_run: bool) -> Told:
        """Take the article away."""
        if not article.value.startswith(ARTICLES):
            raise errors.UnknownArticleError(article.value)
        slug = quote(article.value.removeprefix(ARTICLES), safe="")
        return self._ask("DELETE", f"/articles/{slug}", dry_run=dry_run)

    def undo(self, number: int, *, dry_run: bool) -> Told:
        """Commit the inverse of the commit."""
        return self._ask("POST", f"/history/{number}/undo", dry_run=dry_run)

    def insert(self, quads: Collection[Quad], *, dry_run: bool) -> Told:
        """Add the quads to graphs that editors write."""
        held = defaultdict(list)
        for quad in sorted(quads, key=str):
            held[str(quad.graph_name)].append(f"{quad.triple} .")
        blocks = (f"GRAPH {name} {{ {' '.join(held[name])} }}" for name in held)
        return self._ask(
            "POST",
            "/sparql",
            dry_run=dry_run,
            content=f"INSERT DATA {{ {' '.join(blocks)} }}".encode(),
            headers={"Content-Type": "application/sparql-update"},
        )

    def _ask(self, method: str, path: str, *, dry_run: bool, **body: Any) -> Told:
        import httpx

        asked = {"dry-run": "true"} if dry_run else {}
        if self._reason:
            asked["reason"] = self._reason
        try:
            answer = self._client.request(method, path, params=asked, **body)
        except httpx.HTTPError as error:
            raise errors.StoreError(
                f"the server at {self._client.base_url} did not answer: {error}",
                hint="Whether the change was made is in `milgraph history`.",
            ) from error
        members = _members(answer)
        if answer.is_success:
            return _told(members)
        raise _error(answer.status_code, members)


def _members(answer: "httpx.Response") -> Mapping[str, Any]:
    try:
        members = answer.json()
    except ValueError:
        members = None
    if isinstance(members, dict):
        return members
    return {"detail": f"the server answered {answer.status_code}"}


def _told(members: Mapping[str, Any]) -> Told:
    return Told(
        members.get("commit"),
        _report(members),
        members.get("fates", {}),
        added=members["added"],
        removed=members["removed"],
        entailed=members["entailed"],
        no_longer_entailed=members["noLongerEntailed"],
    )


def _error(status: int, members: Mapping[str, Any]) -> errors.KnowledgeGraphError:
    """Return the error that the problem tells of."""
    message, hint = members.get("detail", ""), members.get("hint")
    if members.get("findings"):
        return errors.ConformanceError(_report(members))
    if members.get("kind") == "consistency":
        error: errors.KnowledgeGraphError = errors.ConsistencyError(message, hint=hint)
    else:
        error = _KINDS.get(status, errors.KnowledgeGraphError)(message, hint=hint)
    error.position = _position(members)
    return error


def _report(members: Mapping[str, Any]) -> "Report":
    from milgraph.validation import Report

    return Report.of(map(_result, members.get("findings") or ()))


def _result(finding: Mapping[str, Any]) -> Any:
    from milgraph.validation import Result, Severity

    return Result(
        severity=Severity[finding["severity"].upper()],
        focus_node=_term(finding["focusNode"]) or Literal(""),
        shape=NamedNode(finding["shape"]),
        component=NamedNode(finding["component"]),
        message=finding["message"],
        path=_name(finding.get("path")),
        value=_term(finding.get("value")),
        claim=_name(finding.get("claim")),
        segment=_name(finding.get("segment")),
        position=_position(finding),
        expected=finding.get("expected"),
    )


def _position(members: Mapping[str, Any]) -> Position | None:
    file = members.get("file")
    if not file:
        return None
    column, path = members.get("column"), members.get("jsonPath")
    return Position(file, members.get("line"), column, path)


def _name(text: str | None) -> NamedNode | None:
    return NamedNode(text) if text else None


def _term(text: str | None) -> Term | None:
    """Return the term; JSON has an IRI in full, and of a literal only the text."""
    if text is None:
        return None
    return NamedNode(text) if text.startswith(_SCHEMES) else Literal(text)
