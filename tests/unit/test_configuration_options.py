"""airflow-config.yaml: what MWAA takes, what it refuses, what it ignores; and what `make up` and `make status` say."""

import os
import re
import subprocess
import sys

import pytest

from mwaa_local import configuration_options
from mwaa_local.checked_yaml import BadFile
from mwaa_local.configuration_options import PROTECTED, load, pending, variable
from mwaa_local.settings import ROOT

PAGE = (ROOT / "docs" / "configuration-options.md").read_text()
GOOD = [
    ("core.default_task_retries: 2", "AIRFLOW__CORE__DEFAULT_TASK_RETRIES", "2"),
    ("core.parallelism: 32", "AIRFLOW__CORE__PARALLELISM", "32"),
    ("core.lazy_load_plugins: false", "AIRFLOW__CORE__LAZY_LOAD_PLUGINS", "False"),
    ("smtp.smtp_starttls: yes", "AIRFLOW__SMTP__SMTP_STARTTLS", "True"),
    ("celery.worker_autoscale: 5,5", "AIRFLOW__CELERY__WORKER_AUTOSCALE", "5,5"),
    ("celery.worker_autoscale: '10, 10'", "AIRFLOW__CELERY__WORKER_AUTOSCALE", "10, 10"),
    ("metrics.statsd_allow_list: scheduler", "AIRFLOW__METRICS__STATSD_ALLOW_LIST", "scheduler"),
    ("webserver.default_ui_timezone: Asia/Seoul", "AIRFLOW__WEBSERVER__DEFAULT_UI_TIMEZONE", "Asia/Seoul"),
    ("foo.user: some body's $HOME `id`", "AIRFLOW__FOO__USER", "some body's $HOME `id`"),
    ("foo.ratio: 0.10", "AIRFLOW__FOO__RATIO", "0.10"),
    ("foo.time: 12:30", "AIRFLOW__FOO__TIME", "12:30"),
    ("foo.day: 2022-01-27", "AIRFLOW__FOO__DAY", "2022-01-27"),
    ("foo.lines: 'a\n\n  b'", "AIRFLOW__FOO__LINES", "a\nb"),
    ('secrets.backend_kwargs: \'{"sep": "-"}\'', "AIRFLOW__SECRETS__BACKEND_KWARGS", '{"sep": "-"}'),
    (f"foo.long: {'x' * 256}", "AIRFLOW__FOO__LONG", "x" * 256),
]
BAD = [
    ("core.executor: LocalExecutor", "core.executor: AIRFLOW__CORE__EXECUTOR cannot be set: MWAA sets it itself"),
    ("core.sql_alchemy_conn: sqlite://", "AIRFLOW__CORE__SQL_ALCHEMY_CONN cannot be set"),
    ("celery_broker_transport_options.visibility_timeout: 60", "VISIBILITY_TIMEOUT cannot be set: it belongs to"),
    ("metrics.statsd_on: false", "metrics.statsd_allow_list"),
    ("celery.worker_autoscale: 10,5", "must be equal, found 10,5"),
    ("celery.worker_autoscale: 5", "two numbers"),
    ("celery.worker_autoscale: 0,0", "two numbers"),
    ("Core.parallelism: 3", "small letters"),
    ("api.google_oauth2_audience: a", "small letters"),
    ("core.parallelism-x: 3", "small letters"),
    ("parallelism: 3", "one dot between"),
    ("a.b.c: 3", "one dot between"),
    (f"foo.{'x' * 61}: 1", "at most 64 characters, this one 65"),
    (f"foo.long: {'x' * 257}", "1 to 256 characters, found 257"),
    ("foo.empty: ''", "found nothing"),
    ("foo.empty:", "found nothing"),
    ("core:\n  parallelism: 3", "one dot between"),
    ("secrets.backend_kwargs: {sep: x}", "write JSON in single quotes"),
    ("foo.list: [1, 2]", "must be text"),
    ("foo.user: a\nfoo.user: b", ":2: foo.user: is given twice"),
    ("- core.parallelism", "section.option: value"),
    ("just text", "section.option: value"),
    ("foo.user: [", "no valid YAML"),
    ("foo.user: !!python/object/apply:os.system [id]", "must be text"),
    ("? [a]\n: b", "a name must be text"),
]


@pytest.fixture
def project(tmp_path):
    (tmp_path / "dags").mkdir()
    return tmp_path


@pytest.fixture
def state(tmp_path):
    folder = tmp_path / "state"
    folder.mkdir()
    (folder / "secrets.env").write_text("")
    (folder / "secrets.env").chmod(0o640)
    return folder


