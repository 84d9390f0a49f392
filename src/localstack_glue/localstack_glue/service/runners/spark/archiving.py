"""Makes the archive of archive.py, as the last step of the installation of a Glue version: a run of exercise.py whose JVM writes
at its end which classes it had. Standard library alone.

    python -m localstack_glue.service.runners.spark.archiving <order in JSON>

The order is spark.json as it will be, "place", and "exercise", the script. Prints {"file": ..., "of": ...}, which is added to
spark.json; what went wrong is on stderr, with exit code 1.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from . import configuration
from .archive import fingerprint
from .configuration import Jvm, Local

NAME = "classes.jsa"
HEAP = 1024  # MB, of the JVM that makes it
PATIENCE = 300  # seconds
_NO_BUCKET = b"<Error><Code>NoSuchBucket</Code><Message>The specified bucket does not exist</Message></Error>"


def make(order: Mapping[str, Any]) -> dict[str, str]:
    """Raises RuntimeError with the words of what failed."""
    place, java = Path(order["place"]), Path(order["java"])
    pyspark = next((place / "lib").glob("python3*/site-packages/pyspark"))
    class_path = configuration.class_path(order["s3_jar"], pyspark)
    with tempfile.TemporaryDirectory(dir=place, prefix=".archive-") as folder, _no_s3() as endpoint:
        work = Path(folder)
        made = work / NAME
        home = work / ".spark-home"
        local = Local(work, 2, endpoint, "test", "us-east-1")
        # of each class that cannot be in it the JVM would say so
        options = [f"-XX:ArchiveClassesAtExit={made}", "-Xlog:cds=error:stderr"]
        jvm = Jvm(java, int(order["java_version"]), HEAP, class_path, options)
        configuration.make_home(home, pyspark, local.defaults() | local.fixed(), jvm)
        environment = configuration.environment(home, java, str(place / "bin" / "python"), work)
        _run([str(place / "bin" / "python"), order["exercise"], str(work)], environment, work)
        # a JVM that cannot use what it is told to use ends with an error
        check = ["-Xshare:on", f"-XX:SharedArchiveFile={made}", "-XX:+UseSerialGC", "-cp", ":".join(class_path)]
        _run([str(java / "bin" / "java"), *check, "-version"], environment, work)
        made.replace(place / NAME)
    return {"file": str(place / NAME), "of": fingerprint(java, class_path)}


def _run(command: Sequence[str], environment: Mapping[str, str], work: Path) -> None:
    done = subprocess.run(
        command, env=dict(environment), cwd=work, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    if done.returncode:
        raise RuntimeError("\n".join((done.stdout + done.stderr).splitlines()[-20:]))


class _no_s3:
    """An endpoint on loopback that knows no bucket, for LocalStack need not be there when Spark is installed."""

    def __enter__(self) -> str:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _NoSuchBucket)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{self._server.server_port}"

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class _NoSuchBucket(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.send_response(404)
        self.send_header("Content-Length", str(len(_NO_BUCKET)))
        self.end_headers()
        self.wfile.write(_NO_BUCKET)

    def log_message(self, *_: object) -> None:
        pass


if __name__ == "__main__":
    try:
        print(json.dumps(make(json.loads(sys.argv[1]))))
    except (RuntimeError, OSError, subprocess.SubprocessError) as problem:
        sys.exit(str(problem))
