"""In a role's user site of native mode (mwaa_airflow.start.user_site): `pip install --user`, and PIP_USER=true, install into it.

It is a virtual environment, in which pip refuses that; on MWAA there is none. Nothing else of pip is changed: what lies below
is never touched, for it is outside of this environment.
"""

from aws_local.imports import after_import


def _allow_user_installs(module):
    module.virtualenv_no_global = lambda: False


after_import("pip._internal.commands.install", _allow_user_installs)
