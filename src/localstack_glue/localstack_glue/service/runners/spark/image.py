"""GLUE_RUNTIME=image: the script in AWS's own image of the job's Glue version, by the `docker` command. Where there is no engine
or no image, one line of the run's error log says so, and the job runs as it does without.

Source: AWS Glue guide, "Develop and test AWS Glue jobs locally using a Docker image": the images and spark-submit; that of 5.1 is
from public scripts.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

_REPOSITORY = "public.ecr.aws/glue/aws-glue-libs"
IMAGES = {
    "5.1": f"{_REPOSITORY}:5.1.0",
    "5.0": f"{_REPOSITORY}:5",
    "4.0": f"{_REPOSITORY}:glue_libs_4.0.0_image_01",
    "3.0": f"{_REPOSITORY}:glue_libs_3.0.0_image_01",
}
LABEL = "mwaa-local.glue-run"
BESIDE_THE_HEAP = 1024  # MB that a container has for Python and for what the JVM keeps outside of its heap
_INSIDE = "/tmp"  # noqa: S108  the one folder in which the image's user, whoever that is, may write
_ANSWER, _PULL = 20, 1800  # seconds that the engine has


@dataclass(frozen=True)
class Container:
    """A run as a container: files are those of the run's folder, `files` and `path` by the names that the script knows."""

    run_id: str
    image: str
    script: Path
    endpoint: str
    region: str
    access_key: str
    cores: int
    heap: int
    argv: Sequence[str] = ()
    conf: Mapping[str, str] = field(default_factory=dict)
    path: Sequence[Path] = ()
    jars: Sequence[Path] = ()
    files: Sequence[Path] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    may_leave: bool = False

    @property
    def name(self) -> str:
        return f"glue-{self.run_id}"

    def command(self, linux: bool = sys.platform == "linux") -> list[str]:
        """The words of `docker run`. On Linux the container has this machine's network, for the endpoint is on its loopback;
        elsewhere engines run in a machine of their own, which knows this one by name. No other name has an address in it, so
        that no call gets to real AWS."""
        words = ["docker", "run", "--rm", "--init", "--pull", "never", "--name", self.name]
        for key, value in {LABEL: self.run_id, **self.labels}.items():
            words += ["--label", f"{key}={value}"]
        words += ["--network", "host"] if linux else ["--add-host", "host.docker.internal:host-gateway"]
        words += [] if self.may_leave else ["--dns", "127.0.0.1"]
        words += ["--memory", f"{self.heap + BESIDE_THE_HEAP}m", "--workdir", _INSIDE]
        endpoint = self.endpoint if linux else self.endpoint.replace("127.0.0.1", "host.docker.internal")
        for key, value in self._environment(endpoint).items():
            words += ["--env", f"{key}={value}"]
        for file in (self.script, *self.path, *self.jars, *self.files):
            words += ["--volume", f"{file}:{_inside(file)}:ro"]
        words += [self.image, "spark-submit"]
        for key, value in self._settings(endpoint).items():
            words += ["--conf", f"{key}={value}"]
        for option, files in (("--py-files", self.path), ("--jars", self.jars)):
            words += [option, ",".join(map(_inside, files))] if files else []
        return [*words, _inside(self.script), *self.argv]

    def _environment(self, endpoint: str) -> dict[str, str]:
        return {
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": self.region,
            "AWS_REGION": self.region,
            "AWS_EC2_METADATA_DISABLED": "true",
            "PYTHONUNBUFFERED": "1",
            "TZ": "UTC",
        }

    def _settings(self, endpoint: str) -> dict[str, str]:
        s3 = {f"spark.hadoop.fs.{one}.impl": "org.apache.hadoop.fs.s3a.S3AFileSystem" for one in ("s3", "s3a", "s3n")}
        return {
            "spark.ui.enabled": "false",
            **self.conf,
            "spark.master": f"local[{self.cores}]",
            "spark.driver.memory": f"{self.heap}m",
            "spark.driver.host": "127.0.0.1",
            "spark.driver.bindAddress": "127.0.0.1",
            **s3,
            "spark.hadoop.fs.s3a.endpoint": endpoint,
            "spark.hadoop.fs.s3a.endpoint.region": self.region,
            "spark.hadoop.fs.s3a.path.style.access": "true",
            "spark.hadoop.fs.s3a.connection.ssl.enabled": "false",
            "spark.hadoop.fs.s3a.access.key": self.access_key,
            "spark.hadoop.fs.s3a.secret.key": "test",
            # AWS's client of the Data Catalog in Hive
            "spark.hadoop.aws.glue.endpoint": endpoint,
        }


def importable(path: Sequence[str]) -> list[Path]:
    """The files of a module path, as --py-files takes them: a folder holds one module."""
    return [file for entry in map(Path, path) for file in (sorted(entry.glob("*.py")) if entry.is_dir() else [entry])]


def _inside(file: Path) -> str:
    return f"{_INSIDE}/{file.name}"


def cannot_be_had(image: str, environment: Mapping[str, str]) -> str:
    """Why the image is not there and could not be pulled; "" if it is there."""
    try:
        if _docker(environment, _ANSWER, "image", "inspect", "--format", "{{.Id}}", image).returncode == 0:
            return ""
        engine = _docker(environment, _ANSWER, "version", "--format", "{{.Server.Version}}")
        done = _docker(environment, _PULL, "pull", "--quiet", image) if engine.returncode == 0 else engine
    except FileNotFoundError:
        return "there is no command `docker`"
    except subprocess.TimeoutExpired as late:
        return f"`docker {late.cmd[1]}` did not answer within {late.timeout:.0f} s"
    return "" if done.returncode == 0 else (done.stderr.strip().splitlines() or ["no reason given"])[-1]


def run(command: Sequence[str], name: str, environment: Mapping[str, str]) -> int:
    """Runs the container to its end, and returns its exit status. SIGTERM, of a stop or a timeout, ends it at once."""

    def end(*_: object) -> None:
        # by a process without a mark of the run, or it would be ended with the run's before it has said a word
        bare = {
            key: value for key, value in environment.items() if key in ("PATH", "HOME") or key.startswith("DOCKER_")
        }
        subprocess.run(["docker", "kill", name], env=bare, capture_output=True, start_new_session=True, check=False)

    signal.signal(signal.SIGTERM, end)
    with subprocess.Popen(command, env=dict(environment), stdin=subprocess.DEVNULL) as process:
        return process.wait()


def _docker(environment: Mapping[str, str], seconds: float, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["docker", *words], env=dict(environment), capture_output=True, text=True, timeout=seconds, check=False
    )
