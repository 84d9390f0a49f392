"""The web server's login (AIRFLOW_HOME/webserver_config.py links here): accounts in Airflow's database.

MWAA puts a security manager of its own here, which asks IAM; locally there is one account, `admin`, made by `migrate`.
"""

from flask_appbuilder.security.manager import AUTH_DB

AUTH_TYPE = AUTH_DB
WTF_CSRF_ENABLED = True
