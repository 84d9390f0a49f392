"""The metadata database without Airflow: psycopg2 and the address that stack/airflow.env gives. Cheap to import."""

import os
import time
from contextlib import contextmanager

import psycopg2


class DatabaseUnavailable(RuntimeError):
    """PostgreSQL did not answer."""


def url():
    """The address as libpq reads it. Raises KeyError outside the stack's environment."""
    return os.environ["SQL_ALCHEMY_CONN"].replace("postgresql+psycopg2://", "postgresql://", 1)


@contextmanager
def connected(timeout=3):
    """A connection whose work is one transaction: committed at the end, rolled back by an exception."""
    connection = psycopg2.connect(url(), connect_timeout=timeout)
    try:
        with connection:
            yield connection
    finally:
        connection.close()


def wait(seconds=60.0):
    """Returns when PostgreSQL accepts connections. Raises DatabaseUnavailable with its last answer after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            with connected():
                return
        except psycopg2.OperationalError as error:
            if time.monotonic() > deadline:
                where = url().rsplit("@", 1)[-1]
                raise DatabaseUnavailable(
                    "PostgreSQL at {} did not accept a connection within {:.0f} s. Its last answer:\n{}\n"
                    "See the log of the postgres role.".format(where, seconds, str(error).strip())
                ) from error
            time.sleep(0.05)
