"""The commands. Each is a few lines: the work is in the module that it names."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import sys
from pathlib import Path

import click

from mwaa_local.airflow import Airflow
from mwaa_local.console import err, out
from mwaa_local.errors import LocalError
from mwaa_local.settings import Settings, load, of_running_stack
from mwaa_local.stack import every_way, last_started, require_running


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
def cli() -> None:
    """A local replica of Amazon MWAA for Apache Airflow 2.2.2, with a Glue that really runs jobs."""


@cli.command()
def up() -> None:
    """Install what is missing, start the stack, wait until it is healthy."""
    from mwaa_local import up as module

    module.up(load())


@cli.command()
def down() -> None:
    """Stop everything; no process and no listening port is left. State is kept."""
    stack = last_started()
    if not stack.is_running() and not stack.leftovers():
        raise LocalError("Nothing of this stack is running.", "make up starts it")
    with err.status("Stopping ..."):
        ended = stack.stop()
    out.print("Down." + (f" Had to end: {', '.join(ended)}" if ended else ""))


@cli.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--all", "everything", is_flag=True, help="Installed environments too, so that nothing is left.")
def reset(yes: bool, everything: bool) -> None:
    """Stop everything and delete all state: database, S3, Glue runs, logs."""
    settings = of_running_stack()
    if not yes and not sys.stdin.isatty():
        raise LocalError(
            f"make reset deletes all state in {settings.mwaa_state}.", "make reset YES=1, if that is wanted"
        )
    if not yes:
        click.confirm(f"Delete all state in {settings.mwaa_state}?", abort=True)
    for stack in every_way(settings):
        stack.stop()
        stack.delete_state()
        if everything:
            stack.delete_installed()
    kept = set() if everything else {"venvs", "pythons", "postgres", "install.lock", "cli.lock"}
    for path in settings.mwaa_state.iterdir():
        if path.name not in kept:
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    out.print("Reset: the next make up starts from nothing.")


@cli.command()
@click.option("--json", "as_json", is_flag=True, help="For scripts.")
def status(as_json: bool) -> None:
    """What runs, whether it is healthy, which DAG files are broken. Exit code 0 only if all is well."""
    from mwaa_local import status as module

    sys.exit(module.show(last_started(), as_json))


@cli.command()
@click.argument("service", required=False)
@click.option("--follow/--no-follow", "-f", default=True, help="Go on as lines come.")
@click.option("--lines", "-n", default=50, show_default=True, help="How many lines to begin with.")
def logs(service: str | None, follow: bool, lines: int) -> None:
    """Logs of all services, or of one."""
    stack = last_started()
    command = stack.log_command(service, follow, lines)
    os.execvpe(command[0], command, dict(stack.environment()))


@cli.command()
def shell() -> None:
    """A shell in Airflow's environment: `airflow`, `python` 3.7 and `aws` as a task sees them."""
    airflow = Airflow(require_running())
    command = airflow.command("bash", terminal=sys.stdin.isatty())
    os.execvpe(command[0], command, airflow.environment())


@cli.command("airflow", context_settings={"ignore_unknown_options": True})
@click.argument("command", nargs=-1, type=click.UNPROCESSED)
def airflow_(command: tuple[str, ...]) -> None:
    """Airflow's own command line: airflow "dags list"."""
    airflow = Airflow(require_running())
    words = airflow.command("airflow", *_words(command), terminal=sys.stdin.isatty() and sys.stdout.isatty())
    os.execvpe(words[0], words, airflow.environment())


@cli.command(context_settings={"ignore_unknown_options": True})
@click.argument("command", nargs=-1, type=click.UNPROCESSED)
def aws(command: tuple[str, ...]) -> None:
    """AWS's command line against the local endpoint: aws "glue get-jobs"."""
    settings = require_running().settings
    arguments = _words(command)
    os.execve(sys.executable, [sys.executable, "-m", "awscli", *arguments], _aws_environment(settings))


@cli.command()
@click.option("--json", "as_json", is_flag=True, help="For scripts.")
@click.option("--all", "everything", is_flag=True, help="What is the same, too.")
def parity(as_json: bool, everything: bool) -> None:
    """Compare the running environment with MWAA 2.2.2, item by item. Exit code 0 only if every difference has its reason."""
    from mwaa_local import parity as module

    sys.exit(module.run(require_running(), as_json, everything))


@cli.command("check-requirements")
@click.option("--json", "as_json", is_flag=True, help="For scripts.")
def check_requirements(as_json: bool) -> None:
    """What requirements.txt would do to MWAA's own packages, as its pip resolves it. Exit code 0 only if it would work."""
    from mwaa_local import requirements as module

    sys.exit(module.run(load(), as_json))


@cli.command()
@click.option("--out", "folder", default="", help="Folder for what is made; default: dist/ in the project.")
@click.option(
    "--wheels", is_flag=True, help="Also the wheels that requirements.txt needs, so that MWAA needs no index."
)
def package(folder: str, wheels: bool) -> None:
    """plugins.zip as MWAA takes it, with --wheels as a set that installs without an index; equal files give equal bytes."""
    from mwaa_local import package as module

    sys.exit(module.run(load(), folder, wheels))


