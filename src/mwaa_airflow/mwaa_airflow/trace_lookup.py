"""Which secrets backend answers for a variable or a connection: asks those of Airflow one by one, as Airflow does.

    python -m mwaa_airflow.trace_lookup variable|connection NAME

Prints one JSON document: {"lookups": [...], "answered": name or null}. The order and the way to ask are those of
Variable.get_variable_from_secrets and Connection.get_connection_from_secrets (Airflow 2.2.2, airflow/models): the backend of
the option `secrets.backend`, then the environment, then the metastore. One that raises is passed over. The first answer ends it.

Each lookup: {"backend": class, "asks_for": what it looks for, "asked": bool, "found": bool, "value": text or null, "shown":
the value masked, "error": text or null, "seconds": float}.
"""

import argparse
import json
import os
import sys
import time
from urllib.parse import urlsplit

MASK = "***"


def trace(kind, name):
    """The document for a "variable" or a "connection". Raises what Airflow raises when it makes the backends."""
    from airflow.configuration import ensure_secrets_loaded

    answered, lookups = None, []
    for backend in ensure_secrets_loaded():
        lookup = {"backend": type(backend).__name__, "asks_for": _asks_for(backend, kind, name)}
        lookups.append(dict(lookup, **(_ask(backend, kind, name) if answered is None else _not_asked())))
        if answered is None and lookups[-1]["found"]:
            answered = lookup["backend"]
    return {"lookups": lookups, "answered": answered}


def _ask(backend, kind, name):
    value, error, begun = None, None, time.perf_counter()
    try:
        value = backend.get_variable(key=name) if kind == "variable" else _uri(backend.get_connection(conn_id=name))
    except Exception as problem:  # of whatever kind: Airflow logs it and asks the next one
        error = "{}: {}".format(type(problem).__name__, problem)
    shown = None if value is None else _masked(kind, value)
    return {
        "asked": True, "found": value is not None, "value": value, "shown": shown, "error": error,
        "seconds": time.perf_counter() - begun,
    }  # fmt: skip


def _not_asked():
    return {"asked": False, "found": False, "value": None, "shown": None, "error": None, "seconds": 0.0}


def _uri(connection):
    return connection.get_uri() if connection else None


def _masked(kind, value):
    """As much as tells one value from another kind of value, and no more: a connection's type, a variable's length."""
    if kind == "connection":
        return "{}://{}".format(urlsplit(value).scheme, MASK)
    return "{} ({} characters)".format(MASK, len(value))


def _asks_for(backend, kind, name):
    """What a backend looks for, where it can be told: a secret's name, a variable of the environment, a table's row."""
    prefix = getattr(backend, "variables_prefix" if kind == "variable" else "connections_prefix", "")
    known = {
        "EnvironmentVariablesBackend": "AIRFLOW_{}_{}".format("VAR" if kind == "variable" else "CONN", name.upper()),
        "MetastoreBackend": "table {}, {}".format(kind, name),
    }
    if type(backend).__name__ in known:
        return known[type(backend).__name__]
    if prefix is None:
        return "nothing: its prefix is null"
    return "{}{}{}".format(prefix, getattr(backend, "sep", "/") if prefix else "", name)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=["variable", "connection"])
    parser.add_argument("name")
    arguments = parser.parse_args()
    # what Airflow prints while it is imported goes elsewhere: standard output is the document's
    document, sys.stdout = os.fdopen(os.dup(1), "w"), sys.stderr
    document.write(json.dumps(trace(arguments.kind, arguments.name)) + "\n")
    document.close()


if __name__ == "__main__":
    main()
