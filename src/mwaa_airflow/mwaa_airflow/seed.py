"""Sets Airflow's variables and connections from a JSON file: `python -m mwaa_airflow.seed <file>`.

    {"variables": {"name": value, ...}, "connections": {"conn_id": {"uri": ...} or {"conn_type": ..., ...}, ...}}

What is named there is set to what is written there, each time; anything else in Airflow is left alone. Values of
variables that are no text are stored as JSON, so that `var.json.name` reads them.
"""

import json
import sys
from typing import Any, Dict, List

from airflow.models import Connection, Variable
from airflow.utils.session import create_session


def apply(wanted: Dict[str, Dict[str, Any]]) -> List[str]:
    """Returns one line for each thing set; all of it is one transaction, so a failure changes nothing."""
    done = []
    with create_session() as session:
        for name, value in sorted(wanted.get("variables", {}).items()):
            Variable.set(name, value, serialize_json=not isinstance(value, str), session=session)
            done.append("Airflow variable {}: set".format(name))
        for conn_id, fields in sorted(wanted.get("connections", {}).items()):
            session.query(Connection).filter(Connection.conn_id == conn_id).delete()
            session.add(connection(conn_id, dict(fields)))
            done.append("Airflow connection {}: set".format(conn_id))
    return done


def connection(conn_id: str, fields: Dict[str, Any]) -> Connection:
    extra = fields.pop("extra", None)
    if extra is not None:
        fields["extra"] = extra if isinstance(extra, str) else json.dumps(extra)
    return Connection(conn_id=conn_id, **fields)


def main(arguments: List[str]) -> None:
    with open(arguments[0]) as file:
        print("\n".join(apply(json.load(file))))


if __name__ == "__main__":
    main(sys.argv[1:])
