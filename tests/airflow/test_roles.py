"""The roles as they are: migrate, scheduler, worker and webserver on a real Postgres and a real LocalStack."""

import json
import os
import signal
import urllib.request
import uuid
from contextlib import suppress

import psutil
import psycopg2
import pytest
from conftest import ROOT, Replica, eventually

CONFIG = ROOT / "src" / "mwaa_airflow" / "mwaa_airflow" / "webserver_config.py"
DAG = """
from datetime import datetime
from airflow import DAG
from airflow.operators.python import PythonOperator

def list_buckets():
    import boto3
    return len(boto3.client("s3").list_buckets()["Buckets"])

with DAG("two_steps", start_date=datetime(2022, 1, 1), schedule_interval=None, is_paused_upon_creation=False) as dag:
    first = PythonOperator(task_id="first", python_callable=list_buckets)
    first >> PythonOperator(task_id="second", python_callable=list_buckets)

def wait_for(path):
    import os, time
    while not os.path.exists(path):
        time.sleep(0.1)

with DAG("five_waiting", start_date=datetime(2022, 1, 1), schedule_interval=None, is_paused_upon_creation=False) as waiting:
    for number in range(5):
        PythonOperator(task_id="wait_{}".format(number), python_callable=wait_for, op_args=["{{ dag_run.conf.path }}"])
"""
TRIGGER = """
import sys
from airflow.api.common.experimental.trigger_dag import trigger_dag
trigger_dag(sys.argv[1], run_id=sys.argv[2], conf=sys.argv[3])
"""


def query(replica, sql, *arguments):
    connection = psycopg2.connect(
        host="127.0.0.1",
        port=replica.settings["POSTGRES_PORT"],
        user="airflow",
        dbname="airflow",
        password=replica.secrets["POSTGRES_PASSWORD"],
    )
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(sql, arguments)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


def run_the_dag(replica, seconds=60):
    run_id = uuid.uuid4().hex
    eventually(
        lambda: query(replica, "SELECT 1 FROM serialized_dag WHERE dag_id = 'two_steps'"), 60, "the DAG is known"
    )
    replica.python(TRIGGER, "two_steps", run_id, "{}")
    final = ("success", "failed")
    state = lambda: query(replica, "SELECT state FROM dag_run WHERE run_id = %s", run_id)[0][0]  # noqa: E731
    return eventually(lambda: state() if state() in final else None, seconds, "the run ends")


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    """A Postgres of its own, still empty."""
    replica = Replica(tmp_path_factory.mktemp("roles"))
    (replica.settings["MWAA_PROJECT"] / "dags" / "two_steps.py").write_text(DAG)
    replica.redirect()
    replica.start("postgres")
    yield replica
    replica.close()


@pytest.fixture(scope="module")
def migrated(database):
    code, said = database.run("migrate")
    assert code == 0, said
    return database


@pytest.fixture(scope="module")
def celery(migrated):
    migrated.start("localstack")
    migrated.start("scheduler")
    migrated.start("worker")
    migrated.wait("localstack", "scheduler", "worker")
    return migrated


def test_migrate_restores_then_keeps_then_changes_the_password(migrated):
    assert query(migrated, "SELECT slots FROM slot_pool WHERE pool = 'default_pool'") == [(10000,)]
    code, said = migrated.run("migrate")
    assert code == 0 and "up to date" in said and "account admin kept" in said
    migrated.secrets["ADMIN_PASSWORD"] = uuid.uuid4().hex
    migrated.write()
    assert "account admin changed" in migrated.run("migrate")[1]
    assert query(migrated, "SELECT count(*) FROM ab_user JOIN ab_user_role r ON r.user_id = ab_user.id") == [(1,)]


def test_airflow_itself_finds_the_restored_database_migrated(migrated):
    code = "from airflow.utils.db import check_migrations; check_migrations(0)"
    migrated.python(code)
    default = query(migrated, "SELECT count(*) FROM connection WHERE is_encrypted OR is_extra_encrypted")
    assert default == [(0,)]


def test_migrate_says_what_a_database_of_another_revision_needs(migrated):
    query(migrated, "UPDATE alembic_version SET version_num = 'ffffffffffff'")
    try:
        code, said = migrated.run("migrate")
        assert code == 1 and "revision ffffffffffff" in said and "make reset" in said
    finally:
        query(migrated, "UPDATE alembic_version SET version_num = '7b2661a43ba3'")


def test_migrate_without_postgres_ends_with_a_clear_message(replica):
    code = (
        "from mwaa_airflow import database\ntry: database.wait(0.3)\nexcept database.DatabaseUnavailable as e: print(e)"
    )
    said = replica.python(code)
    assert "did not accept a connection" in said and "postgres role" in said
    assert replica.secrets["POSTGRES_PASSWORD"] not in said


def test_a_role_that_does_not_run_is_not_healthy(replica):
    for role in ("scheduler", "worker", "webserver"):
        assert replica.health(role) == (False, "does not run")


