"""Makes each environment from its lock, in parallel, only when something it is made from has changed.

An environment's stamp (the hash of all it is made from) is written last: an interrupted or damaged install has none and
is made again from nothing by the next `make up`.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from mwaa_local import interpreters
from mwaa_local.console import err, note
from mwaa_local.errors import InstallFailed, InterpreterMissing
from mwaa_local.settings import ROOT, Settings
from mwaa_local.versions import versions

LOCKS = ROOT / "stack" / "locks"
SPACE_NEEDED = 2_500_000_000  # bytes, for all environments together, measured and rounded up
STAMP = ".made-from"
UV_CANNOT_COMPILE = ("3.6",)  # its compiler of byte code asks for a module of 3.7

Report = Callable[[str], None]


@dataclass(frozen=True)
class Environment:
    """One interpreter with the packages of one lock.

    `minor` is the interpreter's version ("" means: the one of the command line), `packages` are our own, installed
    editable, `startup` is code that every interpreter start of this environment runs (a .pth line), `compiled` a second
    lock that is installed where a compiler and the named programs are there, `folder` a plain folder of packages,
    `optional` one that is left out where its interpreter is missing.
    """

    name: str
    lock: str
    minor: str = ""
    packages: tuple[str, ...] = ()
    startup: str = ""
    compiled: str = ""
    folder: bool = False
    needs: tuple[str, ...] = field(default=(), compare=False)
    optional: bool = field(default=False, repr=False)  # not part of what it is made from


GUARD = "import aws_local.guard; aws_local.guard.install()"


def stack_environments() -> list[Environment]:
    """What `make up` needs, slowest first."""
    pinned = versions()
    glue, old_glue = pinned["PYTHON_GLUE_PYTHONSHELL"], pinned["PYTHON_GLUE_PYTHONSHELL_OLD"]
    airflow = pinned["PYTHON_AIRFLOW"]
    localstack = pinned["PYTHON_LOCALSTACK"]
    return [
        Environment("localstack", "localstack", localstack, packages=("localstack_glue", "localstack_mwaa", "aws_local")),
        Environment(
            "airflow", "airflow", airflow, packages=("mwaa_airflow", "aws_local"), compiled="airflow-compiled",
            startup="\n".join([GUARD, "import mwaa_airflow.fast_start", "import mwaa_airflow.glue_logs"]),
            needs=("gcc", "pg_config", "curl-config"),
        ),
        Environment(f"glue-pythonshell-{glue}", f"glue-pythonshell-{glue}", glue, packages=("aws_local",), startup=GUARD),
        Environment(
            f"glue-pythonshell-{old_glue}", f"glue-pythonshell-{old_glue}", old_glue, packages=("aws_local",),
            startup=GUARD, optional=True,
        ),
        Environment("postgres", "postgres", localstack, folder=True),
    ]  # fmt: skip


def spark_python(version: str) -> str:
    """The Python of Spark jobs of a Glue version, such as 3.10."""
    return versions()[f"PYTHON_GLUE_SPARK_{version.replace('.', '_')}"]


def spark_environment(version: str) -> Environment:
    """Spark and the Python libraries of a Glue version: made when it is first needed (glue_spark.py)."""
    name = f"glue-spark-{version}"
    return Environment(name, name, spark_python(version), packages=("aws_local",), startup=GUARD)


def test_environments() -> list[Environment]:
    """What `make test` and `make lint` need beyond the stack's."""
    return [
        Environment("dev", "dev"),
        Environment("airflow-test", "airflow-test", versions()["PYTHON_AIRFLOW"], folder=True),
        *package_environments(),
    ]


def package_environments() -> list[Environment]:
    """What `make package` builds wheels with, for MWAA's list has no `wheel`: a folder beside Airflow's packages."""
    return [Environment("airflow-build", "build", versions()["PYTHON_AIRFLOW"], folder=True)]


def bench_environments() -> list[Environment]:
    """What `make bench` compares with, beyond the stack's."""
    return [Environment("bench", "bench", versions()["PYTHON_LOCALSTACK"])]


