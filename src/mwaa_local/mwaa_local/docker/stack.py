"""Docker mode: start, stop, status of all roles as containers of one Compose project."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timezone
from functools import cached_property
from pathlib import Path

from dotenv import dotenv_values

from mwaa_local import start_steps, update
from mwaa_local.docker import images, keeper
from mwaa_local.docker.engine import Container, Engine, caller_environment
from mwaa_local.errors import LocalError, NotReady, tail
from mwaa_local.ports import require_free
from mwaa_local.roles import Role, roles
from mwaa_local.settings import ROOT, SPARK_VERSIONS, Settings
from mwaa_local.stack import Progress, RoleProcess, Worker
from mwaa_local.versions import versions

COMPOSE_FILE = ROOT / "docker" / "docker-compose.yml"
AIRFLOW_HOME, BESIDE = "/usr/local/airflow", "/var/lib/mwaa-local/project"
INSIDE = "/opt/mwaa-local/stack/bin"  # in every image
LOOK_EVERY = 0.3  # seconds between looks at the containers
PATIENCE = 10.0  # seconds for which one health check asks before the next begins
STOP_SECONDS = 10  # from the polite signal to SIGKILL in `make down`; as in native mode
# One-shots that only containers need: there, each image does its own part.
FURTHER_ONE_SHOTS = [Role("seed-airflow", after=("seed",), once=True)]
# Of the project, as far as it has them: what the containers read.
PARTS = ("dags", "plugins", "plugins.zip", "startup", "glue", "requirements.txt", "seed.yaml")
RECORDING = ("scheduler", "worker", "webserver")
MOST_STARTS = 2  # of a role whose configuration was changed
AT_A_STEP = "starting: at the step "  # mwaa_airflow.health.BEFORE_AIRFLOW


class DockerStack:
    """All roles of one install, as containers."""

    def __init__(self, settings: Settings, env_id: str) -> None:
        self.settings, self.env_id = settings, env_id
        self.engine = Engine()
        self.roles = roles(settings) + FURTHER_ONE_SHOTS
        self.project = f"mwaa-local-{env_id[:8]}"
        self.env_file = settings.mwaa_state / "docker.env"
        self._at_a_step = False  # whether a role that is waited for is at a step before Airflow

    def is_running(self) -> bool:
        return any(c.state in ("running", "restarting") for c in self.containers())

    def containers(self) -> list[Container]:
        return self.engine.containers({"com.docker.compose.project": self.project})

    def require_ports(self) -> None:
        self.engine.require()
        if self.containers():
            self.stop()
        require_free({r.port.upper(): getattr(self.settings, r.port) for r in self.roles if r.port})

    def prepare(self) -> None:
        self.engine.require()
        self._require_readable()
        former = dotenv_values(self.env_file).get("IMAGE_TAG") or "" if self.env_file.is_file() else ""
        self._open_secrets()
        self._make_api_folder()
        wanted = self._values | {"IMAGE_TAG": images.tag(self._values)}
        self.env_file.write_text("".join(f"{name}={value}\n" for name, value in wanted.items()))
        self.settings.write()
        if not images.are_built(self.engine, wanted["IMAGE_TAG"]):
            images.build(self._compose("build"), wanted, self.settings.log("build"))
            images.delete_others(self.engine, wanted["IMAGE_TAG"], former)

    def start(self, progress: Progress) -> None:
        scale = ["--scale", "worker=0"] if self.settings.executor == "local" else []
        command = self._compose("up", "--detach", "--no-build", "--remove-orphans", *scale)
        log = self.settings.log("compose")
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("w") as file:
            up = subprocess.Popen(command, stdout=file, stderr=file, env=self.environment())
        try:
            self._follow(up, progress)
            keeper.begin(self.project, self.settings.mwaa_state, self.settings.log("keeper"))
        except BaseException:
            up.terminate()
            up.wait()
            self.stop()
            raise

    def stop(self) -> list[str]:
        # the keeper first, or it would bring back what is stopped
        keeper.end(self.project)
        if self.env_file.is_file():
            self._run("down", "--remove-orphans", "--timeout", str(STOP_SECONDS))
        # what a `down` that was itself interrupted, or whose settings are gone, left behind
        remaining = [c.id for c in self.containers()]
        if remaining:
            self.engine.run("rm", "--force", *remaining)
        self._delete("network")
        return []

    def delete_state(self) -> None:
        self._delete("volume")

    def delete_installed(self) -> None:
        if former := (dotenv_values(self.env_file).get("IMAGE_TAG") if self.env_file.is_file() else ""):
            images.delete_others(self.engine, "", former)

    def leftovers(self) -> list[str]:
        return [c.service for c in self.containers()]

    def health(self, name: str, patience: float = 0) -> tuple[bool, str]:
        """Every container of the role must be healthy; the line is that of the first that is not."""
        found = [c for c in self.containers() if c.service == name]
        if not found:
            return False, "does not run"
        answers = [self._health_of(container, patience) for container in found]
        ill = [answer for answer in answers if not answer[0]]
        said = f"{len(found)} containers, each: {answers[0][1]}" if len(found) > 1 else answers[0][1]
        return ill[0] if ill else (True, said)

    def processes(self) -> Mapping[str, RoleProcess]:
        found = self.containers()
        if not found:
            return {}
        shape = "{{.Id}}\t{{.State.Pid}}\t{{.State.StartedAt}}"
        inspected = self.engine.run("inspect", "--format", shape, *(c.id for c in found)).stdout.splitlines()
        facts = {id: (int(pid), started) for id, pid, started in (line.split("\t") for line in inspected)}
        memory = self._memory()
        shown: dict[str, RoleProcess] = {}
        for container in found:
            pid, started = facts.get(container.id, (0, ""))
            before = shown.get(container.service, RoleProcess())
            used = memory.get(container.id, 0) + before.memory_mb
            shown[container.service] = RoleProcess(container.state, pid, _age(started) if pid else 0, used)
        return shown

    def start_records(self) -> list[start_steps.Record]:
        found = [c for c in self.containers() if c.service in RECORDING and c.state == "running"]
        paths = [f"/var/lib/mwaa-local/run/{container.service}.start.json" for container in found]
        with ThreadPoolExecutor(max(len(found), 1)) as pool:
            said = pool.map(lambda c, path: self.engine.run("exec", c.id, "cat", path).stdout, found, paths)
        return [record for text in said if (record := start_steps.parse(text))]

    def restart_role(self, name: str) -> None:
        self._checked("restart", "--timeout", str(STOP_SECONDS), name)

    def restart(self, names: Sequence[str]) -> None:
        there = {c.service for c in self.containers()}
        wanted = [name for name in names if name in there]
        self._checked("restart", "--timeout", str(STOP_SECONDS), *wanted)
        with ThreadPoolExecutor(len(wanted)) as pool:
            for _ in pool.map(self._wait_until_healthy, wanted):
                pass

    def _wait_until_healthy(self, name: str) -> None:
        """Raises NotReady, also as soon as a container of the role has started twice in vain."""
        longest = self.settings.up_timeout + start_steps.longest(self.settings)
        deadline = time.monotonic() + longest
        while True:
            healthy, said = self.health(name, PATIENCE)
            if healthy:
                return
            found = [c.id for c in self.containers() if c.service == name]
            starts = self.engine.run("inspect", "--format", "{{.RestartCount}}", *found).stdout.split()
            if any(int(count) >= MOST_STARTS for count in starts):
                raise NotReady(name, f"ended {MOST_STARTS} times ({said})", self._log(name))
            if time.monotonic() > deadline:
                raise NotReady(name, f"was not healthy after {longest:.0f} s ({said})", self._log(name))
            time.sleep(LOOK_EVERY)

    def seed(self) -> int:
        for service in ("seed", "seed-airflow"):
            command = self._compose("run", "--rm", "-T", "--no-deps", service)
            done = subprocess.run(command, env=self.environment(), stderr=subprocess.PIPE, text=True)
            if done.returncode:
                # Compose's own progress goes there too
                print(done.stderr, file=sys.stderr)
                return done.returncode
        return 0

    def scale_workers(self, count: int) -> None:
        if self.settings.executor != "celery":
            raise LocalError(f"EXECUTOR={self.settings.executor} has no workers.", "make up EXECUTOR=celery")
        self._checked(
            "up", "--detach", "--no-build", "--no-deps", "--no-recreate", "--scale", f"worker={count}", "worker"
        )
        deadline = time.monotonic() + self.settings.up_timeout
        while True:
            healthy, said = self.health("worker", PATIENCE)
            if healthy:
                return
            if time.monotonic() > deadline:
                raise NotReady(
                    "worker", f"was not healthy after {self.settings.up_timeout} s ({said})", self._log("worker")
                )

    def a_worker(self) -> Worker:
        found = [c.id for c in self.containers() if c.service == "worker" and c.state == "running"]
        if not found:
            raise LocalError("No worker runs.", "make status")
        # Docker lists the newest first, and of several that is the one that scaling out brought
        host = self.engine.run("inspect", "--format", "{{.Config.Hostname}}", found[0]).stdout.strip()
        return Worker(found[0], host)

    def end_worker(self, worker: Worker, grace: float) -> bool:
        if not grace:
            self.engine.run("kill", worker.id)
            return True
        self.engine.run("stop", "--time", f"{grace:.0f}", worker.id, timeout=grace + 60)
        ended_by = self.engine.run("inspect", "--format", "{{.State.ExitCode}}", worker.id).stdout.strip()
        return ended_by == str(128 + signal.SIGKILL)

    def replace_worker(self, worker: Worker) -> None:
        """A stopped container is replaced by a new one; a killed one is started by the keeper."""
        workers = [c for c in self.containers() if c.service == "worker"]
        if any(c.id == worker.id and c.state == "exited" and c.exit_code is not None for c in workers):
            self.engine.run("rm", "--force", worker.id)
        self.scale_workers(len(workers))

    def airflow_command(self, words: Sequence[str], terminal: bool = False) -> list[str]:
        container = next((c for c in self.containers() if c.service == "scheduler" and c.state == "running"), None)
        if container is None:
            raise LocalError("The scheduler's container, in which Airflow's commands run, is not there.", "make status")
        return ["docker", "exec", "-it" if terminal else "-i", container.id, f"{INSIDE}/with-airflow", *words]

    def environment(self) -> Mapping[str, str]:
        written = dotenv_values(self.env_file) if self.env_file.is_file() else {}
        return caller_environment({name: value or "" for name, value in written.items()})

    def log_command(self, service: str | None, follow: bool, lines: int) -> list[str]:
        known = sorted({c.service for c in self.containers()})
        if not known:
            raise LocalError("There are no containers, so there are no logs.", "make up")
        if service and service not in known:
            raise LocalError(f"There is no log of {service!r}.", f"one of: {', '.join(known)}")
        return self._compose(
            "logs", "--tail", str(lines), *(["--follow"] if follow else []), *([service] if service else [])
        )

    @cached_property
    def _values(self) -> dict[str, str]:
        """What docker/docker-compose.yml and the Dockerfiles ask for; the caller may set other base images."""
        pinned = versions()
        chosen = {
            name: os.environ[name]
            for name in (*images.BASES, *images.SPARK_BASES, "PIP_INDEX_URL")
            if os.environ.get(name)
        }
        env_class = dotenv_values(ROOT / "stack" / "classes" / f"{self.settings.env_class}.env")
        limits = {name: self._capped(name, value or "") for name, value in env_class.items()}
        own = {
            "COMPOSE_PROJECT_NAME": self.project,
            "MWAA_ENV_ID": self.env_id,
            "AIRFLOW_UID": str(self._uid()),
            "MWAA_PLUGINS": str(self._folder("plugins")),
            "MWAA_STARTUP": str(self._folder("startup")),
            "MWAA_API_STATE": str(update.folder(self)),
            **self._places(),
            # in one order, so that the same versions are the same image
            "GLUE": ",".join(version for version in SPARK_VERSIONS if version in self.settings.spark_versions),
            "LOCALSTACK_TARGET": "localstack-spark" if self.settings.spark_versions else "localstack",
        }
        return pinned | chosen | limits | self.settings.as_environment() | own

    def _places(self) -> dict[str, str]:
        """Where the project's files are mounted: at MWAA's places, unless something else is to lie there."""
        if self.settings.source == "s3":  # what the bucket brings
            return {"MWAA_AT": BESIDE, "MWAA_PLUGINS_AT": f"{BESIDE}/plugins"}
        # what is in a plugins.zip
        packed = (self.settings.mwaa_project / "plugins.zip").is_file()
        return {"MWAA_AT": AIRFLOW_HOME, "MWAA_PLUGINS_AT": f"{BESIDE if packed else AIRFLOW_HOME}/plugins"}

    def _capped(self, name: str, value: str) -> str:
        """A limit of the environment class; no more CPUs than the engine has, for it refuses that."""
        return f"{min(float(value), self.engine.cpus):g}" if name.endswith("_CPUS") else value

    def _require_readable(self) -> None:
        """Raises LocalError for what is mounted and cannot be read inside: Airflow would show no DAG, and no error."""
        project, uid = self.settings.mwaa_project, self._uid()
        parts = [project, *(project / name for name in PARTS)]
        for path in (part for part in parts if part.exists()):
            if not (self.engine.is_rootless or readable(path, uid)):
                raise LocalError(
                    f"The containers run as user {uid}, group 0, and cannot read {path}: mode "
                    f"{path.stat().st_mode & 0o777:o}, owner {path.stat().st_uid}.",
                    f"chmod -R o+rX {project}, or go without containers: make up MODE=native",
                )

    def _folder(self, name: str) -> Path:
        """A folder of the project; an empty one where it has none, for Docker would make one in the project."""
        own, empty = self.settings.mwaa_project / name, self.settings.mwaa_state / f"no-{name}"
        if not own.is_dir():
            empty.mkdir(exist_ok=True)
        return own if own.is_dir() else empty

    def _uid(self) -> int:
        """Who the containers run as: whoever owns the checkout; never root, but where root is only the user (rootless)."""
        if self.engine.is_rootless:
            return 0
        return os.getuid() or 1000

    def _open_secrets(self) -> None:
        """The containers' user, or its group 0, may read the secrets; nobody else."""
        path = self.settings.mwaa_state / "secrets.env"
        path.chmod(0o640 if os.getuid() == 0 and not self.engine.is_rootless else 0o600)

    def _make_api_folder(self) -> None:
        """Where MWAA's API, in a container, keeps what was updated and asks for a restart of Airflow; for the same two."""
        folder = update.folder(self)
        folder.mkdir(exist_ok=True)
        folder.chmod(0o770 if os.getuid() == 0 and not self.engine.is_rootless else 0o700)

    def _follow(self, up: subprocess.Popen[bytes], progress: Progress) -> None:
        """Watches the containers until every role serves (one-shots: did their work)."""
        pending = {role.name: role for role in self.roles}
        asked: dict[str, Future[tuple[bool, str]]] = {}
        deadline = time.monotonic() + self.settings.up_timeout
        latest = deadline + self.settings.up_timeout + start_steps.longest(self.settings)
        with ThreadPoolExecutor(len(pending)) as pool:
            while pending:
                self._at_a_step = False
                for container in self.containers():
                    role = pending.get(container.service)
                    if role and self._is_ready(role, container, asked, pool, progress):
                        progress(role.name, "healthy")
                        del pending[role.name]
                        # those that waited for it begin only now
                        deadline = time.monotonic() + self.settings.up_timeout
                if self._at_a_step:
                    deadline = min(time.monotonic() + self.settings.up_timeout, latest)
                self._require_going_on(up, pending, deadline)
                time.sleep(LOOK_EVERY if pending else 0)
        if up.wait():
            self._require_going_on(up, pending, deadline)

    def _is_ready(
        self,
        role: Role,
        container: Container,
        asked: dict[str, Future[tuple[bool, str]]],
        pool: ThreadPoolExecutor,
        progress: Progress,
    ) -> bool:
        if role.once:
            if container.state == "running" and role.name not in asked:
                asked[role.name] = Future()
                progress(role.name, "starting")
            if container.exit_code:
                progress(role.name, "failed")
                raise NotReady(role.name, f"ended (exit code {container.exit_code})", self._log(role.name))
            return container.exit_code == 0
        question = asked.get(role.name)
        if question and question.done() and question.result()[0]:
            return True
        if question and question.done() and question.result()[1].startswith(AT_A_STEP):
            progress(role.name, question.result()[1][len(AT_A_STEP) :])
            self._at_a_step = True
        if container.state == "running" and (question is None or question.done()):
            if question is None:
                progress(role.name, "starting")
            asked[role.name] = pool.submit(self._health_of, container, PATIENCE)
        return False

    def _require_going_on(self, up: subprocess.Popen[bytes], pending: Mapping[str, Role], deadline: float) -> None:
        """Raises what stands in the way: Compose gave up, or the time is over."""
        if up.poll():
            ended = [c for c in self.containers() if c.exit_code and c.service in pending]
            if ended:
                raise NotReady(ended[0].service, f"ended (exit code {ended[0].exit_code})", self._log(ended[0].service))
            log = self.settings.log("compose")
            raise LocalError(
                f"Compose ended with exit code {up.returncode}. It said ({log}):\n{tail(log, 15)}", "make doctor"
            )
        if pending and time.monotonic() > deadline:
            name = next(iter(pending))
            raise NotReady(name, f"was not healthy after {self.settings.up_timeout} s", self._log(name))

    def _health_of(self, container: Container, patience: float) -> tuple[bool, str]:
        if container.state != "running":
            return False, container.status.lower()
        try:
            done = self.engine.run(
                "exec", container.id, f"{INSIDE}/health", container.service, f"{patience:.0f}", timeout=patience + 30
            )
        except subprocess.TimeoutExpired:
            return False, f"the health check did not answer within {patience + 30:.0f} s"
        said = (done.stdout.strip() or done.stderr.strip()).splitlines()
        return done.returncode == 0, said[-1] if said else ""

    def _log(self, service: str) -> Path:
        """The log of a service's container as a file, for it is gone with the container."""
        path = self.settings.log(service)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w") as file:
            for container in (c for c in self.containers() if c.service == service):
                subprocess.run(["docker", "logs", "--tail", "200", container.id], stdout=file, stderr=subprocess.STDOUT)
        return path

    def _memory(self) -> dict[str, int]:
        """MB in use by container id."""
        listed = self.engine.run("stats", "--no-stream", "--no-trunc", "--format", "{{.ID}}\t{{.MemUsage}}").stdout
        rows = (line.split("\t") for line in listed.splitlines())
        return {id: _megabytes(usage.split(" / ")[0]) for id, usage in rows}

    def _delete(self, kind: str) -> None:
        """Networks or volumes of this install."""
        mark = f"label=com.docker.compose.project={self.project}"
        names = self.engine.run(kind, "ls", "--quiet", "--filter", mark).stdout.split()
        if names:
            self.engine.run(kind, "rm", *names)

    def _compose(self, *arguments: str) -> list[str]:
        where = ["--file", str(COMPOSE_FILE), "--env-file", str(self.env_file), "--project-name", self.project]
        return self.engine.compose([*where, *arguments])

    def _run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(self._compose(*arguments), capture_output=True, text=True, env=self.environment())

    def _checked(self, *arguments: str) -> None:
        done = self._run(*arguments)
        if done.returncode:
            said = "\n".join(f"  {line}" for line in done.stderr.strip().splitlines()[-10:])
            raise LocalError(f"`compose {' '.join(arguments)}` failed:\n{said}", "make status; make logs")


def readable(path: Path, uid: int) -> bool:
    """Whether a user of this id, in group 0, may read a file, or list and enter a folder."""
    found = path.stat()
    shift = 6 if found.st_uid == uid else 3 if found.st_gid == 0 else 0
    wanted = 0o5 if path.is_dir() else 0o4
    return uid == 0 or (found.st_mode >> shift) & wanted == wanted


def _age(started: str) -> int:
    """Seconds since a moment as Docker writes it: 2022-01-01T10:00:00.123456789Z."""
    moment = datetime.strptime(started[:19], "%Y-%m-%dT%H:%M:%S").replace(tzinfo=timezone.utc)
    return int((datetime.now(timezone.utc) - moment).total_seconds())


def _megabytes(text: str) -> int:
    """From Docker's "1.5GiB", "300.2MiB", "12kB" or "0B"."""
    units = {"B": 1, "kB": 1e3, "KiB": 2**10, "MB": 1e6, "MiB": 2**20, "GB": 1e9, "GiB": 2**30}
    number = text.rstrip("BiKkMG")
    return round(float(number or 0) * units.get(text[len(number) :], 1) / 1e6)
