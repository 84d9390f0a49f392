"""The body of a request to /aws_mwaa/cli: Airflow's command line without the word `airflow`, quoted as for a shell.

No shell ever sees it: the words go to Airflow's own parser. What a shell would do with `;`, `|`, `$(...)` or `>` does not
happen; such a word is an argument like any other.
"""

import shlex

LARGEST_BODY = 128 * 1024
"""Bytes. Ours: no limit of MWAA's is known; Linux takes no longer argument."""

SUPPORTED = frozenset(
    tuple(words.split())
    for words in """
    cheat-sheet
    connections add
    connections delete
    dags backfill
    dags delete
    dags list
    dags list-jobs
    dags list-runs
    dags next-execution
    dags pause
    dags report
    dags show
    dags state
    dags test
    dags trigger
    dags unpause
    providers behaviours
    providers get
    providers hooks
    providers links
    providers list
    providers widgets
    roles create
    roles list
    tasks clear
    tasks failed-deps
    tasks list
    tasks render
    tasks state
    tasks states-for-dag-run
    tasks test
    variables delete
    variables get
    variables list
    variables set
    version
    """.strip().splitlines()
)
"""User guide, "Apache Airflow CLI command reference", v2.2.2 (awsdocs/amazon-mwaa-user-guide, airflow-cli-command-reference)."""


class BadCommand(Exception):
    """The body is no command line."""


class Unsupported(Exception):
    """A command that MWAA does not allow, or that Airflow does not have."""


def parse(body):
    """The words of a command that MWAA allows. Raises BadCommand, Unsupported."""
    try:
        words = shlex.split(body.decode("utf-8"))
    except UnicodeDecodeError:
        raise BadCommand("The body is not UTF-8") from None
    except ValueError as problem:
        raise BadCommand("The body cannot be split into words: {}".format(problem)) from None
    if not words:
        raise BadCommand("The body is empty: it must hold a command, such as: dags list")
    if any("\0" in word for word in words):
        raise BadCommand("The body holds a NUL character")
    if tuple(words[:1]) in SUPPORTED or tuple(words[:2]) in SUPPORTED:
        return words
    raise Unsupported("Command not supported by MWAA for Airflow 2.2.2: {}".format(" ".join(words[:2])[:100]))
