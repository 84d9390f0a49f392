"""Airflow sees MWAA's values: every fact, read through Airflow's own configuration, with the role's own environment."""

import json
import re
import subprocess
from pathlib import Path

import pytest
from conftest import Replica

ROOT = Path(__file__).resolve().parents[2]
READ = """
import json, warnings
warnings.simplefilter("ignore")
from airflow.configuration import conf
shown = conf.as_dict(display_source=False, display_sensitive=True, raw=True)
print(json.dumps({section: {key: conf.get(section, key) for key in options} for section, options in shown.items()}))
"""

# Local runner's airflow.cfg against Airflow's defaults, complete, and what the environment adds on MWAA; the deviations
# and the secrets have tests of their own below.
FACTS = {
    "core.sql_alchemy_pool_enabled": "False",
    "core.donot_pickle": "False",
    "core.dagbag_import_timeout": "30",
    "core.dag_run_conf_overrides_params": "False",
    "core.default_pool_task_slot_count": "10000",
    "logging.log_format": "[%(asctime)s] {{%(filename)s:%(lineno)d}} %(levelname)s - %(message)s",
    "logging.colored_log_format": (
        "[%(blue)s%(asctime)s%(reset)s] {{%(blue)s%(filename)s:%(reset)s%(lineno)d}} "
        "%(log_color)s%(levelname)s%(reset)s - %(log_color)s%(message)s%(reset)s"
    ),
    "metrics.statsd_on": "True",
    "metrics.statsd_host": "localhost",
    "metrics.statsd_port": "8125",
    "metrics.statsd_prefix": "airflow",
    "webserver.web_server_master_timeout": "300",
    "webserver.expose_hostname": "False",
    "webserver.expose_stacktrace": "False",
    "webserver.x_frame_enabled": "False",
    "celery.sync_parallelism": "1",
    "celery.celery_config_options": "celery_config.CUSTOM_CELERY_CONFIG",
    "scheduler.catchup_by_default": "False",
    "kubernetes.enable_tcp_keepalive": "False",
    "elasticsearch.log_id_template": "{{dag_id}}-{{task_id}}-{{execution_date}}-{{try_number}}",
    "aws_mwaa.redirect_url": "https://console.aws.amazon.com/",
    "aws_mwaa.session_duration_minutes": "720",
    # from MWAA's environment
    "core.executor": "CeleryExecutor",
    "core.load_examples": "False",
    "core.parallelism": "10000",
    "core.max_active_tasks_per_dag": "10000",
    "celery.worker_autoscale": "5,5",
    "celery_broker_transport_options.visibility_timeout": "43200",
    # the same as Airflow's default, and worth being sure of
    "scheduler.min_file_process_interval": "30",
    "core.dag_file_processor_timeout": "50",
    "scheduler.file_parsing_sort_mode": "modified_time",
    "scheduler.scheduler_zombie_task_threshold": "300",
    "scheduler.scheduler_health_check_threshold": "30",
    "scheduler.scheduler_heartbeat_sec": "5",
    "scheduler.job_heartbeat_sec": "5",
    "scheduler.orphaned_tasks_check_interval": "300.0",
    "celery.task_adoption_timeout": "600",
    "celery.operation_timeout": "1.0",
    "celery.task_publish_max_retries": "3",
    "celery.worker_concurrency": "16",
    "scheduler.schedule_after_task_execution": "True",
    "core.execute_tasks_new_python_interpreter": "False",
    "core.lazy_load_plugins": "True",
    "core.dags_are_paused_at_creation": "True",
    "core.max_active_runs_per_dag": "16",
    "webserver.worker_class": "sync",
    "core.hostname_callable": "socket.getfqdn",
    "core.enable_xcom_pickling": "False",
    "api.auth_backend": "airflow.api.auth.backend.deny_all",
    "webserver.expose_config": "False",
    "smart_sensor.use_smart_sensor": "False",
    "webserver.session_lifetime_minutes": "43200",
}


@pytest.fixture(scope="module")
def replica(tmp_path_factory):
    return Replica(tmp_path_factory.mktemp("configuration"))


