"""Every difference between the two modes, with its reason. Nothing else may differ, and all of this must.

ADDRESSES are written as the shell reads them, with the variables of a role's environment. Wherever the value of one stands
in an option or in a variable, its name takes the value's place before the comparison: so one address is one difference,
however many options are made from it.
"""

OWN_NAMES = "containers reach one another by their services' names; on one machine all is loopback"
OWN_FOLDERS = "in a container where MWAA has it, or where the image has it; else in the state folder"
OWN_PORTS = "a container's own ports are fixed; on the host they are settings"
OWN_NETWORK = "0.0.0.0 is the containers' own network, and Docker publishes on 127.0.0.1 only"
ONLY_SUPERVISOR = "tells a process about supervisord; Docker has no supervisord"
ONLY_SETTINGS = "a setting of the command line: native roles read its whole file, containers get what they need"
THE_USER = "a container has its own user `airflow`, as MWAA; else it is who runs `make up`"

ADDRESSES = {
    "${AWS_ENDPOINT#*://}": OWN_NAMES,
    "$POSTGRES_HOST:$POSTGRES_PORT": OWN_NAMES,
    "$LOCAL_HOSTS": OWN_NAMES,
    "$AIRFLOW__CORE__DAGS_FOLDER": "MWAA's folder, where the project's is mounted; else read where they are edited",
    "$AIRFLOW__CORE__PLUGINS_FOLDER": "MWAA's folder, where the project's is mounted; else read where they are edited",
    "$AIRFLOW_HOME": OWN_FOLDERS,
    "$AIRFLOW_AWS_DATA": OWN_FOLDERS,
    "$AIRFLOW_USER_BASE": "the user site, as on MWAA; where roles share a machine, each has its own below this folder",
    "$MWAA_PLUGINS_ZIP": "in the project; a container has that where MWAA has requirements.txt",
    "$MWAA__CORE__STARTUP_SCRIPT_PATH": "in the project, which a container has where MWAA has the file",
    "$MWAA__CORE__REQUIREMENTS_PATH": "in the project, which a container has where MWAA has the file",
    "$AIRFLOW_PYTHON": OWN_FOLDERS,
    "$LOCALSTACK_PYTHON": OWN_FOLDERS,
    "$CLI_PYTHON": OWN_FOLDERS,
    "$GLUE_PYTHONSHELL_39_PYTHON": OWN_FOLDERS,
    "$GLUE_PYTHONSHELL_39_AWS_DATA": OWN_FOLDERS,
    "$GLUE_PYTHONSHELL_36_PYTHON": OWN_FOLDERS,
    "$GLUE_PYTHONSHELL_36_AWS_DATA": OWN_FOLDERS,
    "$POSTGRES_PROGRAMS": OWN_FOLDERS,
    "$MWAA_STATE": OWN_FOLDERS,
    "$MWAA_PROJECT": OWN_FOLDERS,
}

# Variables that depend on the machine or on the base image's version, not on the mode.
OF_THE_MACHINE = {
    **dict.fromkeys(
        ["GPG_KEY", "PYTHON_VERSION", "PYTHON_SHA256"], "what some official Python images say of themselves"
    ),
    **dict.fromkeys(
        ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "PIP_CERT", "PIP_CONFIG_FILE"],
        "where docker/certs has a company's authority",
    ),
}

LISTED: dict[str, dict[str, str]] = {
    "packages of Airflow": {},
    "packages of LocalStack": {
        "pip": "belongs to the official Python image",
    },
    "packages of Glue's Python shell": {},
    "options of Airflow": {
        "webserver.web_server_host": OWN_NETWORK,
        "webserver.web_server_port": OWN_PORTS,
        "metrics.statsd_port": OWN_PORTS,
    },
    "environment of a task": {
        "MODE": "says which mode it is",
        "AIRFLOW__WEBSERVER__WEB_SERVER_HOST": OWN_NETWORK,
        "AIRFLOW__METRICS__STATSD_PORT": OWN_PORTS,
        "STATSD_PORT": OWN_PORTS,
        "WEB_LISTEN": OWN_NETWORK,
        "LOCALSTACK_LISTEN": OWN_NETWORK,
        "POSTGRES_LISTEN": OWN_NETWORK,
        "POSTGRES_HOST": OWN_NAMES,
        "AIRFLOW__WEBSERVER__WEB_SERVER_PORT": OWN_PORTS,
        "WEB_PORT": OWN_PORTS,
        "AWS_PORT": OWN_PORTS,
        "POSTGRES_PORT": OWN_PORTS,
        "PUBLISHED_WEB_PORT": OWN_PORTS,
        "PUBLISHED_AWS_PORT": OWN_PORTS,
        "AWS_URL": "the endpoint as a browser on the host reaches it: where processes run on the host, as they do, too",
        "USER": THE_USER,
        "PATH": "MWAA's own in a container; else that of who runs `make up`, after Airflow's",
        "OLDPWD": "where the role was started",
        "HOSTNAME": "Docker names each container",
        "MWAA_SECRETS": "the secrets are a file that Compose mounts; else they lie in the state folder",
        "MWAA_OPTIONS": "likewise a file, with the options of airflow-config.yaml",
        "MWAA_SOURCE": "where the bucket's files come: MWAA's own places in a container, a folder where roles share a machine",
        "MWAA_ROOT": ONLY_SETTINGS,
        "PIP_CACHE_DIR": "that of who runs `make up`; a container's user has its own",
        "PYTHONUSERBASE": "a virtual environment, as native mode's is, has no user site of its own",
        "PORTS": ONLY_SETTINGS,
        "GLUE": ONLY_SETTINGS,
        "SPARK_HISTORY_PORT": ONLY_SETTINGS,
        "GLUE_SPARK_CODE": OWN_FOLDERS,
        "GLUE_SPARK_ENVIRONMENTS": OWN_FOLDERS,
        "GLUE_SPARK_INSTALLER": "an image has its Spark from when it was built; nothing is installed in a container",
        "UP_TIMEOUT": ONLY_SETTINGS,
        "WATCH_TESTS": ONLY_SETTINGS,
        "WORKER_STOP_TIMEOUT": ONLY_SETTINGS,
        "SPT_NOENV": "keeps the environment readable by `make down`, which ends processes by it",
        "SUPERVISOR_ENABLED": ONLY_SUPERVISOR,
        "SUPERVISOR_GROUP_NAME": ONLY_SUPERVISOR,
        "SUPERVISOR_PROCESS_NAME": ONLY_SUPERVISOR,
        "SUPERVISOR_SERVER_URL": ONLY_SUPERVISOR,
    },
    "LocalStack": {},
    "settings of PostgreSQL": {
        "listen_addresses": OWN_NETWORK,
        "port": OWN_PORTS,
    },
    "roles": {
        "keeper": "below supervisord, which it brings back; Docker mode's is a process of the host, and brings back containers",
        "cloudwatch-agent": "one process below supervisord; Docker mode has one in each of Airflow's containers",
        "seed-airflow": "Airflow's part of the seed takes Airflow's image; else the one seed calls both interpreters",
    },
    "health": {
        "postgres stands still": "psql names a host by name and address where it has a name",
    },
}
