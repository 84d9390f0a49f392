"""Reports on DAG files: read in child processes (reader), several at once, and kept by the content of the dags folder."""

import hashlib
import json
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional

from mwaa_airflow.dagtest import environment
from mwaa_airflow.dagtest.database import cache_folder, template
from mwaa_airflow.dagtest.project import Project

LIMIT = 30.0  # seconds for one file: MWAA's dagbag_import_timeout
LARGE = 1000000  # bytes from which on a file's size and date stand for its content
MOST_KEPT = 20  # projects whose reports are kept
MOST_OUTPUT = 100000  # bytes that a file may print


class Report:
    """What became of one DAG file while it was read."""

    def __init__(self, found: Dict[str, Any]) -> None:
        self.file = Path(found["file"])
        self.found = found

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["found"][name]
        except KeyError:
            raise AttributeError(name) from None

    @property
    def can_be_read(self) -> bool:
        """Whether this process may read the file, too."""
        return not self.found["errors"]

    @property
    def forks(self) -> List[str]:
        """Where the file forks while it is read."""
        return [where for what, where in self.found["processes"] if what == "fork"]

    def problems(self, limit: float = LIMIT) -> List[str]:
        """Why its DAGs are not on MWAA, or not for long."""
        found = [str(error).strip() for error in self.found["errors"]]
        if not found and self.found["seconds"] > limit:
            found.append("took {:.1f} s to read; MWAA gives it {:.0f} s".format(self.found["seconds"], limit))
        if self.forks:
            found.append("forks while it is read, at {}".format(self.forks[0] or "a place outside of the dags folder"))
        if self.found["printed"] > MOST_OUTPUT:
            found.append("prints {:,} bytes each time it is read".format(self.found["printed"]))
        return found


def reports(project: Project, limit: float = LIMIT, grace: Optional[float] = None) -> Dict[Path, Report]:
    """A report on each DAG file of the project; only what has changed since the last time is read again."""
    files = project.dag_files()
    known = kept(project, limit)
    missing = [str(file) for file in files if str(file) not in known]
    if missing:
        for found in _read(project, missing, limit, grace):
            known[found["file"]] = found
        keep(project, limit, known)
    return {file: Report(known[str(file)]) for file in files}


def read_here(project: Project, files: List[Path], limit: float) -> Iterator[Dict[str, Any]]:
    """Reads files in forks of this process, which has imported Airflow for this project; what each has done, as it is done."""
    from mwaa_airflow.dagtest import reader

    own = dict(_own_options(limit), **_seeded(project))
    names = [str(file) for file in files]
    return reader.read_each(names, str(project.dags), _workers(), limit + reader.GRACE, own)


def kept(project: Project, limit: float) -> Dict[str, Any]:
    """What is known of the files of the last time, if all that they depend on is as it was: {file: what it did}."""
    return _load(_kept_in(project), _key(project, limit))


def keep(project: Project, limit: float, known: Dict[str, Any]) -> None:
    """For the next time; what an hour of a busy machine has broken is tried again then."""
    lasting = {file: found for file, found in known.items() if not found["errors"]}
    place = _kept_in(project)
    partial = "{}.{}".format(place, os.getpid())
    Path(partial).write_text(json.dumps({"key": _key(project, limit), "reports": lasting}))
    os.replace(partial, str(place))
    for old in sorted(place.parent.glob("reports-*.json"), key=lambda file: file.stat().st_mtime)[:-MOST_KEPT]:
        with suppress(OSError):  # somebody else was quicker
            old.unlink()


def _kept_in(project: Project) -> Path:
    return cache_folder() / "reports-{}.json".format(hashlib.sha256(str(project.folder).encode()).hexdigest()[:12])


def _load(kept: Path, key: str) -> Dict[str, Any]:
    try:
        content = json.loads(kept.read_text())
        return dict(content["reports"]) if content["key"] == key else {}
    except (OSError, ValueError, KeyError):
        return {}


def _key(project: Project, limit: float) -> str:
    """All that a report depends on: the dags folder (a file may read or import any other), seed.yaml, interpreter, reader."""
    import airflow

    own = Path(__file__).with_name("reader.py").read_bytes()
    digest = hashlib.sha256("{} {} {}".format(sys.executable, airflow.__version__, limit).encode() + own)
    for file in sorted(f for f in project.dags.rglob("*") if f.is_file() and "__pycache__" not in f.parts):
        about = file.stat()
        digest.update(str(file).encode())
        large = about.st_size > LARGE
        digest.update("{} {}".format(about.st_size, about.st_mtime).encode() if large else file.read_bytes())
    if project.seed_file.is_file():
        digest.update(project.seed_file.read_bytes())
    return digest.hexdigest()


def _read(project: Project, files: List[str], limit: float, grace: Optional[float]) -> List[Dict[str, Any]]:
    import shutil
    import tempfile

    with tempfile.TemporaryDirectory(prefix="dag-reader-") as folder:
        shutil.copyfile(str(template()), folder + "/airflow.db")
        own = {k: v for k, v in os.environ.items() if not k.startswith("AIRFLOW_CONN_")}
        own.update(environment.MWAA)
        own.update(environment.private(Path(folder), project.dags))
        own.update(_own_options(limit))
        own["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path)
        own.update(_seeded(project))
        asked: Dict[str, Any] = {"files": files, "folder": str(project.dags), "limit": limit, "workers": _workers()}
        if grace is not None:
            asked["grace"] = grace
        done = subprocess.run(
            [sys.executable, "-m", "mwaa_airflow.dagtest.reader"],
            input=json.dumps(asked).encode(), env=own, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
    found = [json.loads(line) for line in done.stdout.decode().splitlines()]
    if {one["file"] for one in found} != set(files):
        raise RuntimeError("The DAG files could not be read:\n{}".format(done.stderr.decode(errors="replace")[-3000:]))
    return found


def _own_options(limit: float) -> Dict[str, str]:
    """Airflow's options while a file is read; the last lines of its errors' tracebacks are shown."""
    return {
        "AIRFLOW__CORE__DAGBAG_IMPORT_TIMEOUT": str(limit),
        "AIRFLOW__CORE__DAGBAG_IMPORT_ERROR_TRACEBACKS": "True",
    }


def _seeded(project: Project) -> Dict[str, str]:
    """Variables of seed.yaml as the environment gives them: a look at one at the top of a file is noted, and answered."""
    seed = project.seed()["variables"]
    return {
        "AIRFLOW_VAR_" + name.upper(): value if isinstance(value, str) else json.dumps(value)
        for name, value in seed.items()
        if "=" not in name
    }


def _workers() -> int:
    return max(1, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