def configuration(replica, **more):
    home = replica.folder / "airflow"
    home.mkdir(exist_ok=True)
    (home / "airflow.cfg").write_text("")
    values = json.loads(replica.python(READ, **more).splitlines()[-1])
    return {
        "{}.{}".format(section, key): value for section, options in values.items() for key, value in options.items()
    }


@pytest.fixture(scope="module")
def effective(replica):
    return configuration(replica)


@pytest.mark.parametrize("option", sorted(FACTS))
def test_the_option_has_mwaas_value(option, effective):
    assert effective[option] == FACTS[option]


def test_what_is_derived_comes_from_settings_and_secrets(effective, replica):
    secrets, queue = replica.secrets, "airflow-celery-{}".format(replica.secrets["MWAA_ENV_ID"])
    database = "postgresql+psycopg2://airflow:{}@127.0.0.1:{}/airflow".format(
        secrets["POSTGRES_PASSWORD"], replica.settings["POSTGRES_PORT"]
    )
    assert effective["core.fernet_key"] == secrets["FERNET_KEY"]
    assert effective["webserver.secret_key"] == secrets["WEBSERVER_SECRET_KEY"]
    assert effective["core.sql_alchemy_conn"] == database
    assert effective["celery.result_backend"] == "db+" + database
    assert effective["celery.broker_url"] == "sqs://127.0.0.1:{}".format(replica.settings["AWS_PORT"])
    assert effective["operators.default_queue"] == queue
    assert effective["celery_broker_transport_options.region"] == "us-east-1"
    assert effective["core.dags_folder"] == str(replica.settings["MWAA_PROJECT"] / "dags")
    assert effective["core.plugins_folder"] == str(replica.settings["MWAA_PROJECT"] / "plugins")
    url = "{}/queue/us-east-1/000000000000/{}".format(replica.endpoint, queue)
    assert json.loads(effective["celery_broker_transport_options.predefined_queues"]) == {queue: {"url": url}}


CLASSES = [("mw1.small", "5,5", "1"), ("mw1.medium", "10,10", "3"), ("mw1.large", "20,20", "7")]


@pytest.mark.parametrize("name, autoscale, parsing", CLASSES)
def test_the_environment_class_decides_about_autoscale_and_parsing(name, autoscale, parsing, tmp_path):
    environment = Replica(tmp_path, ENV_CLASS=name).environment()
    assert environment["AIRFLOW__CELERY__WORKER_AUTOSCALE"] == autoscale
    assert environment["AIRFLOW__SCHEDULER__PARSING_PROCESSES"] == parsing


def test_the_local_executor_forks_one_workers_worth_of_processes(tmp_path):
    environment = Replica(tmp_path, EXECUTOR="local").environment()
    assert environment["AIRFLOW__CORE__EXECUTOR"] == "LocalExecutor"
    assert environment["AIRFLOW__CORE__PARALLELISM"] == "5"


@pytest.mark.parametrize("setting, value", [("ENV_CLASS", "mw1.huge"), ("EXECUTOR", "Celery")])
def test_an_unknown_choice_stops_every_role_and_names_the_choices(setting, value, tmp_path):
    replica = Replica(tmp_path, **{setting: value})
    code, said = replica.run("migrate")
    assert code == 2 and "{}: '{}' is n".format(setting, value) in said


def test_what_a_users_shell_holds_for_real_aws_does_not_reach_a_role(replica):
    users = dict(
        AWS_PROFILE="prod",
        AWS_SESSION_TOKEN="t",
        AWS_ENDPOINT_URL_S3="https://s3.amazonaws.com",
        AWS_ROLE_ARN="r",
        AWS_ACCESS_KEY_ID="AKIA",
        AWS_WEB_IDENTITY_TOKEN_FILE="/t",
        NO_PROXY="example.org",
    )
    environment = replica.environment(**users)
    assert [name for name in users if name in environment] == ["AWS_ACCESS_KEY_ID", "NO_PROXY"]
    assert environment["AWS_ACCESS_KEY_ID"] == "test"
    assert environment["NO_PROXY"] == environment["no_proxy"] == "127.0.0.1,localhost,example.org"
    assert environment["AWS_ENDPOINT_URL"] == replica.endpoint