@cli.command()
@click.option("--rollback", is_flag=True, help="Back to the deploy before the last one.")
def deploy(rollback: bool) -> None:
    """Deploy as to real MWAA: upload to the environment's bucket, update the environment, wait until it is AVAILABLE."""
    from mwaa_local import deploy as module

    module.run(require_running(), rollback)


@cli.command()
def seed() -> None:
    """Read glue/*/job.yaml, sample data and seed.yaml again and apply what changed."""
    sys.exit(require_running().seed())


@cli.command()
@click.argument("role", default="")
def restart(role: str) -> None:
    """Apply airflow-config.yaml and restart Airflow's services, or restart one service."""
    from mwaa_local import restart as module

    module.restart(require_running(), role)


@cli.command("trace-lookup")
@click.option("--var", "variable", default="", help="Name of a variable.")
@click.option("--conn", "connection", default="", help="Id of a connection.")
@click.option("--show", is_flag=True, help="The value itself, not masked.")
def trace_lookup(variable: str, connection: str, show: bool) -> None:
    """Which secrets backend answers for a variable or a connection. Exit code 1 if none has it."""
    from mwaa_local import trace_lookup as module

    sys.exit(module.run(require_running(), variable, connection, show))


@cli.command()
@click.option("--scale", type=click.IntRange(1, 25), required=True, help="How many; MWAA's limit is 25.")
def worker(scale: int) -> None:
    """Bring the Celery workers to a number, as MWAA's autoscaling does."""
    stack = require_running()
    with err.status(f"{scale} workers ..."):
        stack.scale_workers(scale)
    out.print(f"{scale} {'worker is' if scale == 1 else 'workers are'} healthy.")


@cli.command("scale-in")
@click.option("--follow/--no-follow", default=True, help="Wait until Airflow has noticed every task that was killed.")
def scale_in(follow: bool) -> None:
    """A drill: end one worker as MWAA's scale-in does (SIGTERM, WORKER_STOP_TIMEOUT seconds, SIGKILL).

    Says what becomes of each task that it runs and of the Glue runs behind them. A fresh worker takes its place. Exit code 1 if
    Airflow has not noticed a killed task within SCHEDULER_ZOMBIE_TASK_THRESHOLD and a minute.
    """
    from mwaa_local import drills

    sys.exit(drills.end_a_worker(require_running(), load().worker_stop_timeout, follow))


@cli.command("worker-loss")
@click.option("--follow/--no-follow", default=True, help="Wait until Airflow has noticed every task that was lost.")
def worker_loss(follow: bool) -> None:
    """A drill: lose one worker with its tasks, as a container is lost (SIGKILL, without warning).

    Says what becomes of each task that it ran and of the Glue runs behind them. A fresh worker takes its place. Exit code 1 if
    Airflow has not noticed a lost task within SCHEDULER_ZOMBIE_TASK_THRESHOLD and a minute.
    """
    from mwaa_local import drills

    sys.exit(drills.end_a_worker(require_running(), 0, follow))


@cli.command()
@click.option(
    "--date", default=None, help="Logical date, for example 2023-05-01; default: the first day of the sample data."
)
def demo(date: str | None) -> None:
    """Run the sample DAG for real and judge it: tasks, Glue runs, S3 objects. Exit code 0 only if all is right."""
    from mwaa_local import demo as module

    sys.exit(module.run(require_running(), date))


@cli.command("run")
@click.argument("dag_id")
@click.option("--date", default="", help="Logical date, for example 2023-05-01; default: now.")
@click.option("--conf", default="", help="The run's conf, as JSON.")
@click.option("--task", default="", help="Only this task, or this task group.")
@click.option("--pdb", is_flag=True, help="A debugger where a task fails; no execution_timeout.")
@click.option("--wait", is_flag=True, help="Wait out the delays of retries.")
@click.option("--limit", default=3600.0, show_default=True, help="Seconds after which the run is given up.")
@click.option("--json", "as_json", is_flag=True, help="The verdict for scripts.")
def run_(dag_id: str, *, date: str, conf: str, task: str, pdb: bool, wait: bool, limit: float, as_json: bool) -> None:
    """Run a DAG in one process: no scheduler, real operators, the local Glue and S3. Exit code 0 only if the run succeeded."""
    from mwaa_local import dag_run

    words = [dag_id, *(f"--{name}={text}" for name, text in (("date", date), ("conf", conf), ("task", task)) if text)]
    words += [flag for flag, on in (("--pdb", pdb), ("--wait", wait), ("--json", as_json)) if on]
    sys.exit(dag_run.run([*words, f"--limit={limit}"]))