class Installer:
    """Makes environments below the settings' state folder."""

    def __init__(self, settings: Settings, telling: bool = False) -> None:
        """`telling`: without a terminal, too, every step is a line."""
        self.settings, self.telling = settings, telling
        self.uv = Path(sys.executable).with_name("uv")
        self._interpreters: dict[str, interpreters.Interpreter] = {}

    def install(self, wanted: list[Environment]) -> list[str]:
        """Makes what is missing or out of date; returns the names of those made. What is optional and has no interpreter
        is left out, with a line that says so.

        Raises InterpreterMissing before anything is installed, InstallFailed with uv's own words.
        """
        with self._exclusive():
            stale = [e for e in wanted if not self.is_current(e)]
            if not stale:
                return []
            stale = [e for e in stale if not (e.optional and self._is_left_out(e))]
            self._find_interpreters(stale)
            stale = [e for e in stale if not self.is_current(e)]
            if not stale:
                return []
            self._check_space()
            self._make_all(stale)
            return [e.name for e in stale]

    def is_current(self, environment: Environment) -> bool:
        """Whether the environment's stamp says that it is made from what is there now. Costs a few file reads."""
        stamp = self.place(environment) / STAMP
        try:
            kept = stamp.read_text().split()
        except OSError:
            return False
        python = Path(kept[1]) if len(kept) > 1 else Path()
        return kept[:1] == [self._made_from(environment)] and python.exists()

    def place(self, environment: Environment) -> Path:
        if environment.name == "postgres":
            return self.settings.mwaa_state / "postgres" / "programs"
        return self.settings.mwaa_state / "venvs" / environment.name

    def interpreter(self, minor: str) -> interpreters.Interpreter:
        """The interpreter of a minor version ("" is the command line's own), looked for once."""
        if not minor:
            return interpreters.Interpreter(Path(sys.executable).resolve(), sys.version.split()[0])
        if minor not in self._interpreters:
            self._interpreters[minor] = interpreters.find(minor, self.settings.mwaa_state / "pythons", self.uv)
        return self._interpreters[minor]

    def missing_interpreter(self, environment: Environment) -> str:
        """What is to be said about an environment that cannot be made, "" if it can: for those that are optional."""
        try:
            self.interpreter(environment.minor)
        except InterpreterMissing:
            variable = interpreters.variable(environment.minor)
            return (
                f"{environment.name} is left out, for no Python {environment.minor} was found; all else works without "
                f"(pyenv install {environment.minor}, or {variable}=/path/to/python{environment.minor} make up)"
            )
        return ""

    def _is_left_out(self, environment: Environment) -> bool:
        missing = self.missing_interpreter(environment)
        if missing:
            note(missing)
            shutil.rmtree(self.place(environment), ignore_errors=True)  # made with an interpreter that is gone
        return bool(missing)

    def _find_interpreters(self, stale: list[Environment]) -> None:
        """All missing interpreters are reported at once, not one at each try."""
        problems = []
        for minor in sorted({e.minor for e in stale}):
            try:
                self.interpreter(minor)
            except InterpreterMissing as missing:
                problems.append(missing)
        if problems:
            raise InterpreterMissing(
                "\n".join(p.problem for p in problems), "\n      ".join(p.advice for p in problems)
            )

    def _made_from(self, environment: Environment) -> str:
        digest = hashlib.sha256(f"{environment!r} {self.provider_version(environment)} {ROOT}".encode())
        for lock in (environment.lock, environment.compiled, "build"):
            if lock:
                digest.update((LOCKS / f"{lock}.txt").read_bytes())
        for package in environment.packages:
            digest.update((ROOT / "src" / package / "pyproject.toml").read_bytes())
        if environment.compiled:
            digest.update(repr(can_compile(environment)).encode())
        return digest.hexdigest()

    def provider_version(self, environment: Environment) -> str:
        """The Amazon provider that replaces the locked one, "" when the locked one stays."""
        wanted = self.settings.amazon_provider_version
        return wanted if environment.name == "airflow" and wanted != versions()["AMAZON_PROVIDER_VERSION"] else ""

    def _check_space(self) -> None:
        free = shutil.disk_usage(self.settings.mwaa_state).free
        if free < SPACE_NEEDED:
            raise InstallFailed(
                f"{self.settings.mwaa_state} has {free / 1e9:.1f} GB free; the environments need {SPACE_NEEDED / 1e9:.1f} GB.",
                "free some space, or point MWAA_STATE at a folder on a larger disk",
            )

    def _make_all(self, stale: list[Environment]) -> None:
        columns = (
            SpinnerColumn(),
            TextColumn("{task.description:<24}"),
            TimeElapsedColumn(),
            TextColumn("{task.fields[now]}"),
        )
        with (
            Progress(*columns, console=err, disable=not err.is_terminal) as progress,
            ThreadPoolExecutor(len(stale)) as pool,
        ):
            futures = []
            for environment in stale:
                task = progress.add_task(environment.name, total=1, now="")
                report = _reporter(progress, task, environment.name, self.telling)
                make = self._try_to_make if environment.optional else self._make
                futures.append(pool.submit(make, environment, report))
            for future in futures:
                future.result()

    def _try_to_make(self, environment: Environment, report: Report) -> None:
        """An optional environment that cannot be made (old releases have no wheel for every machine) stops nobody."""
        try:
            self._make(environment, report)
        except InstallFailed as failed:
            shutil.rmtree(self.place(environment), ignore_errors=True)
            note(f"{environment.name} is left out; all else works without. {failed.problem}")

    def _make(self, environment: Environment, report: Report) -> None:
        python = self.interpreter(environment.minor)
        place = self.place(environment)
        shutil.rmtree(place, ignore_errors=True)
        place.parent.mkdir(parents=True, exist_ok=True)
        into = ["--target", place, "--python", python.path]
        if not environment.folder:
            self._uv(["venv", "--python", python.path, place], environment, report)
            into = ["--python", place / "bin" / "python"]
            _remove_start_up_code_of_uv(place)
        lock = LOCKS / f"{environment.lock}.txt"
        compiling = [] if environment.minor in UV_CANNOT_COMPILE else ["--compile-bytecode"]
        self._pip(["--require-hashes", *compiling, "-r", lock], into, environment, report)
        if not compiling:
            _compile(place)
        if self.provider_version(environment):
            other = f"apache-airflow-providers-amazon=={self.provider_version(environment)}"
            self._pip(["--compile-bytecode", other], into, environment, report)
        if environment.compiled and can_compile(environment):
            self._pip(["--require-hashes", "-r", LOCKS / f"{environment.compiled}.txt"], into, environment, report)
        for package in environment.packages:
            self._pip(["-e", ROOT / "src" / package], into, environment, report)
        if environment.startup:
            self._write_startup(place, environment)
        (place / STAMP).write_text(f"{self._made_from(environment)} {python.path}\n")
        report("done")

    def _pip(self, what: list[object], into: list[object], environment: Environment, report: Report) -> None:
        options = ["--no-deps", "--build-constraints", LOCKS / "build.txt"]
        self._uv(["pip", "install", *options, *into, *what], environment, report)

    def _uv(self, arguments: list[object], environment: Environment, report: Report) -> None:
        """Runs uv; its progress becomes ours, its failure an InstallFailed with its own words."""
        command = [str(self.uv), "--no-config", "--color", "never", *map(str, arguments)]
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=self.clean_environment()
        )
        assert process.stdout
        lines = []
        for line in process.stdout:
            lines.append(line.rstrip())
            # uv is silent while it compiles, which is half of the time
            report("compiling byte code" if line.startswith("Installed ") else lines[-1].strip())
        if process.wait():
            said = "\n".join(f"  {line}" for line in lines[-20:])
            advice = "check that the package index can be reached and the disk has room, then run it again: it goes on from there"
            raise InstallFailed(f"The environment {environment.name} could not be made. uv said:\n{said}", advice)

    @staticmethod
    def clean_environment() -> dict[str, str]:
        """The caller's environment for a build: no PYTHON* variable leaks in; MWAA builds its pycurl with OpenSSL."""
        kept = {
            k: v for k, v in os.environ.items() if not k.startswith("PYTHON") and k not in ("VIRTUAL_ENV", "PIP_USER")
        }
        return kept | {"PYCURL_SSL_LIBRARY": "openssl"}

    @staticmethod
    def _write_startup(place: Path, environment: Environment) -> None:
        for site in (place / "lib").glob("python3*/site-packages"):
            # sorts after the editable packages' own .pth files, which it needs
            (site / "zz_mwaa_local.pth").write_text(environment.startup + "\n")

    @contextmanager
    def _exclusive(self) -> Iterator[None]:
        self.settings.mwaa_state.mkdir(parents=True, exist_ok=True)
        with open(self.settings.mwaa_state / "install.lock", "w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if self.telling:
                    note("Another installation is at work; waiting for its end ...")
                fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _remove_start_up_code_of_uv(place: Path) -> None:
    """uv puts a patch of distutils into every environment, which costs each start of its interpreter 9 ms. It is for
    builds inside the environment, which there are none of: uv builds in environments of its own."""
    for site in (place / "lib").glob("python3*/site-packages"):
        for name in ("_virtualenv.pth", "_virtualenv.py"):
            (site / name).unlink(missing_ok=True)


def _compile(place: Path) -> None:
    """Byte code by the environment's own compileall. A file that it cannot compile (a test of broken code) counts not."""
    command = [str(place / "bin" / "python"), "-m", "compileall", "-q", str(place / "lib")]
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)


def can_compile(environment: Environment) -> bool:
    """Whether the programs are there that the environment's compiled packages need."""
    return all(shutil.which(program) for program in environment.needs)


def _reporter(progress: Progress, task: int, name: str, telling: bool) -> Report:
    """Shows a line beside the spinner; without a terminal only the end of each environment is printed, unless `telling`."""

    def report(line: str) -> None:
        if line == "done":
            progress.update(task, completed=1, now="ready")  # type: ignore[arg-type]
            if not err.is_terminal:
                err.print(f"{name}: ready")
        else:
            progress.update(task, now=line[:60])  # type: ignore[arg-type]
            if telling and not err.is_terminal and not line.startswith("+ "):  # uv names each package
                note(f"{name}: {line}")

    return report
