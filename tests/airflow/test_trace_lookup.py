"""trace_lookup asks Airflow's backends as Airflow does, without a stack: no database answers, Secrets Manager is a recorder."""

import json

import pytest
from conftest import Replica

TRACE = "import json, sys; from mwaa_airflow.trace_lookup import trace; print(json.dumps(trace(*sys.argv[1:])))"


@pytest.fixture
def trace(tmp_path):
    replica = Replica(tmp_path).redirect()
    (tmp_path / "airflow").mkdir()
    (tmp_path / "airflow" / "airflow.cfg").write_text("")

    def ask(kind, name, **environment):
        return json.loads(replica.python(TRACE, kind, name, **environment).splitlines()[-1])

    return ask


def test_the_environment_answers_before_the_database_is_asked(trace):
    found = trace("variable", "threshold", AIRFLOW_VAR_THRESHOLD="secret")
    environment, metastore = found["lookups"]
    assert found["answered"] == environment["backend"] == "EnvironmentVariablesBackend"
    assert (environment["asks_for"], environment["value"]) == ("AIRFLOW_VAR_THRESHOLD", "secret")
    assert environment["shown"] == "*** (6 characters)" and environment["seconds"] >= 0
    assert (metastore["backend"], metastore["asked"], metastore["found"]) == ("MetastoreBackend", False, False)


def test_of_a_connection_only_its_type_is_shown(trace):
    found = trace("connection", "warehouse", AIRFLOW_CONN_WAREHOUSE="postgresql://me:secret@host/db")
    assert found["lookups"][0]["shown"] == "postgres://***"
    assert "secret" in found["lookups"][0]["value"]


def test_a_backend_that_fails_is_passed_over_and_its_words_are_told(trace, recorder):
    """Airflow logs the exception and asks the next one. The database's port is nobody's here."""
    backend = "airflow.contrib.secrets.aws_secrets_manager.SecretsManagerBackend"
    kwargs = json.dumps({"variables_prefix": "team", "endpoint_url": recorder.url, "profile_name": "none"})
    found = trace("variable", "x", AIRFLOW__SECRETS__BACKEND=backend, AIRFLOW__SECRETS__BACKEND_KWARGS=kwargs)
    first, second, third = found["lookups"]
    assert (first["backend"], first["asks_for"], first["found"]) == ("SecretsManagerBackend", "team/x", False)
    assert "ProfileNotFound" in first["error"]
    assert (second["asked"], second["error"]) == (True, None)
    assert "OperationalError" in third["error"] and found["answered"] is None
