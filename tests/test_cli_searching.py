"""`milgraph search`: a name finds things, and what cannot be searched for is told."""

import json
import sys

import pytest

from milgraph.cli import main


@pytest.fixture
def run(built, monkeypatch, capsys):
    """Run the command in this process, on the shared graph; return its code and words."""

    def ran(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setenv("MILGRAPH_DATA", str(built))
        monkeypatch.setattr(sys, "argv", ["milgraph", "search", *arguments])
        with pytest.raises(SystemExit) as end:
            main()
        told = capsys.readouterr()
        return int(end.value.code or 0), told.out, told.err

    return ran


def test_words_are_one_name_and_the_best_hit_comes_first(run):
    code, out, _ = run("Tu-95", "MS", "--limit", "2")
    _, first, *rest = out.splitlines()
    assert (code, len(rest)) == (0, 1)
    assert first.split()[0] == "100"
    assert first.endswith("platform:tu-95ms")


def test_programs_get_json(run):
    code, out, _ = run("Milus", "--json", "--kind", "mil:Vessel")
    (hit,) = json.loads(out)
    assert (code, hit["label"], hit["name"]) == (0, "USS Milius (DDG-69)", "Milius")


def test_that_nothing_has_the_name_is_told_beside_the_answer(run):
    assert run("qqqqxqqq") == (0, "", "Nothing has a name like that.\n")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((" ",), "there is nothing to search for"),
        (("x" * 300,), "the text has 300 characters"),
        (("sea", "--limit", "0"), "the limit 0 is not between"),
        (("sea", "--kind", "ships"), "'ships' is no kind"),
        (("Tu-95", "--kind", "mil:Bombr"), "Did you mean mil:BomberType?"),
        (("sea", "--limit", "many"), "'--limit': it is not a whole number"),
        ((), "TEXT"),
    ],
)
def test_what_cannot_be_searched_for_ends_with_2(run, arguments, told):
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert told in err
    assert "Traceback" not in err


def test_a_data_set_that_is_none_is_told_once_with_those_there_are(monkeypatch, capsys):
    def refused(*arguments: str) -> str:
        monkeypatch.setattr(sys, "argv", ["milgraph", *arguments])
        with pytest.raises(SystemExit) as end:
            main()
        assert end.value.code == 2
        return capsys.readouterr().err

    told = refused("import", "nosuch", "nosuch.csv")
    assert ": 'nosuch' is not one of 'ucdp', 'gdelt', 'acled'." in told
    assert refused("import", "ucdp", "nosuch.csv").count("nosuch.csv") == 1