def test_celery_gets_mwaas_settings_with_the_types_it_needs(replica):
    code = (
        "import json; from celery_config import CUSTOM_CELERY_CONFIG as c;"
        "print(json.dumps([c['broker_transport_options'], c['task_acks_late'], c['worker_prefetch_multiplier'],"
        " c['worker_enable_remote_control'], c['task_default_queue']]))"
    )
    options, acks_late, prefetch, remote, queue = json.loads(replica.python(code).splitlines()[-1])
    assert options == {
        "visibility_timeout": 43200,
        "is_secure": False,
        "region": "us-east-1",
        "predefined_queues": {queue: {"url": "{}/queue/us-east-1/000000000000/{}".format(replica.endpoint, queue)}},
    }
    assert (acks_late, prefetch, remote) == (True, 1, False)


def test_the_customers_options_beat_mwaas_own_values(tmp_path):
    replica = Replica(tmp_path, SQS_VISIBILITY_TIMEOUT="60")
    lines = ["AIRFLOW__CORE__PARALLELISM=32", "AIRFLOW__FOO__USER='some body'", "AIRFLOW__CELERY__WORKER_AUTOSCALE=3,3"]
    (tmp_path / "airflow-options.env").write_text("\n".join(lines) + "\n")
    effective = configuration(replica)
    assert (effective["core.parallelism"], effective["celery.worker_autoscale"]) == ("32", "3,3")
    assert effective["celery_broker_transport_options.visibility_timeout"] == "60"
    assert replica.environment()["AIRFLOW__FOO__USER"] == "some body"


def deviations():
    """(variable, MWAA's value, value here, reason) of each line of stack/airflow.env that says it deviates."""
    text = (ROOT / "stack" / "airflow.env").read_text()
    pattern = re.compile(r"^# Deviates from MWAA \((.*?)\): (.*)\n([A-Z_]+)=(.*)$", re.MULTILINE)
    found = [(name, mwaa, here.strip('"'), reason) for mwaa, reason, name, here in pattern.findall(text)]
    assert len(found) == text.count("\n# Deviates from MWAA ("), "a deviation that is not followed by its line"
    return found


def test_the_documentation_lists_every_deviation_and_no_other():
    rows = ["| `{}` | {} | `{}` | {} |".format(*one) for one in deviations()]
    page = (ROOT / "docs" / "configuration.md").read_text()
    table = page.split("<!-- deviations -->")[1].strip().splitlines()[2:]
    assert table == rows, "docs/configuration.md should hold:\n" + "\n".join(rows)


def test_every_deviation_is_in_effect(effective, replica):
    environment = replica.environment()
    for name, mwaa, _, _ in deviations():
        assert environment[name] != mwaa, name
        if name.startswith("AIRFLOW__"):
            _, section, key = name.lower().split("__")
            assert effective["{}.{}".format(section, key)] == environment[name]


def test_the_environment_can_be_sourced_twice_with_the_same_result(replica):
    script = "f='{}/stack/bin/environment'; . $f; env > {}/1; . $f; env > {}/2".format(
        ROOT, replica.folder, replica.folder
    )
    subprocess.run(["bash", "-ec", script], env=replica._outside(), check=True)
    once, twice = (sorted((replica.folder / n).read_text().splitlines()) for n in "12")
    drop = ("NO_PROXY=", "no_proxy=")
    assert [one for one in once if not one.startswith(drop)] == [one for one in twice if not one.startswith(drop)]


def test_the_sqs_client_is_imported_before_the_first_task_is_sent(replica):
    """Sending has one second, and is interrupted wherever it is: an import must not be under way then."""
    code = "import sys; import airflow.executors.celery_executor; print([n in sys.modules for n in {}])"
    names = ["boto3.session", "boto3.utils", "botocore.client", "kombu.transport.SQS"]
    assert replica.python(code.format(names)).splitlines()[-1] == "[True, True, True, True]"
