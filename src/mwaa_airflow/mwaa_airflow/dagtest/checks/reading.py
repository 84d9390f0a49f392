"""What a DAG file does while it is read, from the report of its own process (reader)."""

from typing import Iterator

from mwaa_airflow.dagtest.checks.registry import Problem, Subject, check


@check("read without an error within MWAA's 30 s; no sys.exit, no fork, no megabytes of output", needs_dags=False)
def imports(subject: Subject) -> Iterator[Problem]:
    for problem in subject.report.problems(subject.policy.import_seconds):
        yield "", problem


@check("no connection is opened and no process started while it is read (sockets are blocked)", needs_dags=False)
def no_network(subject: Subject) -> Iterator[Problem]:
    for what, where in subject.report.network:
        yield "", "uses the network while it is read: {} at {}".format(what, where or "(outside of dags/)")
    for what, where in subject.report.processes:
        if what != "fork" and where:
            yield "", "starts a process while it is read: {} at {}".format(what, where)


@check("no variable, connection or query of the metadata database while it is read", needs_dags=False)
def no_lookups(subject: Subject) -> Iterator[Problem]:
    for kind, name, where in subject.report.lookups:
        yield "", "looks up the {} {!r} while it is read, every 30 s, at {}".format(kind, name, where)
    for statement, where in subject.report.queries:
        if where:
            yield "", "asks the metadata database while it is read: {} at {}".format(statement, where)


@check("the web server can show it: its DAGs can be serialized", needs_dags=False)
def serializes(subject: Subject) -> Iterator[Problem]:
    for dag_id, error in sorted(subject.report.serialization.items()):
        yield dag_id, "cannot be serialized: {}".format(error)
