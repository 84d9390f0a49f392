"""The first thing that a Spark job's process does, in LocalStack's Python: what is missing is made, then it becomes the
job. Standard library alone.

    python -I -m localstack_glue.service.runners.spark.start <folder of the run>

The folder holds the order (spark.json), which only its owner may read and which is gone when it has been read.
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..interpreters import Interpreter
from . import archive, configuration
from .configuration import Jvm
from .files import DESCRIPTION, ERROR, INSTALLING, LAUNCH, NOT_INSTALLED, NOT_REDIRECTED, ORDER, SOCKET
from .versions import VERSIONS

if TYPE_CHECKING:
    from ...settings import Settings


@dataclass(frozen=True)
class _Folder:
    """As much of a run as layers.py wants to know."""

    folder: Path


def main(folder: Path) -> int:
    order: dict[str, Any] = json.loads((folder / ORDER).read_text())
    (folder / ORDER).unlink()
    version = VERSIONS[order["glue"]]
    if order["image"] and (status := _in_image(order)) is not None:
        return status
    place = Path(order["environment"])
    described = described_in(place) or _install(order, place, folder)
    if described is None or not _redirect(order, place, folder):
        return 1
    python = Interpreter(version.python, str(place / "bin" / "python"), order["table"])
    pyspark = python.packages / "pyspark"
    home = folder / "work" / ".spark-home"
    java, java_version = Path(described["java"]), int(described["java_version"])
    configuration.make_home(home, pyspark, order["settings"], _jvm(order, described, pyspark))
    start: list[str] = [python.path]
    more: dict[str, str] = {}
    if order["wishes"][0]:
        start, more = _with_modules(order, folder, python)
    warm = _take_over(folder)
    how = ", started in a warm worker" if warm else ""
    _say(
        f"Glue {version.glue}: Spark {version.spark}, Python {version.python}, Java {java_version}{how}. {order['said']}."
    )
    os.environ.update({**configuration.of_home(home, java, start[-1]), **more})
    jvm = warm or _begin_jvm(home)
    report = folder / LAUNCH
    report.touch(0o600)
    report.write_text(json.dumps({"arguments": order["arguments"], "error": str(folder / ERROR), "jvm": jvm}))
    os.environ["GLUE_LAUNCH"] = str(report)
    os.execv(start[0], [*start, order["launcher"], order["script"], *order["argv"]])


def _with_modules(order: dict[str, Any], folder: Path, python: Interpreter) -> tuple[list[str], dict[str, str]]:
    """What to start instead of the plain interpreter, and with which variables."""
    from ..layers import Wishes, with_modules

    words, content, pinned = order["wishes"]
    return with_modules(_Folder(folder), python, Wishes(tuple(words), tuple(content), pinned), _settings(order))  # type: ignore[arg-type]


def _in_image(order: dict[str, Any]) -> int | None:
    """The status of the script in AWS's image, or None: it is to run here, and the log says why."""
    from . import image

    name, environment = order["image"]["name"], order["installer_environment"]
    why = "modules are to be installed" if order["wishes"][0] else image.cannot_be_had(name, environment)
    if why:
        _say(f"GLUE_RUNTIME=image: {name} is not used ({why}); the job runs in the runtime of this environment.")
        return None
    _say(f"Glue {order['glue']}: in AWS's image {name}. {order['said']}.")
    return image.run(order["image"]["command"], order["image"]["container"], environment)


def _take_over(folder: Path) -> dict[str, Any] | None:
    """The JVM of the warm worker that pool.py has given to this run: where it is, and a connection that the launcher inherits.
    None if there is none, or none any more."""
    if not (folder / SOCKET).exists():
        return None
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.connect(f"../{SOCKET}")  # relative to the working folder: the path of a socket must be short
        with connection.makefile() as said:
            found: dict[str, Any] = json.loads(said.readline())
    except (OSError, ValueError):
        return None
    finally:
        (folder / SOCKET).unlink()
    connection.set_inheritable(True)
    return {**found, "connection": connection.detach()}


