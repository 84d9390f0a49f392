"""Makes the database dump that `migrate` restores: what `airflow db init` leaves in an empty PostgreSQL.

    python -m mwaa_airflow.dump --server postgresql://airflow:...@127.0.0.1:5432/postgres --out stack/db/airflow-2.2.2.sql
                                [--pg-dump PROGRAM]

Run by `make lock`. Makes a database of its own on the server, migrates it, dumps it, drops it. The result is plain SQL that
psycopg2 alone can run, and the same bytes every time:

* an empty Fernet key, so that Airflow's default connections hold no key of anybody; any later key reads them
* the default pool with MWAA's 10000 slots
* rows with times in them (the audit log of `db init` itself) are left out; a fixed hash seed fixes the order of the rest
* pg_dump's \\restrict lines, which only psql understands, and its versions are left out
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import uuid

import psycopg2

# Filled by `airflow db init` about itself, with the time of day: not part of an empty Airflow.
VOLATILE_TABLES = ("log", "job", "serialized_dag", "import_error")
# `SELECT pg_catalog.setval('public.log_id_seq', 3, true);` would tell of those rows.
_VOLATILE_LINE = re.compile(
    r"^(\\(un)?restrict |-- Dumped (from|by) |.*setval\('public\.({})_id_seq')".format("|".join(VOLATILE_TABLES))
)
# `db init` grants a role's permissions in no fixed order: numbered anew, by role and permission.
_IN_ORDER = """
    CREATE TEMPORARY TABLE granted AS SELECT permission_view_id, role_id FROM ab_permission_view_role;
    DELETE FROM ab_permission_view_role;
    INSERT INTO ab_permission_view_role (id, permission_view_id, role_id)
        SELECT row_number() OVER (ORDER BY role_id, permission_view_id), permission_view_id, role_id
        FROM granted ORDER BY role_id, permission_view_id;
    DROP TABLE granted;
"""


def make(server, out, pg_dump="pg_dump"):
    """Writes the dump to the file `out`. `server` is the URL of any database of a server where databases may be made.

    Raises RuntimeError with the program's last lines if `airflow db init` or pg_dump fails; the file is then untouched.
    """
    name = "airflow_dump_{}".format(uuid.uuid4().hex[:8])
    _run_sql(server, "CREATE DATABASE {}".format(name))
    try:
        database = "{}/{}".format(server.rsplit("/", 1)[0], name)
        with tempfile.TemporaryDirectory() as home:
            _initialise(database, home)
        _run_sql(database, _IN_ORDER)
        options = ["--no-owner", "--no-privileges", "--inserts", "--rows-per-insert=200", "--encoding=UTF8"]
        volatile = ["--exclude-table-data=public.{}".format(table) for table in VOLATILE_TABLES]
        sql = _run([pg_dump] + options + volatile + [database], dict(os.environ, TZ="UTC"))
    finally:
        _run_sql(server, "DROP DATABASE {}".format(name))
    lines = [line for line in sql.splitlines(True) if not _VOLATILE_LINE.match(line)]
    temporary = "{}.new".format(out)
    with open(temporary, "w") as file:
        file.write("".join(lines))
    os.replace(temporary, out)


def _initialise(database, home):
    environment = {key: value for key, value in os.environ.items() if not key.startswith("AIRFLOW")}
    environment.update(
        AIRFLOW_HOME=home,
        AIRFLOW__CORE__SQL_ALCHEMY_CONN=database.replace("postgresql://", "postgresql+psycopg2://", 1),
        AIRFLOW__CORE__FERNET_KEY="",
        AIRFLOW__CORE__LOAD_EXAMPLES="False",
        AIRFLOW__CORE__DAGS_FOLDER=os.path.join(home, "no-dags"),
        AIRFLOW__CORE__PLUGINS_FOLDER=os.path.join(home, "no-plugins"),
        AIRFLOW__CORE__DEFAULT_POOL_TASK_SLOT_COUNT="10000",
        PYTHONHASHSEED="0",
    )
    _run([sys.executable, "-m", "airflow", "db", "init"], environment)


def _run(command, environment):
    done = subprocess.run(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True
    )
    if done.returncode:
        last = "\n".join((done.stdout + done.stderr).splitlines()[-15:])
        raise RuntimeError("{} ended with exit code {}:\n{}".format(" ".join(command[:4]), done.returncode, last))
    return done.stdout


def _run_sql(url, statement):
    connection = psycopg2.connect(url)
    connection.autocommit = True  # CREATE DATABASE cannot run inside a transaction
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement)
    finally:
        connection.close()


def main():
    parser = argparse.ArgumentParser(prog="python -m mwaa_airflow.dump", description="Dump an empty Airflow database.")
    parser.add_argument("--server", required=True, help="postgresql:// URL of a server where databases may be made")
    parser.add_argument("--out", required=True, help="the file to write")
    parser.add_argument("--pg-dump", default="pg_dump", help="the pg_dump program, of the server's version or newer")
    options = parser.parse_args()
    make(options.server, options.out, options.pg_dump)


if __name__ == "__main__":
    main()
