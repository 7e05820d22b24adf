"""Settings: each comes from an option or the environment, and a wrong one is named."""

from pathlib import Path

import pytest

from milgraph.errors import SettingsError
from milgraph.resources import Resources
from milgraph.settings import Limits, Settings


def test_without_an_environment_the_server_listens_on_loopback_and_is_read_only():
    settings = Settings.from_environ({})
    assert (settings.host, settings.port) == ("127.0.0.1", 8765)
    assert settings.token is None
    assert settings.data == Resources.shipped().root / ".milgraph"


def test_every_setting_can_come_from_the_environment(tmp_path):
    root = Resources.shipped().root
    settings = Settings.from_environ(
        {
            "MILGRAPH_DATA": str(tmp_path),
            "MILGRAPH_HOST": "0.0.0.0",  # noqa: S104 - nothing listens
            "MILGRAPH_PORT": "80",
            "MILGRAPH_TOKEN": "secret",
            "MILGRAPH_ALIGNMENTS": "sem, schema",
            "MILGRAPH_RESOURCES": str(root),
            "MILGRAPH_WORKERS": "2",
            "MILGRAPH_TIME_LIMIT": "2.5",
            "MILGRAPH_MEMORY_LIMIT": "300",
            "MILGRAPH_OUTPUT_LIMIT": "1",
            "MILGRAPH_ROW_LIMIT": "1000",
            "MILGRAPH_READERS": "5",
            "MILGRAPH_QUEUE": "7",
            "MILGRAPH_CACHE": "0",
            "MILGRAPH_SERVICES": "https://query.wikidata.org",
            "MILGRAPH_LOAD_FROM": "https://a.example,https://b.example",
            "MILGRAPH_RATE_LIMIT": "10",
            "MILGRAPH_ACCESS_LOG": "-",
            "MILGRAPH_SLOW_QUERY": "1",
            "HOME": "/",
        }
    )
    assert settings.data == tmp_path
    assert (settings.host, settings.port) == ("0.0.0.0", 80)  # noqa: S104 - as above
    assert settings.alignments == ("sem", "schema")
    assert settings.resources == Resources(root)
    mebibyte = 1024 * 1024
    assert settings.limits == Limits(2.5, 300 * mebibyte, mebibyte, 1000, 5, 7)
    assert (settings.workers, settings.cache, settings.rate_limit) == (2, 0, 10)
    assert settings.services == ("https://query.wikidata.org",)
    assert settings.load_from == ("https://a.example", "https://b.example")
    assert (settings.access_log, settings.slow_query) == ("-", 1)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MEMORY_LIMIT", "100"),
        ("READERS", "2"),
        ("TIME_LIMIT", "0"),
        ("WORKERS", "0"),
        ("QUEUE", "many"),
        ("ROW_LIMIT", ""),
    ],
)
def test_a_limit_that_nothing_could_be_answered_under_is_refused(name, value):
    with pytest.raises(SettingsError):
        Settings.from_environ({f"MILGRAPH_{name}": value})


def test_an_option_goes_before_the_environment():
    environ = {"MILGRAPH_PORT": "80", "MILGRAPH_DATA": "/a"}
    settings = Settings.from_environ(environ, port=81, data=Path("/b"), host=None)
    assert (settings.port, settings.data) == (81, Path("/b"))
    assert settings.host == "127.0.0.1"


@pytest.mark.parametrize("port", ["http", "", "80.5", "-1", "65536"])
def test_a_port_is_a_number_that_a_port_can_have(port):
    with pytest.raises(SettingsError, match=r"(?i)port"):
        Settings.from_environ({"MILGRAPH_PORT": port})


def test_a_variable_that_is_no_setting_is_named_with_those_that_are():
    with pytest.raises(
        SettingsError, match="MILGRAPH_DATEN is not a setting"
    ) as caught:
        Settings.from_environ({"MILGRAPH_DATEN": "x"})
    assert "MILGRAPH_DATA" in str(caught.value.hint)


def test_a_folder_without_the_shipped_files_is_refused(tmp_path):
    with pytest.raises(SettingsError, match="no folder ontology"):
        Settings.from_environ({"MILGRAPH_RESOURCES": str(tmp_path)})


def test_a_token_is_not_shown():
    assert "secret" not in repr(Settings(data=Path(), token="secret"))  # noqa: S106 - of no account