def _begin_jvm(home: Path) -> dict[str, Any]:
    """Spark's JVM, which starts while Python does; on AWS, too, it is there before the script.

    Its pid, the descriptor by whose end it ends, and the file in which it will say how it is reached. It remains the child of
    this process, whatever that becomes.
    """
    connection = home / "connection" / "info"
    connection.parent.mkdir(0o700, exist_ok=True)
    process = subprocess.Popen(
        [home / "bin" / "spark-submit", "pyspark-shell"],
        env=os.environ | {"_PYSPARK_DRIVER_CONN_INFO_PATH": str(connection)},
        stdin=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),  # noqa: PLW1509  as pyspark does it; there are no threads
    )
    assert process.stdin
    stdin = os.dup(process.stdin.fileno())
    os.set_inheritable(stdin, True)
    return {"pid": process.pid, "stdin": stdin, "connection": str(connection)}


def _jvm(order: dict[str, Any], described: dict[str, Any], pyspark: Path) -> Jvm:
    """The job's own jars follow Spark's, or go before them; then no archive of classes fits."""
    class_path = configuration.class_path(described["s3_jar"], pyspark)
    java, version, jars = Path(described["java"]), int(described["java_version"]), order["jars"]
    if jars and order["jars_first"]:
        return Jvm(java, version, order["heap"], [*jars, *class_path], main=order["main"])
    options, unusable = archive.options(described, class_path)
    if unusable:
        _say(f"The archive of Spark's classes is not used, so Spark starts slowly: {unusable}.")
    return Jvm(java, version, order["heap"], [*class_path, *jars], options, order["main"])


def described_in(place: Path) -> dict[str, str] | None:
    """What the installer made, if it is all still there."""
    try:
        found: dict[str, str] = json.loads((place / DESCRIPTION).read_text())
    except (OSError, ValueError):
        return None
    needed = [place / "bin" / "python", Path(found["java"], "bin", "java"), Path(found["s3_jar"])]
    return found if all(path.exists() for path in needed) else None


def _install(order: dict[str, Any], place: Path, folder: Path) -> dict[str, str] | None:
    """Has Spark installed; its progress is part of the run's error log. None if that failed."""
    _say(
        f"Spark for Glue {order['glue']} is not installed yet. `make up GLUE={order['glue']}` does this ahead of time."
    )
    with open(folder / INSTALLING, "w") as said:
        process = subprocess.Popen(
            order["installer"],
            env=order["installer_environment"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        assert process.stdout
        for line in process.stdout:
            said.write(line)
            _say(line.rstrip())
    described = None if process.wait() else described_in(place)
    if described is None:
        (folder / NOT_INSTALLED).write_text(order["glue"])
    return described


def _redirect(order: dict[str, Any], place: Path, folder: Path) -> bool:
    """Makes the endpoint table that keeps the job's boto3 away from real AWS, unless it is there. Fail closed."""
    table = Path(order["table"])
    if _is_for(table, order["endpoint"], place):
        return True
    table.parent.mkdir(parents=True, exist_ok=True)
    with open(table.with_name(f".{table.name}.lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # one at a time; the next finds that it is up to date
        command = [str(place / "bin" / "python"), "-m", "aws_local.endpoints", "--endpoint", order["endpoint"], "--out"]
        done = subprocess.run([*command, str(table)], stdout=subprocess.DEVNULL, check=False)
    if done.returncode:
        (folder / NOT_REDIRECTED).write_text(str(table))
    return done.returncode == 0


def _is_for(table: Path, endpoint: str, place: Path) -> bool:
    """Whether the table was made for this endpoint and for the environment's botocore."""
    try:
        stamp = json.loads((table / "stamp.json").read_text())
    except (OSError, ValueError):
        return False
    botocore = place.glob(f"lib/python3*/site-packages/botocore-{stamp['botocore']}.dist-info")
    return bool(stamp["endpoint"] == endpoint and any(botocore))


def _settings(order: dict[str, Any]) -> Settings:
    from ...settings import Settings

    index, network = (tuple((key, value) for key, value in order[name]) for name in ("index", "network"))
    return Settings(Path(order["runs"]), order["endpoint"], python_39="", index=index, network=network)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
