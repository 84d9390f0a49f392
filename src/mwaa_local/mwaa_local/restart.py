"""`make restart`: one service; or all of Airflow's, with the project's airflow-config.yaml as it is now."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from mwaa_local import configuration_options
from mwaa_local.console import err, out
from mwaa_local.errors import LocalError
from mwaa_local.stack import Stack

AIRFLOWS = ("scheduler", "worker", "webserver")


def restart(stack: Stack, role: str) -> None:
    """Returns before the services are healthy. Raises BadFile for a wrong airflow-config.yaml, and stops nothing then."""
    known = [r.name for r in stack.roles if not r.once]
    if role and role not in known:
        raise LocalError(f"There is no service {role!r}.", f"make restart SERVICE=..., one of: {', '.join(known)}")
    wanted = [role] if role else [name for name in AIRFLOWS if name in known]
    if not role:
        options = configuration_options.load(stack.settings.mwaa_project)
        options.write(stack.settings.mwaa_state)
        for warning in options.warnings:
            err.print(f"[yellow]warning:[/] {configuration_options.NAME}: {warning}")
        out.print(f"{options} of {configuration_options.NAME} applied.")
    with err.status(f"Stopping {', '.join(wanted)} ..."), ThreadPoolExecutor(len(wanted)) as pool:
        for done in [pool.submit(stack.restart_role, name) for name in wanted]:
            done.result()
    verb = "restarts" if len(wanted) == 1 else "restart"
    out.print(f"{', '.join(wanted)} {verb}; make status shows when all is healthy.")
