"""The steps before Airflow in a running stack: what they leave, and what is said of one that failed."""

import subprocess

from tests.support.stack import poll

STREAMS = "$AIRFLOW_HOME/logs/streams"
ROLES = ["scheduler", "webserver", "worker"]


def step(stack, name, role):
    """(state, line) of a step of a role's last start."""
    for record in stack.status()["start"]:
        if record["role"] == role:
            return next(((s["state"], s["line"]) for s in record["steps"] if s["step"] == name), None)
    return None


def test_each_role_ran_the_script_and_airflow_has_what_it_exported(stack):
    assert sorted(record["role"] for record in stack.status()["start"]) == ROLES
    assert {step(stack, "startup script", role) for role in ROLES} == {("done", "")}
    command = stack.airflow.command("printenv", "SEEN_BY_AIRFLOW", "AIRFLOW__CORE__PARALLELISM")
    done = subprocess.run(command, capture_output=True, text=True, env=stack.airflow.environment())
    assert done.stdout.split("\n")[:2] == ["by scheduler", "10000"], done.stderr
    for group in ("Scheduler", "Worker", "WebServer"):
        log = stack.read(f"{STREAMS}/{group}/startup_script_execution_ip-*.log")
        assert "Finished running startup script. Execution time: " in log and "Verification completed" in log


def test_requirements_that_cannot_be_installed_are_a_verdict_and_the_role_serves_without(stack, project):
    file = project / "requirements.txt"
    file.write_text("--no-index\nno-such-package==1.0\n")
    try:
        assert stack.command("restart", "webserver").returncode == 0
        wanted = "ERROR: No matching distribution found for no-such-package==1.0"
        assert poll(lambda: step(stack, "requirements", "webserver") == ("failed", wanted), 120, every=1)
        assert poll(lambda: stack.running.health("webserver")[0], 120, every=1)
        told = stack.command("status")
        assert told.returncode == 1 and f"requirements failed in webserver: {wanted}" in " ".join(told.stdout.split())
        assert wanted in stack.read(f"{STREAMS}/WebServer/requirements_install_ip-*.log")
    finally:
        file.unlink()
        stack.command("restart", "webserver")
        stack.wait_until_healthy()
