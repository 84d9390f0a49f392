"""The throw-away database: an SQLite file of this process, copied from a template that Airflow itself has migrated.

Making the template takes Airflow some ten seconds, copying it a millisecond. It is kept by what it is made from: Airflow's
version, its migrations, and this file.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Dict

POOL_SLOTS = 10000  # of default_pool, as on MWAA

_MAKE = """
import logging; logging.disable(logging.INFO)
from airflow.utils import db
from airflow.utils.session import create_session
from airflow.models import Pool
db.upgradedb()
db.create_default_connections()
with create_session() as session:
    session.query(Pool).update({{Pool.slots: {slots}}})
""".format(slots=POOL_SLOTS)


class TemplateFailed(RuntimeError):
    """Airflow could not make its database."""


def cache_folder() -> Path:
    """Where the template and the verdicts on DAG files are kept: the stack's state folder, or the user's cache."""
    own = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mwaa-local"
    for base in (Path(os.environ.get("MWAA_STATE") or own), own):
        folder = base / "dagtest"
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(str(folder), os.W_OK):
            return folder
    raise TemplateFailed("Neither MWAA_STATE nor {} can be written to.".format(own))


def template() -> Path:
    """The migrated, otherwise empty database; made once. Raises TemplateFailed with Airflow's words."""
    kept = cache_folder() / "airflow-{}.db".format(_key())
    with open(str(kept) + ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.is_file():
            _make(kept)
    return kept


def _key() -> str:
    import airflow
    from airflow import version

    digest = hashlib.sha256(Path(__file__).read_bytes())
    for file in sorted((Path(airflow.__file__).parent / "migrations" / "versions").glob("*.py")):
        digest.update(file.name.encode())
    return "{}-{}".format(version.version, digest.hexdigest()[:12])


def _make(kept: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="airflow-template-") as folder:
        made = Path(folder) / "airflow.db"
        environment = {k: v for k, v in os.environ.items() if not k.startswith("AIRFLOW_")}
        environment.update(
            AIRFLOW_HOME=folder,
            AIRFLOW__CORE__SQL_ALCHEMY_CONN="sqlite:///{}".format(made),
            AIRFLOW__CORE__LOAD_EXAMPLES="False",
            # else the passwords of default connections are kept under a key that nobody has later
            AIRFLOW__CORE__FERNET_KEY="",
        )
        done = subprocess.run(
            [sys.executable, "-c", _MAKE], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        if done.returncode:
            raise TemplateFailed(
                "Airflow could not make its database:\n{}".format(done.stdout.decode(errors="replace")[-3000:])
            )
        # in one step, for somebody may look at it without the lock
        partial = str(kept) + ".partial"
        shutil.copyfile(str(made), partial)
        os.replace(partial, str(kept))


class Database:
    """The database of this process, at the place that Airflow was told of before it was imported."""

    def __init__(self) -> None:
        from airflow import settings

        url = settings.SQL_ALCHEMY_CONN
        if not url.startswith("sqlite:///"):
            raise RuntimeError("Airflow was imported before this plugin and would use {}.".format(url.split("@")[-1]))
        self.file = Path(url[len("sqlite:///") :])
        self._template = template()
        self._connect(url)

    def reset(self, seed: Dict[str, Any]) -> "Database":
        """Empty again but for what Airflow starts with and `seed`: {"variables": {}, "connections": {}}."""
        from airflow import settings

        from mwaa_airflow import seed as seeding

        settings.Session.remove()
        settings.engine.dispose()
        for more in ("-journal", "-wal", "-shm"):
            Path(str(self.file) + more).unlink() if Path(str(self.file) + more).exists() else None
        self.file.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(str(self._template), str(self.file))
        if seed.get("variables") or seed.get("connections"):
            seeding.apply(seed)
        return self

    def _connect(self, url: str) -> None:
        """Airflow's engine anew: with a pool, which SQLAlchemy leaves out for files, and without waiting for the disk."""
        from airflow import settings
        from sqlalchemy import create_engine, event
        from sqlalchemy.orm import scoped_session, sessionmaker
        from sqlalchemy.pool import QueuePool

        settings.engine.dispose()
        engine = create_engine(url, poolclass=QueuePool, connect_args={"check_same_thread": False, "timeout": 20})

        @event.listens_for(engine, "connect")
        def hurry(connection: Any, _: Any) -> None:
            connection.execute("PRAGMA synchronous=OFF")
            connection.execute("PRAGMA journal_mode=MEMORY")

        settings.setup_event_handlers(engine)
        settings.engine = engine
        settings.Session = scoped_session(
            sessionmaker(autocommit=False, autoflush=False, bind=engine, expire_on_commit=False)
        )
