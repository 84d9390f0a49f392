"""The commands. Each is a few lines: the work is in the module that it names."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys

import click

from mwaa_local import secrets
from mwaa_local.airflow import Airflow
from mwaa_local.console import err, out
from mwaa_local.errors import LocalError
from mwaa_local.native.stack import NativeStack
from mwaa_local.settings import ROOT, Settings, load, of_running_stack


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
    stack = running_stack()
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
    stack = running_stack()
    stack.stop()
    kept = set() if everything else {"venvs", "pythons", "install.lock", "cli.lock"}
    for path in settings.mwaa_state.iterdir():
        if path.name == "postgres" and not everything:
            shutil.rmtree(path / "data", ignore_errors=True)
        elif path.name not in kept:
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    out.print("Reset: the next make up starts from nothing.")


@cli.command()
@click.option("--json", "as_json", is_flag=True, help="For scripts.")
def status(as_json: bool) -> None:
    """What runs, whether it is healthy, which DAG files are broken. Exit code 0 only if all is well."""
    from mwaa_local import status as module

    sys.exit(module.show(running_stack(), as_json))


@cli.command()
@click.argument("service", required=False)
@click.option("--follow/--no-follow", "-f", default=True, help="Go on as lines come.")
@click.option("--lines", "-n", default=50, show_default=True, help="How many lines to begin with.")
def logs(service: str | None, follow: bool, lines: int) -> None:
    """Logs of all services, or of one."""
    settings = of_running_stack()
    known = sorted(path.stem for path in settings.log_folder.glob("*.log"))
    if service and service not in known:
        raise LocalError(
            f"There is no log of {service!r}.", f"one of: {', '.join(known) or '(none yet: make up first)'}"
        )
    files = [str(settings.log(name)) for name in ([service] if service else known)]
    if not files:
        raise LocalError("There are no logs yet.", "make up")
    os.execvp("tail", ["tail", f"--lines={lines}", *(["--follow=name"] if follow else []), *files])


@cli.command()
def shell() -> None:
    """A shell in Airflow's environment: `airflow`, `python` 3.7 and `aws` as a task sees them."""
    program = os.environ.get("SHELL", "/bin/bash")
    os.execve(program, [program], Airflow(running_stack()).environment())


@cli.command(context_settings={"ignore_unknown_options": True})
@click.argument("command", nargs=-1, type=click.UNPROCESSED)
def airflow(command: tuple[str, ...]) -> None:
    """Airflow's own command line: airflow "dags list"."""
    of_stack = Airflow(require_running())
    arguments = _words(command)
    os.execve(of_stack.python, [of_stack.python, "-m", "airflow", *arguments], of_stack.environment())


@cli.command(context_settings={"ignore_unknown_options": True})
@click.argument("command", nargs=-1, type=click.UNPROCESSED)
def aws(command: tuple[str, ...]) -> None:
    """AWS's command line against the local endpoint: aws "glue get-jobs"."""
    settings = require_running().settings
    arguments = _words(command)
    os.execve(sys.executable, [sys.executable, "-m", "awscli", *arguments], _aws_environment(settings))


@cli.command()
def seed() -> None:
    """Read glue/*/job.yaml, sample data and seed.yaml again and apply what changed."""
    done = subprocess.run([str(ROOT / "stack" / "bin" / "seed")], env=Airflow(require_running()).environment())
    sys.exit(done.returncode)


@cli.command()
@click.argument("role", default="")
def restart(role: str) -> None:
    """Restart one service."""
    stack = require_running()
    known = [r.name for r in stack.roles if not r.once]
    if role not in known:
        problem = f"There is no service {role!r}." if role else "Which service?"
        raise LocalError(problem, f"make restart SERVICE=..., one of: {', '.join(known)}")
    stack.supervisor.restart_role(role)
    out.print(f"{role} restarts; make status shows when it is healthy.")


@cli.command()
@click.option(
    "--date", default=None, help="Logical date, for example 2023-05-01; default: the first day of the sample data."
)
def demo(date: str | None) -> None:
    """Run the sample DAG for real and judge it: tasks, Glue runs, S3 objects. Exit code 0 only if all is right."""
    from mwaa_local import demo as module

    sys.exit(module.run(require_running(), date))


@cli.command(context_settings={"ignore_unknown_options": True})
@click.option(
    "--suite", default="all", show_default=True, help="unit, airflow, dags, glue, e2e or all; several with commas."
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


def running_stack() -> NativeStack:
    """The stack of this checkout with the settings that it was started with; it need not run."""
    settings = of_running_stack()
    settings.mwaa_state.mkdir(parents=True, exist_ok=True)
    return NativeStack(settings, secrets.ensure(settings.mwaa_state)["MWAA_ENV_ID"])


def require_running() -> NativeStack:
    stack = running_stack()
    if not stack.is_running():
        raise LocalError("The stack is not running.", "make up")
    return stack


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
    own |= {"AWS_DEFAULT_REGION": settings.aws_default_region, "AWS_PAGER": "", "AWS_EC2_METADATA_DISABLED": "true"}
    return {k: v for k, v in os.environ.items() if not k.startswith("AWS_")} | own


def main() -> None:
    """Known errors end with one clear text and exit code 1, Ctrl-C with 130; anything else keeps its traceback."""
    # a killed terminal or CI step must clean up as Ctrl-C does
    signal.signal(signal.SIGTERM, signal.default_int_handler)
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
