"""What Airflow must find in os.environ when it is imported: MWAA's values where DAGs notice them, and nothing shared."""

import os
from pathlib import Path
from typing import Dict

MWAA = {
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    "AIRFLOW__CORE__UNIT_TEST_MODE": "False",
    "AIRFLOW__CORE__DAGBAG_IMPORT_TIMEOUT": "30",
    "AIRFLOW__CORE__DAG_RUN_CONF_OVERRIDES_PARAMS": "False",
    "AIRFLOW__SCHEDULER__CATCHUP_BY_DEFAULT": "False",
}
"""What a DAG can notice of MWAA's configuration."""


def private(folder: Path, dags: Path) -> Dict[str, str]:
    """What makes a process's Airflow its own: home, database, logs below `folder`."""
    return {
        "AIRFLOW_HOME": str(folder),
        "AIRFLOW__CORE__DAGS_FOLDER": str(dags),
        "AIRFLOW__CORE__SQL_ALCHEMY_CONN": "sqlite:///{}/airflow.db".format(folder),
        "AIRFLOW__CORE__SQL_ALCHEMY_POOL_ENABLED": "True",
        "AIRFLOW__CORE__EXECUTOR": "SequentialExecutor",
        # the name of the machine without a question to a name server, at each task
        "AIRFLOW__CORE__HOSTNAME_CALLABLE": "platform.node",
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(folder / "logs"),
        "AIRFLOW__LOGGING__DAG_PROCESSOR_MANAGER_LOG_LOCATION": str(folder / "logs" / "manager.log"),
        "AIRFLOW__SCHEDULER__CHILD_PROCESS_LOG_DIRECTORY": str(folder / "logs" / "scheduler"),
        "AIRFLOW__LOGGING__REMOTE_LOGGING": "False",
        "AIRFLOW__LOGGING__LOGGING_CONFIG_CLASS": "",
        "AIRFLOW__METRICS__STATSD_ON": "False",
        "AIRFLOW__SMTP__SMTP_HOST": "127.0.0.1",
    }


def for_tests(folder: Path, dags: Path) -> None:
    """Replaces all of AIRFLOW_ and AWS_ in os.environ: a test must not depend on, nor reach, what the shell has."""
    for name in [name for name in os.environ if name.startswith(("AIRFLOW_", "AWS_"))]:
        del os.environ[name]
    os.environ.update(
        MWAA,
        AIRFLOW__CORE__FERNET_KEY="",
        AWS_DEFAULT_REGION="us-east-1",
        AWS_ACCESS_KEY_ID="test",
        AWS_SECRET_ACCESS_KEY="test",  # noqa: S106  a dummy: with these a call to real AWS fails
        AWS_EC2_METADATA_DISABLED="true",
        AWS_SHARED_CREDENTIALS_FILE=os.devnull,
        **private(folder, dags),
    )
    plugins = dags.parent / "plugins"
    if plugins.is_dir():  # on the path of every DAG, as on MWAA
        os.environ["AIRFLOW__CORE__PLUGINS_FOLDER"] = str(plugins)


def for_run(folder: Path) -> None:
    """On top of the environment of a running stack: its addresses and options stay, database and logs are of this run."""
    os.environ.update(private(folder, Path(os.environ["AIRFLOW__CORE__DAGS_FOLDER"])))