def test_the_webserver_answers_and_the_admin_can_log_in(migrated):
    import requests

    migrated.start("webserver")
    migrated.wait("webserver")
    url = "http://127.0.0.1:{}".format(migrated.settings["WEB_PORT"])
    session = requests.Session()
    session.trust_env = False
    token = session.get(url + "/login/").text.split('name="csrf_token" type="hidden" value="')[1].split('"')[0]
    form = {"username": "admin", "password": migrated.secrets["ADMIN_PASSWORD"], "csrf_token": token}
    assert session.post(url + "/login/", data=form).url.rstrip("/").endswith("/home")
    wrong = requests.Session().post(url + "/login/", data=dict(form, password="wrong"))
    assert not wrong.url.endswith("/home")
    assert (migrated.folder / "airflow" / "webserver_config.py").resolve() == CONFIG
    migrated.kill("webserver", signal.SIGTERM)
    assert migrated.health("webserver") == (False, "does not run")


def test_another_program_on_the_port_is_not_our_webserver(migrated, recorder):
    migrated.settings["WEB_PORT"], own = recorder.port, migrated.settings["WEB_PORT"]
    migrated.write()
    (migrated.folder / "run" / "webserver.pid").write_text(str(migrated.processes["postgres"].pid))
    try:
        assert urllib.request.urlopen(recorder.url + "/health").status == 200
        assert migrated.health("webserver")[0] is False
    finally:
        migrated.settings["WEB_PORT"] = own
        migrated.write()


def test_a_dag_runs_through_celery_on_sqs(celery):
    assert run_the_dag(celery) == "success"


def test_the_worker_survives_a_killed_localstack_and_works_on(celery):
    pid = celery.processes["worker"].pid
    celery.kill("localstack")
    eventually(lambda: "SQS does not answer" in celery.log("worker"), 30, "the worker notices")
    assert celery.health("worker")[0], "its event loop must go on"
    celery.start("localstack")
    celery.wait("localstack")
    assert run_the_dag(celery) == "success"
    assert celery.processes["worker"].pid == pid and celery.processes["worker"].poll() is None
    assert "Traceback" not in celery.log("worker")


@pytest.mark.slow
def test_tasks_that_end_while_localstack_is_away_give_their_slots_back(celery, tmp_path):
    run_id, go = uuid.uuid4().hex, tmp_path / "go"
    states = "SELECT count(*) FROM task_instance WHERE run_id = %s AND state = %s"
    celery.python(TRIGGER, "five_waiting", run_id, json.dumps({"path": str(go)}))
    eventually(lambda: query(celery, states, run_id, "running") == [(5,)], 60, "all slots are taken")
    celery.kill("localstack")
    go.write_text("")
    eventually(lambda: query(celery, states, run_id, "success") == [(5,)], 60, "the tasks end")
    eventually(
        lambda: celery.log("worker").count("message could not be deleted") >= 5, 60, "five acknowledgements fail"
    )
    celery.start("localstack")
    celery.wait("localstack")
    assert run_the_dag(celery) == "success"


def test_a_killed_worker_starts_again_in_spite_of_its_pid_file(celery):
    celery.kill("worker", signal.SIGKILL)
    assert (celery.folder / "airflow" / "airflow-worker.pid").exists()
    assert not celery.health("worker")[0]
    # The number in the file may belong to another living process by now.
    (celery.folder / "airflow" / "airflow-worker.pid").write_text("{}\n".format(os.getpid()))
    celery.start("worker")
    celery.wait("worker")
    assert run_the_dag(celery) == "success"


def test_without_pycurl_the_worker_receives_by_threads(celery, tmp_path):
    celery.kill("worker", signal.SIGTERM)
    (tmp_path / "pycurl.py").write_text("raise ImportError('hidden by a test')")
    worker = celery.start("worker", PYTHONPATH=str(tmp_path))
    celery.wait("worker")
    with open("/proc/{}/maps".format(worker.pid)) as maps:
        assert "pycurl" not in maps.read()
    assert run_the_dag(celery) == "success"
    celery.kill("localstack")
    eventually(lambda: celery.log("worker").count("SQS does not answer") >= 2, 30, "the worker notices")
    celery.start("localstack")
    celery.wait("localstack")
    assert run_the_dag(celery) == "success"
    assert worker.poll() is None


def test_the_roles_listen_on_loopback_only_and_not_on_the_log_port(celery):
    """Airflow's log server would take port 8793 on every address."""
    listening = set()
    for role in celery.processes.values():
        for process in [psutil.Process(role.pid)] + psutil.Process(role.pid).children(recursive=True):
            with suppress(psutil.NoSuchProcess):  # the scheduler's DAG readers come and go
                listening |= {c.laddr for c in process.connections("tcp") if c.status == psutil.CONN_LISTEN}
    assert {address.ip for address in listening} == {"127.0.0.1"}
    assert 8793 not in {address.port for address in listening}


def test_the_local_executor_runs_the_same_dag(celery):
    celery.kill("worker", signal.SIGTERM)
    celery.kill("scheduler", signal.SIGTERM)
    celery.settings["EXECUTOR"] = "local"
    celery.write()
    celery.start("scheduler")
    celery.wait("scheduler")
    assert run_the_dag(celery) == "success"
