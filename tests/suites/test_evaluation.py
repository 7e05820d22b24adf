"""The W3C suites of SPARQL 1.0 and 1.1: syntax, evaluation, results, update, federation."""

from collections.abc import Callable
from typing import TypeVar

import pytest
from w3c import manifests
from w3c.comparison import accepted, answer, canonical, expected, quads, same, told
from w3c.manifests import Case
from w3c.systems import Engine, RefusedError, Served, Services, System

manifests.require()
CASES = {case.name: case for case in manifests.cases()}
EXCEPTIONS = manifests.exceptions("evaluation")
REFUSED = manifests.exceptions("refused")
T = TypeVar("T")


def _of(*kinds: str) -> list[object]:
    """Return the cases of these kinds; one that is known to fail must go on failing."""
    return [
        pytest.param(
            case,
            id=name,
            marks=[pytest.mark.xfail(raises=AssertionError, reason=EXCEPTIONS[name])]
            if name in EXCEPTIONS
            else [],
        )
        for name, case in CASES.items()
        if case.kind.startswith(kinds)
    ]


def test_the_suites_have_not_lost_their_cases() -> None:
    assert len(CASES) >= 888


def test_every_exception_is_a_case_and_has_a_reason() -> None:
    for exceptions in (EXCEPTIONS, REFUSED):
        assert exceptions.keys() <= CASES.keys()
        assert all(exceptions.values())


@pytest.mark.parametrize("case", _of("QueryEvaluation", "CSVResultFormat"))
def test_a_query_has_its_answer(served: Served, others: Services, case: Case) -> None:
    answers(served, case, others)


@pytest.mark.parametrize("case", _of("UpdateEvaluation"))
def test_an_update_leaves_its_dataset(served: Served, case: Case) -> None:
    updates(served, case)


@pytest.mark.parametrize("case", _of("Positive"))
def test_what_the_grammar_allows_is_understood(served: Served, case: Case) -> None:
    is_understood(served, case)


@pytest.mark.parametrize("case", _of("Negative"))
def test_what_the_grammar_forbids_is_malformed(served: Served, case: Case) -> None:
    if case.name not in REFUSED:
        is_malformed(served, case)
        return
    error = refused(served, case)
    assert error, f"carried out: {case.request}"
    assert not error.is_malformed, "no exception any more"
    is_malformed(Engine(), case)


@pytest.mark.parametrize("name", EXCEPTIONS)
def test_what_fails_fails_in_the_engine_itself(others: Services, name: str) -> None:
    case = CASES[name]
    with pytest.raises(AssertionError):
        check(Engine(), case, others)


def check(system: System, case: Case, others: Services) -> None:
    """Put the case to the system; raise AssertionError where it does not pass."""
    if case.is_syntax:
        (is_malformed if "Negative" in case.kind else is_understood)(system, case)
    elif case.is_update:
        updates(system, case)
    else:
        answers(system, case, others)


def answers(system: System, case: Case, others: Services) -> None:
    system.hold(case.before)
    query = case.request
    if "SERVICE" in query:
        others.offer(case.services)
        query = others.moved(query)
    form = accepted(case)
    body = carried_out(lambda: system.ask(query, form))
    try:
        found = answer(body, form)
    except SyntaxError as error:
        raise AssertionError(f"{query}\n\n{error}\n\n{body!r}") from error
    wanted = expected(case)
    is_same = same(found, wanted, lax=case.lax)
    assert is_same, f"{query}\n\nFOUND {told(found)}\n\nWANTED {told(wanted)}"


def updates(system: System, case: Case) -> None:
    system.hold(case.before)
    carried_out(lambda: system.update(case.request))
    found, wanted = system.held(), canonical(quads(case.after))
    is_same = found == wanted
    assert is_same, f"{case.request}\n\nFOUND {told(found)}\n\nWANTED {told(wanted)}"


def is_understood(system: System, case: Case) -> None:
    error = refused(system, case)
    assert error is None or not error.is_malformed, f"{case.request}\n\n{error}"


def is_malformed(system: System, case: Case) -> None:
    error = refused(system, case)
    assert error, f"carried out: {case.request}"
    assert error.is_malformed, f"{case.request}\n\n{error}"


def refused(system: System, case: Case) -> RefusedError | None:
    try:
        if case.is_update:
            system.update(case.request)
        else:
            system.ask(case.request, "*/*")
    except RefusedError as error:
        return error
    return None


def carried_out(request: Callable[[], T]) -> T:
    try:
        return request()
    except RefusedError as error:
        raise AssertionError(error) from error
