"""What the running environment is, as `make parity` compares it with MWAA's facts. Run in Airflow's environment:

    python -m mwaa_airflow.parity

Prints one JSON document: {"packages": {name: version}, "options": {"section.option": value}, "stock": the same of Airflow's own
defaults, "variables": {name: value}, "values": {name: value}, "customer": [variable]}. Values of secrets are left out: an option
or a variable that holds one has the value "(secret)". `customer` names what airflow-config.yaml or MWAA's API have set.
"""

import configparser
import io
import json
import os
import platform
import pwd
import re
import shutil
import subprocess
import sys
import warnings

HIDDEN = "(secret)"
# Of Airflow (configuration.py, sensitive_config_values), and what of MWAA's variables holds a password or a key.
_SECRET_OPTIONS = re.compile(
    r"fernet_key|secret_key|sql_alchemy_conn|result_backend|password|flower_basic_auth|broker_url"
)
_SECRET_VARIABLES = re.compile(r"FERNET_KEY|SECRET|PASSWORD|SQL_ALCHEMY_CONN|RESULT_BACKEND|ACCESS_KEY|TOKEN|_CONN_")

PROGRAMS = ("aws", "java", "gcc", "g++", "jq", "zip", "unzip", "bzip2", "gzip", "nc", "sudo", "bash")
HEADERS = {
    "unixODBC": "sql.h",
    "MariaDB": "mariadb/mysql.h",
    "PostgreSQL": "postgresql/libpq-fe.h",
    "SASL": "sasl/sasl.h",
    "curl": "x86_64-linux-gnu/curl/curl.h",
    "OpenSSL": "openssl/ssl.h",
}


def packages():
    """Name, as PEP 503 writes it, to version, of the distributions on sys.path: the first of a name, which is imported."""
    from importlib_metadata import distributions

    found = {}
    for distribution in distributions():
        name = distribution.metadata["Name"]
        if name:
            found.setdefault(re.sub(r"[-_.]+", "-", name).lower(), distribution.version)
    return found


def options():
    """Every option as Airflow has it in effect."""
    from airflow.configuration import conf

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        known = conf.as_dict(display_source=False, display_sensitive=False, raw=True)
        return {
            "{}.{}".format(section, name): _shown(name, conf.get(section, name, fallback=None))
            for section in known
            for name in known[section]
        }


def stock():
    """Every option of Airflow's own default file, with what Airflow's own templating makes of it."""
    from airflow import configuration

    text = configuration.parameterized_config(_default_file())
    parser = configparser.RawConfigParser()
    parser.read_file(io.StringIO(text))
    return {
        "{}.{}".format(section, name): _shown(name, value)
        for section in parser.sections()
        for name, value in parser.items(section)
    }


def variables():
    """The environment of the scheduler, if it runs where this does, else that of this process."""
    return {
        name: HIDDEN if _SECRET_VARIABLES.search(name) and name != "AIRFLOW_CONN_AWS_DEFAULT" else value
        for name, value in (_of_scheduler() or os.environ).items()
    }


def customer():
    """The variables of the customer's configuration options."""
    names = set()
    for path in (os.environ.get("MWAA_OPTIONS", ""), os.path.join(os.environ["MWAA_STATE"], "mwaa", "options.env")):
        try:
            with open(path, encoding="utf-8") as lines:
                names.update(re.findall(r"^(AIRFLOW__\w+)=", lines.read(), re.M))
        except OSError:
            continue
    return sorted(names)


def _of_scheduler():
    try:
        with open(os.path.join(os.environ["MWAA_STATE"], "run", "scheduler.pid")) as file:
            pid = int(file.read())
        with open("/proc/{}/environ".format(pid)) as file:
            found = dict(pair.split("=", 1) for pair in file.read().split("\0") if "=" in pair)
    except (OSError, ValueError):
        return None
    # an old file may name a process of somebody else by now
    return found if found.get("MWAA_AIRFLOW_COMPONENT") == "scheduler" else None


