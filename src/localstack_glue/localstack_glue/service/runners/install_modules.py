"""Installs the modules of a job above its environment, then becomes the job. Runs in the job's process and interpreter,
so that stopping, timeouts, logs and restarts hold for it as for the script. Python 3.6 or later, standard library alone.

    python -I install_modules.py order.json  python script.py --key value ...

order.json:

    layer      the folder to make: an environment with nothing of its own but these modules, in front of `packages`
    python     the interpreter below all environments     version    its version, such as 3.9
    packages   site-packages of the environment below
    pip        words after `pip install`                  index      variables for pip alone
    endpoint   of AWS, for a botocore that the modules bring along
    failed     a file that is made if pip fails: the run is then judged by it

A layer is made once, under a lock, and has its stamp written last; the next run with the same order finds it.
"""

import contextlib
import fcntl
import json
import os
import shutil
import subprocess
import sys
import time
from typing import Any, Dict, Iterator, List, Optional

STAMP = "complete.json"
KEPT = 30 * 24 * 3600  # seconds for which a layer that no run uses is kept


def main(words: List[str]) -> int:
    with open(words[0]) as file:
        order = json.load(file)
    os.unlink(words[0])  # the address of an index may hold a password
    with _locked(order["layer"]):
        stamp = read_stamp(order["layer"])
        if stamp is None and not _make(order):
            with open(order["failed"], "w") as file:
                file.write("pip failed\n")
            return 1
        if stamp is None or stamp["endpoint"] != order["endpoint"]:
            _redirect(order)
        _forget_old_ones(order["layer"])
        os.environ.update((read_stamp(order["layer"]) or {})["environment"])
    os.execv(words[1], words[1:])


def read_stamp(layer: str) -> Optional[Dict[str, Any]]:
    """{"endpoint": ..., "environment": variables for the job}, or None: the layer is not there, or not whole."""
    try:
        with open(os.path.join(layer, STAMP)) as file:
            found: Dict[str, Any] = json.load(file)
            return found
    except (OSError, ValueError):
        return None


def write_stamp(layer: str, endpoint: str, environment: Dict[str, str]) -> None:
    beside = os.path.join(layer, "." + STAMP)
    with open(beside, "w") as file:
        json.dump({"endpoint": endpoint, "environment": environment}, file)
    os.rename(beside, os.path.join(layer, STAMP))


def skeleton(layer: str, python: str, version: str) -> str:
    """An environment of `python` (which is no environment's own) without packages; returns its site-packages."""
    site = _site(layer, version)
    os.makedirs(site)
    os.makedirs(os.path.join(layer, "bin"))
    for name in ("python", "python3", "python" + version):
        os.symlink(python, os.path.join(layer, "bin", name))
    with open(os.path.join(layer, "pyvenv.cfg"), "w") as file:
        file.write(f"home = {os.path.dirname(python)}\ninclude-system-site-packages = false\n")
    return site


def _site(layer: str, version: str) -> str:
    return os.path.join(layer, "lib", "python" + version, "site-packages")


def _make(order: Dict[str, Any]) -> bool:
    """Whether pip installed everything."""
    layer = order["layer"]
    shutil.rmtree(layer, ignore_errors=True)
    site = skeleton(layer, order["python"], order["version"])
    with open(os.path.join(site, "_environment_below.pth"), "w") as file:
        # with its own .pth files, such as the guard's
        file.write("import site; site.addsitedir({!r})\n".format(order["packages"]))
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment.update(order["index"])
    # pip sees the environment below as installed, but not as its own: it never removes anything there
    command = [os.path.join(layer, "bin", "python"), "-m", "pip", "install"]
    options = ["--disable-pip-version-check", "--no-input", "--no-warn-script-location", "--progress-bar", "off"]
    return subprocess.call(command + options + order["pip"], env=environment) == 0


def _redirect(order: Dict[str, Any]) -> None:
    """Modules with a botocore of their own get an endpoint table of their own: fail closed."""
    layer = order["layer"]
    environment = {}
    if os.path.isdir(os.path.join(_site(layer, order["version"]), "botocore")):
        table = os.path.join(layer, "aws")
        command = [os.path.join(layer, "bin", "python"), "-m", "aws_local.endpoints"]
        command += ["--endpoint", order["endpoint"], "--out", table]
        subprocess.check_call(command, stdout=subprocess.DEVNULL)
        environment = {"AWS_DATA_PATH": table, "AWS_CONFIG_FILE": os.path.join(table, "aws.config")}
    write_stamp(layer, order["endpoint"], environment)


def _forget_old_ones(layer: str) -> None:
    folder = os.path.dirname(layer)
    for name in os.listdir(folder):
        other = os.path.join(folder, name)
        with contextlib.suppress(OSError):
            if os.path.getmtime(os.path.join(other, STAMP)) < time.time() - KEPT and other != layer:
                shutil.rmtree(other, ignore_errors=True)


@contextlib.contextmanager
def _locked(layer: str) -> Iterator[None]:
    """One maker at a time; another run that wants the same layer waits for it."""
    os.makedirs(os.path.dirname(layer), exist_ok=True)
    with open(layer + ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
