"""The commands that /aws_mwaa/cli allows, held against Airflow's own command line; tokens; the body as words."""

import time

import jwt
import pytest

from mwaa_airflow.web import commands, tokens

UNSUPPORTED = """
    tasks run; pools list; pools get; pools set; pools delete; pools import; pools export; variables import; variables export;
    connections get; connections list; connections export; connections import; jobs check; db init; db check-migrations;
    db reset; db upgrade; db shell; db check; kerberos; webserver; scheduler; triggerer; providers logging; providers secrets;
    providers auth; users list; users create; users delete; users add-role; users remove-role; users import; users export;
    sync-perm; rotate-fernet-key; config get-value; config list; info; plugins; celery worker; celery flower; celery stop;
    kubernetes cleanup-pods; kubernetes generate-dag-yaml; standalone
"""


def tree():
    """Every command of Airflow 2.2.2, as words."""
    from airflow.cli.cli_parser import airflow_commands

    for command in airflow_commands:
        if hasattr(command, "subcommands"):
            for sub in command.subcommands:
                yield (command.name, sub.name)
        else:
            yield (command.name,)


def test_thirty_six_commands_are_allowed_and_every_one_is_airflows():
    assert len(commands.SUPPORTED) == 36
    assert set(tree()) >= commands.SUPPORTED


def test_every_other_command_of_airflow_is_refused():
    listed = {tuple(words.split()) for words in UNSUPPORTED.replace("\n", " ").split(";")}
    assert listed == set(tree()) - commands.SUPPORTED
    for words in sorted(listed):
        with pytest.raises(commands.Unsupported, match=words[0]):
            commands.parse(" ".join(words).encode())


@pytest.mark.parametrize(
    "body, words",
    [
        (b"version", ["version"]),
        (b" dags   list\n", ["dags", "list"]),
        (
            b'dags trigger my_dag -c \'{"k": "v w"}\'',
            ["dags", "trigger", "my_dag", "-c", '{"k": "v w"}'],
        ),
        (b'dags trigger d --conf "{\\"a\\":1}"', ["dags", "trigger", "d", "--conf", '{"a":1}']),
        ("variables set name 한글".encode(), ["variables", "set", "name", "한글"]),
        # what a shell would act upon is text here
        (b"version; touch /tmp/x", None),
        (b"dags list; touch /tmp/x", None),
        (b"dags list && id | sh", ["dags", "list", "&&", "id", "|", "sh"]),
        (b"variables set a $(id)", ["variables", "set", "a", "$(id)"]),
        (b"variables set a `id` > /tmp/x", ["variables", "set", "a", "`id`", ">", "/tmp/x"]),
    ],
)
def test_a_body_is_split_as_a_shell_quotes_and_nothing_more(body, words):
    if words is None:  # "version;" and "list;" are no commands
        with pytest.raises(commands.Unsupported):
            commands.parse(body)
    else:
        assert commands.parse(body) == words


@pytest.mark.parametrize("body", [b"", b"  \n", b"dags list 'open", b"\xff\xfe", b"variables set a \x00"])
def test_what_is_no_command_line_is_refused(body):
    with pytest.raises(commands.BadCommand):
        commands.parse(body)


@pytest.mark.parametrize("body", [b"airflow dags list", b"dags", b"DAGS list", b"-h", b"nonsense", b"tasks run a b c"])
def test_what_is_not_among_the_commands_is_unsupported(body):
    with pytest.raises(commands.Unsupported):
        commands.parse(body)


@pytest.fixture
def install(monkeypatch):
    for name, value in (("WEBSERVER_SECRET_KEY", "s" * 32), ("AIRFLOW_ENV_NAME", "here"), ("MWAA_ENV_ID", "id")):
        monkeypatch.setenv(name, value)


def made(kind="cli", key=None, algorithm="HS256", **changes):
    claims = {"aud": kind, "env": "here", "env_id": "id", "sub": "arn", "exp": int(time.time()) + 60}
    claims.update(changes)
    claims = {name: value for name, value in claims.items() if value is not None}
    token = jwt.encode(claims, tokens.key(kind) if key is None else key, algorithm=algorithm)
    return token.decode() if isinstance(token, bytes) else token


def test_a_token_of_this_install_is_read(install):
    assert tokens.read(made(), tokens.CLI)["sub"] == "arn"


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": 1},
        {"exp": None},
        {"env": "elsewhere"},
        {"env_id": "another"},
        {"aud": None},
        {"kind": "web"},
        {"key": b"k" * 32},
        {"key": "", "algorithm": "none"},
        {"algorithm": "HS512"},
    ],
)
def test_any_other_token_is_refused(install, changes):
    with pytest.raises(tokens.TokenRefused):
        tokens.read(made(**changes), tokens.CLI)


@pytest.mark.parametrize("token", ["", "a", "a.b.c", "ä" * 40, "." * 3000])
def test_no_token_is_refused(install, token):
    with pytest.raises(tokens.TokenRefused):
        tokens.read(token, tokens.CLI)