@cli.command()
@click.option("--watch", is_flag=True, help="Again and again, until Ctrl-C.")
@click.option("--json", "as_json", is_flag=True, help="For scripts.")
def metrics(watch: bool, as_json: bool) -> None:
    """Airflow's metrics as CloudWatch has them: name, dimensions, value, rate."""
    from mwaa_local import metrics as module

    module.show(require_running(), watch, as_json)


@cli.command("spark-history")
@click.option("--events", default="", help="s3://bucket/prefix; default: where the jobs say that their event logs go.")
def spark_history(events: str) -> None:
    """Spark's web interface over the event logs in the local S3, until Ctrl-C."""
    from mwaa_local import spark_history as module

    module.run(require_running(), events, load().spark_history_port)


@cli.command(context_settings={"ignore_unknown_options": True})
@click.option(
    "--suite",
    default="all",
    show_default=True,
    help="unit, airflow, dags, glue, spark, e2e or all; several with commas.",
)
@click.argument("pytest_arguments", nargs=-1, type=click.UNPROCESSED)
def test(suite: str, pytest_arguments: tuple[str, ...]) -> None:
    """Run the test suites."""
    from mwaa_local import suites

    sys.exit(suites.run(load(), suite, list(pytest_arguments)))


@cli.command()
def lint() -> None:
    """Check our own code: ruff, mypy, shellcheck."""
    from mwaa_local import suites

    sys.exit(suites.lint(load()))


@cli.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--format", "form", type=click.Choice(["text", "json", "sarif"]), default="text", show_default=True)
@click.option("--select", default="", help="Only these rules, with commas; MW3 is all that begin so.")
@click.option("--ignore", default="", help="All rules but these.")
@click.option("--strict", is_flag=True, help="Exit code 1 for warnings, too.")
def check(paths: tuple[Path, ...], form: str, select: str, ignore: str, strict: bool) -> None:
    """Check DAG and plugin files against Airflow 2.2.2, provider 2.4.0 and MWAA, without running them.

    PATHS are files or folders; default: the project's dags/ and plugins/. Exit code 1 if there is an error. Needs no stack.
    """
    from mwaa_local import check as module

    sys.exit(module.run(load(), list(paths), form=form, select=select, ignore=ignore, strict=strict))


@cli.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--once", is_flag=True, help="Everything once, then end: exit code 0 if it passed, else 1.")
def watch(paths: tuple[Path, ...], once: bool) -> None:
    """On save: the checks of what changed, then the DAG tests that it affects. The last verdict stays on the screen.

    PATHS are DAG files or folders with some; default: the project's dags/. Ctrl-C ends it. Needs no stack: tests that use Glue
    or S3 take the one that runs, else LocalStack is started for them.
    """
    from mwaa_local import watch as module

    sys.exit(module.run(load(), list(paths), once))


@cli.command()
@click.option("--only", default="", help="One measurement by name.")
@click.option(
    "--rounds", default=5, show_default=True, help="Rounds of each measurement, interleaved; the median counts."
)
def bench(only: str, rounds: int) -> None:
    """Measure speed and memory, each as a ratio to a named baseline in the same run."""
    from mwaa_local import bench as module

    sys.exit(module.run(load(), only, rounds))


@cli.command()
def lock() -> None:
    """Rebuild the locks in stack/locks and the database dump from their short inputs."""
    from mwaa_local import locks

    locks.rebuild(load())


@cli.command()
def doctor() -> None:
    """What is wrong with this machine, before it costs an hour."""
    from mwaa_local import doctor as module

    sys.exit(module.run(load()))


def _words(command: tuple[str, ...]) -> list[str]:
    """A command given as one quoted string, as the Makefile does it, or as words."""
    words = shlex.split(command[0]) if len(command) == 1 else list(command)
    if not words:
        raise LocalError(
            "No command was given.", "for example: make airflow CMD='dags list', make aws CMD='glue get-jobs'"
        )
    return words


def _aws_environment(settings: Settings) -> dict[str, str]:
    own = {"AWS_ENDPOINT_URL": settings.endpoint, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    # `env.` and `api.`, which botocore puts in front, end up in a user name instead of a host name
    own |= {"AWS_ENDPOINT_URL_MWAA": settings.endpoint.replace("://", "://mwaa@")}
    own |= {"AWS_DEFAULT_REGION": settings.aws_default_region, "AWS_PAGER": "", "AWS_EC2_METADATA_DISABLED": "true"}
    return {k: v for k, v in os.environ.items() if not k.startswith("AWS_")} | own


def main() -> None:
    """Known errors end with one clear text and exit code 1, Ctrl-C with 130; anything else keeps its traceback."""
    # a killed terminal or CI step must clean up as Ctrl-C does; and Ctrl-C must work where a shell's `&` has switched it off
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.default_int_handler)
    try:
        cli(standalone_mode=False)
    except LocalError as error:
        err.print(f"[red]error:[/] {click_escape(str(error))}")
        sys.exit(1)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        err.print("Stopped.")
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


def click_escape(text: str) -> str:
    """Square brackets in a message are text, not rich's markup."""
    return text.replace("[", "\\[")