def values():
    """What is neither a package nor an option nor a variable."""
    import airflow
    from airflow.providers_manager import ProvidersManager

    return {
        "airflow": airflow.__version__,
        "python": "{}.{}".format(*sys.version_info),
        "machine": platform.machine(),
        "system": _system(),
        "user": pwd.getpwuid(os.getuid()).pw_name,
        "home": os.environ.get("HOME", ""),
        "providers": sorted(ProvidersManager().providers),
        "pip check": _pip_check(),
        "amazon provider needs": _provider_needs(),
        "programs": {name: shutil.which(name) is not None for name in PROGRAMS},
        "headers": {name: os.path.exists(os.path.join("/usr/include", file)) for name, file in HEADERS.items()},
        "java": _java(),
        "aws cli": _aws_cli(),
        "database": _database(),
        "pool slots": _pool_slots(),
        "paths": {name: os.path.exists(name) for name in _paths()},
        "sys.path order": _path_order(),
        "auth backends": sorted(
            name[:-3]
            for name in os.listdir(os.path.join(os.path.dirname(airflow.__file__), "api", "auth", "backend"))
            if name.endswith(".py") and name != "__init__.py"
        ),
        "end of PATH": (variables().get("PATH") or "").split(os.pathsep)[-3:],
        "later than 2.2.2": _later(),
        "triggerer": _triggerer(),
        "user site": _user_site(),
    }


def _default_file():
    from airflow import configuration

    with open(configuration._default_config_file_path("default_airflow.cfg"), encoding="utf-8") as file:
        return file.read()


def _shown(name, value):
    return HIDDEN if value and _SECRET_OPTIONS.search(name) else value


def _system():
    try:
        with open("/etc/os-release") as lines:
            return next(line.split("=", 1)[1].strip().strip('"') for line in lines if line.startswith("PRETTY_NAME="))
    except (OSError, StopIteration):
        return platform.system()


def _pip_check():
    """The complaints of `pip check`, without those on packages that are not MWAA's."""
    done = _run(sys.executable, "-m", "pip", "check", "--disable-pip-version-check")
    return sorted(line for line in done.splitlines() if line.startswith("apache-airflow-providers"))


def _aws_cli():
    found = re.match(r"aws-cli/(\d+)", _run("aws", "--version"))
    return found.group(1) if found else ""


def _run(*words):
    try:
        done = subprocess.run(
            words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True, timeout=60
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout


def _database():
    from airflow.settings import engine

    return "{} {}".format(engine.dialect.name, engine.execute("SHOW server_version").scalar().split(".")[0])


def _pool_slots():
    from airflow.models import Pool

    return Pool.get_default_pool().slots


def _paths():
    home = os.environ["AIRFLOW_HOME"]
    places = ("airflow.cfg", "webserver_config.py", "dags", "plugins", "requirements", "startup", "logs")
    return ["/usr/local/airflow", *(os.path.join(home, name) for name in places)]


def _path_order():
    """Which of Airflow's folders are on sys.path, in their order."""
    from airflow import settings

    plugins, home = settings.PLUGINS_FOLDER, os.environ["AIRFLOW_HOME"]
    names = {settings.DAGS_FOLDER: "dags", os.path.join(home, "config"): "config", plugins: "plugins"}
    site = next(i for i, path in enumerate(sys.path) if path.endswith("site-packages"))
    order = [names[path] for path in sys.path if path in names]
    after = all(sys.path.index(path) > site for path in names if path in sys.path)
    return ["site-packages", *order] if after else order


def _provider_needs():
    from importlib_metadata import requires

    needs = requires("apache-airflow-providers-amazon") or []
    return sorted(need for need in needs if "extra ==" not in need)


def _java():
    found = re.search(r'version "(\d+(?:\.\d+)?)', _run("java", "-version"))
    return found.group(1) if found else ""


def _later():
    """What came after 2.2.2, and whether it is there all the same."""
    import importlib.util

    from airflow.cli import cli_parser
    from airflow.models import BaseOperator

    backends = "airflow.api.auth.backend.session"
    return {
        "airflow db migrate": "migrate" in {command.name for command in cli_parser.DB_COMMANDS},
        "airflow dag-processor": "dag-processor" in cli_parser.ALL_COMMANDS_DICT,
        "operator.expand": hasattr(BaseOperator, "expand") or hasattr(BaseOperator, "partial"),
        "airflow.datasets": importlib.util.find_spec("airflow.datasets") is not None,
        "session auth backend": importlib.util.find_spec(backends) is not None,
        ".airflowignore by glob": "core.dag_ignore_file_syntax" in options(),
    }


def _triggerer():
    """Whether one has ever run on this database."""
    from airflow.jobs.triggerer_job import TriggererJob
    from airflow.utils.session import create_session

    with create_session() as session:
        return session.query(TriggererJob).first() is not None


def _user_site():
    return "/usr/local/airflow/.local/lib/python3.7/site-packages" in sys.path


def main():
    document = {
        "packages": packages(),
        "options": options(),
        "stock": stock(),
        "variables": variables(),
        "values": values(),
        "customer": customer(),
    }
    print(json.dumps(document))


if __name__ == "__main__":
    main()