def write(project, text):
    (project / configuration_options.NAME).write_text(text + "\n")
    return load(project)


@pytest.mark.parametrize(("line", "name", "value"), GOOD, ids=[line[:40] for line, *_ in GOOD])
def test_a_good_option_becomes_a_variable_that_a_shell_reads_back_as_it_was_written(project, state, line, name, value):
    options = write(project, line)
    assert options.as_environment() == {name: value}
    options.write(state)
    script = (
        f'set -a; . "{state}/airflow-options.env"; exec "$0" -c "import os; print(os.environ[\'{name}\'], end=\'\')"'
    )
    done = subprocess.run(["bash", "-ec", script, sys.executable], capture_output=True, text=True, check=True)
    assert done.stdout == value


@pytest.mark.parametrize(("line", "told"), BAD, ids=[line[:40].replace("\n", " ") for line, _ in BAD])
def test_a_bad_option_is_refused_in_one_line_with_file_line_and_reason(project, line, told):
    with pytest.raises(BadFile) as refusal:
        write(project, line)
    [complaint] = refusal.value.lines
    assert re.search(told, complaint) and re.search(r"airflow-config\.yaml:\d+: ", complaint), complaint


def test_every_mistake_of_a_file_is_told_at_once(project):
    with pytest.raises(BadFile) as refusal:
        write(project, "\n".join(f"{option}: x" for option in PROTECTED))
    assert [line.split(": ")[1] for line in refusal.value.lines] == list(PROTECTED)
    assert all(variable(option) in line for option, line in zip(PROTECTED, refusal.value.lines))


@pytest.mark.parametrize("text", ["", "# core.parallelism: 3", "---"])
def test_no_file_and_an_empty_file_want_nothing(project, text):
    assert load(project).as_environment() == {}
    if text != "---":
        assert write(project, text).as_environment() == {}


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("celery.worker_concurrency: 4", "celery.worker_autoscale"),
        ("core.dag_concurrency: 4", "max_active_tasks_per_dag"),
        ("secrets.backend_kwargs: '{'", "no JSON object"),
        ("secrets.backend_kwargs: '[]'", "no JSON object"),
    ],
)
def test_an_option_without_effect_is_applied_with_a_warning(project, line, told):
    options = write(project, line)
    assert len(options.values) == 1
    assert len(options.warnings) == 1 and told in options.warnings[0]


def test_a_change_is_pending_until_it_is_applied(project, state):
    assert pending(project, state) == ""
    options = write(project, "foo.user: a")
    assert "make restart" in pending(project, state)
    options.write(state)
    assert pending(project, state) == ""
    (project / configuration_options.NAME).write_text("core.executor: x\n")
    assert "has mistakes" in pending(project, state) and "AIRFLOW__CORE__EXECUTOR" in pending(project, state)


def test_the_applied_options_are_as_private_as_the_secrets(project, state):
    write(project, "foo.password: a").write(state)
    assert configuration_options.applied_file(state).stat().st_mode & 0o777 == 0o640


def test_make_up_refuses_a_bad_file_before_anything_is_made(project, tmp_path):
    (project / configuration_options.NAME).write_text("core.executor: x\nfoo: 1\n")
    where = tmp_path / "state"
    done = subprocess.run(
        [sys.executable, "-m", "mwaa_local", "up"], capture_output=True, text=True,
        env=os.environ | {"MWAA_STATE": str(where), "MWAA_PROJECT": str(project), "MODE": "native"},
    )  # fmt: skip
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert "AIRFLOW__CORE__EXECUTOR" in done.stderr and "airflow-config.yaml:2: foo:" in done.stderr
    assert list(where.iterdir()) == []


def test_the_sample_file_wants_nothing_and_each_of_its_examples_is_good(project):
    sample = (ROOT / configuration_options.NAME).read_text()
    assert load(ROOT).values == {}
    examples = re.findall(r"^# ([a-z_]+\.[a-z_]+: .+)$", sample, re.M)
    assert len(examples) >= 7
    assert write(project, "\n".join(examples)).warnings == ()


def test_the_page_lists_every_protected_and_every_ignored_option():
    rows = dict(re.findall(r"^\| `([a-z_.]+)` \| (.+?) \|", PAGE, re.M))
    named = {option for option, row in rows.items() if row.startswith("refused")}
    assert named == set(PROTECTED)
    assert {option for option, row in rows.items() if row.startswith("ignored")} == set(configuration_options.IGNORED)
