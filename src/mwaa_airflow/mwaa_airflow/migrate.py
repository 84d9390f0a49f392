"""The one-shot role `migrate`: a database that Airflow 2.2.2 can use, with its one account. Well under a second.

    python -m mwaa_airflow.migrate --dump stack/db/airflow-2.2.2.sql

An empty database gets the dump (0.2 s, against 12 s for `airflow db init`), in one transaction, so that an interrupted
attempt leaves it empty. A database at the dump's revision is left as it is; at any other, Airflow's own `db upgrade`
decides. The account `admin` is made, or its password brought up to date, from $ADMIN_PASSWORD.
"""

import argparse
import os
import re
import subprocess
import sys

from werkzeug.security import check_password_hash, generate_password_hash

from mwaa_airflow import database

ADMIN = "admin"
# Two migrates at once (two `make up` in a race) take turns; any number will do.
_LOCK = 2022002


class MigrationFailed(RuntimeError):
    """The database could not be brought to the schema of this Airflow."""


def migrate(dump):
    """Brings the database of the environment up to date; returns what was done, in words.

    `dump` is the path of the SQL file. Raises MigrationFailed, or database.DatabaseUnavailable after 60 s.
    """
    database.wait()
    with open(dump) as file:
        sql = file.read()
    wanted = _revision_in(sql, dump)
    with database.connected() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
        found = _revision(cursor)
        if found is None:
            cursor.execute(sql)
    if found is None:
        done = "restored"
    elif found == wanted:
        done = "up to date"
    else:
        _upgrade(found, wanted)
        done = "upgraded from {}".format(found)
    return "{} ({}), account {} {}".format(done, wanted, ADMIN, set_admin(os.environ["ADMIN_PASSWORD"]))


def set_admin(password):
    """Makes the account `admin` with the role Admin, or changes its password; says which: made, changed, kept."""
    with database.connected() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
        cursor.execute("SELECT id, password FROM ab_user WHERE username = %s", (ADMIN,))
        row = cursor.fetchone()
        if row is None:
            cursor.execute(
                "INSERT INTO ab_user (id, first_name, last_name, username, password, active, email, created_on, changed_on)"
                " VALUES (nextval('ab_user_id_seq'), 'Local', 'Admin', %s, %s, true, 'admin@example.com', now(), now())"
                " RETURNING id",
                (ADMIN, generate_password_hash(password)),
            )
            row, said = cursor.fetchone(), "made"
        elif check_password_hash(row[1], password):
            said = "kept"
        else:
            cursor.execute("UPDATE ab_user SET password = %s WHERE id = %s", (generate_password_hash(password), row[0]))
            said = "changed"
        cursor.execute(
            "INSERT INTO ab_user_role (id, user_id, role_id)"
            " SELECT nextval('ab_user_role_id_seq'), %s, id FROM ab_role WHERE name = 'Admin'"
            " ON CONFLICT (user_id, role_id) DO NOTHING",
            (row[0],),
        )
    return said


def _revision(cursor):
    """The Alembic revision of the database; None if it has no tables."""
    cursor.execute("SELECT to_regclass('public.alembic_version')")
    if cursor.fetchone()[0] is None:
        return None
    cursor.execute("SELECT version_num FROM alembic_version")
    row = cursor.fetchone()
    return row[0] if row else ""


def _revision_in(sql, name):
    match = re.search(r"INSERT INTO public\.alembic_version VALUES\s*\('(\w+)'\)", sql)
    if match is None:
        raise MigrationFailed("{} holds no Alembic revision. Make it anew with: make lock".format(name))
    return match.group(1)


def _upgrade(found, wanted):
    done = subprocess.run(
        [sys.executable, "-m", "airflow", "db", "upgrade"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        universal_newlines=True,
    )
    with database.connected() as connection, connection.cursor() as cursor:
        now = _revision(cursor)
    if done.returncode or now != wanted:
        raise MigrationFailed(
            "The database is at revision {}, Airflow {} wants {}, and `airflow db upgrade` did not get there (it is at {}"
            " now):\n{}\nA database of a newer Airflow cannot be used: make reset starts with an empty one.".format(
                found, os.environ.get("AIRFLOW_VERSION", ""), wanted, now, "\n".join(done.stdout.splitlines()[-15:])
            )
        )


def main():
    parser = argparse.ArgumentParser(prog="python -m mwaa_airflow.migrate", description="Prepare Airflow's database.")
    parser.add_argument("--dump", required=True, help="the SQL dump of an empty Airflow database")
    try:
        print("Database:", migrate(parser.parse_args().dump))
    except (MigrationFailed, database.DatabaseUnavailable, OSError) as error:
        sys.exit("migrate: {}".format(error))


if __name__ == "__main__":
    main()
