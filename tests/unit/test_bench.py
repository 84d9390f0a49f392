"""`make bench`: what follows from the numbers, and how a benchmark ends. The measuring itself is `make bench`."""

import io
import os
import signal
import subprocess
import sys

import psutil
import pytest
from rich.console import Console

from mwaa_local import bench
from mwaa_local.bench import dag
from mwaa_local.bench.bench import Bench, undisturbed
from mwaa_local.bench.figures import Line, Load, Report, Usage, lines_table, spread, total, usages_table
from mwaa_local.bench.stage import OwnStack, clear, end, run, start
from mwaa_local.errors import LocalError
from mwaa_local.settings import ROOT, Settings


def line(*values, baseline=(), at_most=None):
    return Line("this", "s", values, "that", tuple(baseline), at_most)


def shown(table):
    console = Console(width=200, file=io.StringIO())
    console.print(table)
    return console.file.getvalue()


def test_the_ratio_is_that_of_the_medians():
    assert line(1.0, 100.0, 3.0, baseline=(6.0, 2.0, 600.0)).ratio == 0.5


def test_one_slow_round_does_not_move_the_verdict():
    assert line(1.0, 1.1, 90.0, baseline=(10.0, 10.0, 10.0), at_most=0.35).met is True


@pytest.mark.parametrize(("value", "met"), [(3.4, True), (3.5, True), (3.51, False)])
def test_a_target_is_met_up_to_and_including_its_value(value, met):
    assert line(value, baseline=(10.0,), at_most=0.35).met is met


def test_without_target_or_baseline_there_is_no_verdict():
    assert line(1.0, baseline=(2.0,)).met is None
    assert line(1.0).met is None
    assert line(1.0).ratio is None


def test_a_value_is_shown_with_its_spread():
    assert spread((3.0, 1.0, 2.0), "s") == "2.00 s (1.00 to 3.00)"
    assert spread((12.34,), "s") == "12.3 s"
    assert spread((1234.5, 999.0), "ms") == "1117 ms (999 to 1234)"


def test_the_table_shows_value_baseline_ratio_target_and_verdict():
    report = Report("start", "Start", [line(4.0, baseline=(10.0,), at_most=0.35)], load=Load([0.5, 2.25]))
    text = shown(lines_table(report))
    for part in ("4.00 s", "that", "10.0 s", "0.40", "<= 0.35", "not met", "load 0.5 to 2.2"):
        assert part in text
    assert report.missed == report.lines


def test_memory_is_summed_round_by_round():
    usages = [
        Usage("scheduler", "celery", (100.0, 110.0), (1.0, 2.0)),
        Usage("worker", "celery", (200.0, 190.0), (0.5, 0.0)),
        Usage("scheduler", "local", (120.0, 130.0), (3.0, 4.0)),
    ]
    assert total(usages, "celery") == Usage("all", "celery", (300.0, 300.0), (1.5, 2.0))
    text = shown(usages_table(Report("memory", "Memory", usages=usages)))
    worker = next(row for row in text.splitlines() if "worker" in row)
    # EXECUTOR=local has no worker: its cells stay empty
    assert "195 MB" in worker
    assert worker.count("MB") == 1


def test_the_file_holds_every_value_and_what_follows_from_it():
    document = Report("start", "Start", [line(4.0, 5.0, baseline=(10.0, 9.0), at_most=0.5)]).as_json()
    assert document["lines"][0]["values"] == (4.0, 5.0)
    assert document["lines"][0]["ratio"] == pytest.approx(4.5 / 9.5)
    assert document["lines"][0]["met"] is True


def test_a_dag_run_is_split_into_jobs_tasks_and_the_rest():
    spent = dag.Spent(whole=20.0, in_tasks=14.0, in_jobs=7.0)
    assert spent.without_jobs == 13.0
    assert spent.between_tasks == 6.0


def test_measurements_are_chosen_by_name_and_made_in_their_order():
    assert bench.choose("") == list(bench.MEASUREMENTS)
    assert bench.choose("memory, start") == ["start", "memory"]
    with pytest.raises(LocalError, match=r"nonsense(.|\n)*get-job-run"):
        bench.choose("start,nonsense")


def test_no_rounds_are_refused(tmp_path):
    with pytest.raises(LocalError, match="0 rounds"):
        bench.run(Settings(mwaa_state=tmp_path), "job", 0)


def test_a_stack_of_its_own_takes_nothing_from_the_users_settings(tmp_path):
    (tmp_path / "state").mkdir()
    users = Settings(mwaa_state=tmp_path / "state", web_port=1234, executor="local", mwaa_project=tmp_path)
    own = OwnStack(tmp_path / "own", users).settings
    assert (own.mwaa_state, own.ports, own.executor) == (tmp_path / "own", "auto", "celery")
    assert own.mwaa_project == ROOT


def test_a_failing_command_shows_its_last_lines(tmp_path):
    with pytest.raises(LocalError, match="exit code 3:\n  what went wrong"):
        run(["sh", "-c", "echo what went wrong; exit 3"], os.environ, tmp_path)


def test_ending_a_process_ends_its_group(tmp_path):
    with open(tmp_path / "log", "wb") as log:
        process = start(["sh", "-c", "trap '' TERM; sleep 300 & wait; sleep 300"], os.environ, log)
    group = psutil.Process(process.pid)
    while not group.children():
        assert process.poll() is None
    family = [group, *group.children(recursive=True)]
    end(process, patience=0.2)
    _, alive = psutil.wait_procs(family, timeout=5)
    assert not alive


def test_what_a_killed_benchmark_left_is_ended_and_deleted(tmp_path):
    own = OwnStack(tmp_path / "work" / "stack-1", Settings(mwaa_state=tmp_path))
    marked = os.environ | {"MWAA_ENV_ID": own.secrets["MWAA_ENV_ID"]}
    left = subprocess.Popen(["sleep", "300"], env=marked)
    clear(tmp_path / "work")
    assert not psutil.pid_exists(left.pid)
    assert not (tmp_path / "work").exists()


def test_everything_taken_is_closed_even_when_a_measurement_fails(tmp_path):
    class Thing:
        closed = False

        def close(self):
            self.closed = True

    thing = Thing()
    with pytest.raises(KeyboardInterrupt), bench._bench(Settings(), tmp_path, 1) as given:
        assert isinstance(given, Bench)
        given.keep(thing)
        raise KeyboardInterrupt
    assert thing.closed


def test_a_second_interrupt_does_not_stop_the_cleaning_up():
    before = signal.getsignal(signal.SIGINT)
    with undisturbed():
        os.kill(os.getpid(), signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) == before


def test_a_second_benchmark_is_refused(tmp_path):
    with bench._only_one(tmp_path), pytest.raises(LocalError, match="at work"), bench._only_one(tmp_path):
        pass


def test_the_interpreters_compared_are_the_jobs_own_and_the_one_below_it():
    # what `resolve()` relies on: an environment's python is a link to the interpreter that it was made from
    assert os.path.realpath(sys.executable) == os.path.realpath(sys._base_executable)
