"""Airflow's part of the seeding: variables and connections from a JSON file."""

import json

import pytest
from airflow.models import Connection, Variable
from airflow.utils.session import create_session

from mwaa_airflow import seed


@pytest.fixture(autouse=True)
def empty_tables(airflow_db):
    yield
    with create_session() as session:
        session.query(Variable).delete()
        session.query(Connection).delete()


def test_variables_and_connections_are_set_and_printed(tmp_path, capsys):
    wanted = {
        "variables": {"text": "hello", "nested": {"a": [1, True]}},
        "connections": {
            "by_uri": {"uri": "postgresql://user:secret@db:5433/schema"},
            "by_fields": {"conn_type": "http", "host": "example.com", "port": 8000, "extra": {"timeout": 5}},
        },
    }
    file = tmp_path / "airflow.json"
    file.write_text(json.dumps(wanted))
    seed.main([str(file)])

    assert Variable.get("text") == "hello"
    assert Variable.get("nested", deserialize_json=True) == {"a": [1, True]}
    first = Connection.get_connection_from_secrets("by_uri")
    assert (first.conn_type, first.login, first.password, first.port) == ("postgres", "user", "secret", 5433)
    second = Connection.get_connection_from_secrets("by_fields")
    assert (second.host, second.extra_dejson) == ("example.com", {"timeout": 5})
    printed = capsys.readouterr().out.splitlines()
    assert [line for line in printed if line.startswith("Airflow ")] == [
        "Airflow variable nested: set",
        "Airflow variable text: set",
        "Airflow connection by_fields: set",
        "Airflow connection by_uri: set",
    ]


def test_setting_again_replaces_what_is_named_and_leaves_the_rest():
    Variable.set("by_hand", "stays")
    seed.apply({"variables": {"a": "1"}, "connections": {"c": {"conn_type": "http", "host": "old"}}})
    seed.apply({"variables": {"a": "2"}, "connections": {"c": {"conn_type": "http", "host": "new"}}})
    assert (Variable.get("by_hand"), Variable.get("a")) == ("stays", "2")
    with create_session() as session:
        assert [row.host for row in session.query(Connection).filter_by(conn_id="c")] == ["new"]


def test_a_failure_changes_nothing():
    with pytest.raises(TypeError):
        seed.apply({"variables": {"a": "1"}, "connections": {"c": {"no_such_field": 1}}})
    assert Variable.get("a", default_var=None) is None
