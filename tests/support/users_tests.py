"""Tests as users of the replica have them: a folder of their own, run by stack/bin/dag-tests."""

import os
import subprocess

from mwaa_local.settings import ROOT


def write(folder, text):
    """A repository with a test module, and no DAGs of its own."""
    (folder / "dags").mkdir()
    (folder / "test_of_user.py").write_text(text)


def run(state, folder, *arguments):
    """Runs them, as from a plain shell that knows where the Docker engine is; `state` is the state folder of the stack."""
    environment = {name: value for name, value in os.environ.items() if name.startswith("DOCKER_")}
    environment |= {"PATH": "/usr/bin:/bin", "HOME": str(folder), "MWAA_STATE": str(state)}
    command = [ROOT / "stack" / "bin" / "dag-tests", ".", "-p", "no:cacheprovider", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=500)
