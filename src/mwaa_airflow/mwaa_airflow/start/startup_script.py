"""The startup script: sourced by bash as MWAA does it, with a time limit, and what it exported kept.

The words in the log are those of AWS's local runner (docker/script/shell-launch-script.sh and verification.sh), which are also
those of the guide ("Using a startup script"). As there, a script that ends its shell (`exit`, or a failing command after
`set -e`), or runs too long, leaves no variable behind, and Airflow starts all the same.
"""

import os
import re
import select
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress

from mwaa_airflow.start import reserved

SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), *[".."] * 4, "stack", "bin", "startup-script")
PARENT = os.getppid()
PIPE = 1024**2  # bytes: what a pipe holds at most; who prints without end is not waited for
GRACE = 5.0  # seconds from SIGTERM to SIGKILL for a script that ran too long; AWS's newer image has the same
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*$")
# In the environment of all that the script starts: by it they are found when they have left the process group.
MARK = "MWAA_STARTED_BY"
EXPECTED = (("apache-airflow", "2.2.2"), ("watchtower", "2.0.1"))


class Outcome:
    """What came of a script: its exported variables (None: lost), and the line that says what went wrong ("": nothing)."""

    def __init__(self, variables, problem):
        self.variables, self.problem = variables, problem


def run(script, role, environment, *, folder, limit, stream):
    """Sources `script`; its output goes to `stream`. `limit` in seconds; `folder` holds what is written on the way."""
    shell = shutil.which("bash") or "/bin/bash"
    wrong = _syntax_error(shell, script)
    kept = os.path.join(folder, role + ".startup.env")
    _remove(kept)
    mark = "{}:{}".format(environment.get("MWAA_ENV_ID", ""), role)
    begun = time.monotonic()
    # A shell between us and the script's: it is what the script sees as its parent, and may kill.
    process = subprocess.Popen(
        [shell, "-c", '"$0" "$1" "$2" "$3"; exit $?', shell, os.path.abspath(SOURCE), script, kept],
        env=dict(environment, **{MARK: mark}),
        cwd=environment["AIRFLOW_HOME"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    code = follow(process, begun + limit, stream)
    seconds = time.monotonic() - begun
    if code is None:
        end(process, mark)
        stream.line("Startup script timed out after {:g} seconds.".format(limit))
        return Outcome(None, "timed out after {:g} seconds".format(limit))
    if code < 0:
        # what it killed was its parent; the script itself may still run
        end(process, mark)
    stream.line("Finished running startup script. Execution time: {:.3f}s.".format(seconds))
    variables = _read(kept)
    _remove(kept)
    if code < 0:
        return Outcome(variables, "killed the shell that ran it ({})".format(signal.Signals(-code).name))
    if variables is None:
        lost = "ended its shell (exit code {}): what it exported is lost, and the rest of it did not run".format(code)
        return Outcome(None, "{}; {}".format(lost, wrong) if wrong else lost)
    return Outcome(variables, wrong)


def kept_variables(variables, before):
    """(what Airflow gets besides `before`, names that were put back): exported variables as far as they are free."""
    changed = {name: value for name, value in variables.items() if before.get(name) != value and NAME.match(name)}
    changed = {name: value for name, value in changed.items() if name not in reserved.OF_THE_SHELL}
    put_back = sorted(name for name in changed if reserved.is_reserved(name) and name != MARK)
    return {name: value for name, value in changed.items() if not reserved.is_reserved(name)}, put_back


def verify(environment, places, stream):
    """Prints what MWAA's verification prints; returns its errors. `places`: folders of packages, the first one counts."""
    stream.line("Running verification")
    errors = []
    if not _is_python_37(environment):
        errors.append("Validation Error: Python version 3.7 expected")
    for name, wanted in EXPECTED:
        if version(name, places) != wanted:
            errors.append("Validation Error: {} version {} expected".format(name, wanted))
    for error in errors:
        stream.line(error)
    stream.line("Verification completed")
    return errors


def version(name, places):
    """The version of a package that is installed in the first of these folders that has it, else ""."""
    wanted = re.compile(name.replace("-", "[-_]") + r"-([^-]+)(?:-py3\.7)?\.(?:dist|egg)-info$", re.I)
    for place in places:
        for entry in os.listdir(place) if os.path.isdir(place) else ():
            match = wanted.match(entry)
            if match:
                return match.group(1)
    return ""


def end_leftovers(environment, role):
    """Ends what the script of this role's last start left running; on MWAA it went with its container."""
    _signal(_marked("{}:{}".format(environment.get("MWAA_ENV_ID", ""), role)), signal.SIGKILL)


def _syntax_error(shell, script):
    """bash's words on a script that it cannot read to its end; what stands before is run all the same."""
    done = subprocess.run(
        [shell, "-n", script], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False
    )
    said = done.stderr.decode("utf-8", "replace").strip().splitlines()
    return said[0].replace(script, os.path.basename(script)) if done.returncode and said else ""


def follow(process, deadline, stream):
    """Passes the output on until the script has ended; returns its exit code, None when the time is over."""
    source = process.stdout.fileno()
    os.set_blocking(source, False)
    begun = time.monotonic()
    while True:
        ended = process.poll() is not None
        more = _pass_on(source, stream)
        if ended:
            break
        if os.getppid() != PARENT:  # the role was stopped meanwhile
            end(process, "")
            sys.exit("start: the role that asked for this is gone")
        now = time.monotonic()
        if now >= deadline:
            return None
        # the end of the script is no event here: it is looked for, often in the first second
        pause = min(deadline - now, 0.005 if now - begun < 1 else 0.05)
        if more:
            select.select([source], [], [], pause)
        else:
            time.sleep(pause)
    _leave_to_a_reader(process, source, stream)
    return process.returncode


def _pass_on(source, stream):
    """Moves what is there now; returns whether there may be more later (False: all writers have closed it)."""
    for _ in range(PIPE // 65536):
        try:
            data = os.read(source, 65536)
        except BlockingIOError:
            return True
        if not data:
            return False
        stream.write(data)
    return True


def _leave_to_a_reader(process, source, stream):
    """What the script left running writes on: somebody must read it, or it would be killed by its first print."""
    try:
        os.killpg(process.pid, 0)
    except OSError:
        return
    if os.fork() == 0:
        try:
            os.setsid()
            nothing = os.open(os.devnull, os.O_RDWR)
            for descriptor in (0, 1, 2):
                os.dup2(nothing, descriptor)
            os.set_blocking(source, True)
            for data in iter(lambda: os.read(source, 65536), b""):
                stream.write(data)
        finally:
            os._exit(0)


def end(process, mark):
    """Ends the process group, and what has left it."""
    until = time.monotonic() + GRACE
    _end_group(process, signal.SIGTERM)
    while time.monotonic() < until and (process.poll() is None or _group_lives(process)):
        time.sleep(0.05)
    _end_group(process, signal.SIGKILL)
    if mark:
        _signal(_marked(mark), signal.SIGKILL)
    process.wait()


def _end_group(process, number):
    with suppress(OSError):
        os.killpg(process.pid, number)


def _group_lives(process):
    try:
        os.killpg(process.pid, 0)
    except OSError:
        return False
    return True


def _marked(mark):
    """Processes that carry the mark; none where the system has no /proc."""
    wanted = "{}={}".format(MARK, mark).encode()
    for name in os.listdir("/proc") if os.path.isdir("/proc") else ():
        if name.isdigit() and int(name) != os.getpid():
            try:
                with open("/proc/{}/environ".format(name), "rb") as file:
                    if wanted in file.read().split(b"\0"):
                        yield int(name)
            except OSError:
                continue


def _signal(pids, number):
    for pid in pids:
        try:
            os.kill(pid, number)
        except OSError:
            continue


def _is_python_37(environment):
    """Whether `python3` is still that of Airflow; another one is asked."""
    found = shutil.which("python3", path=environment.get("PATH", ""))
    if not found:
        return False
    if os.path.realpath(found) == os.path.realpath(environment["AIRFLOW_PYTHON"]):
        return True
    code = "import sys; sys.exit(sys.version_info[:2] != (3, 7))"
    try:
        return subprocess.run([found, "-c", code], env=environment, timeout=30, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _read(path):
    """Variables as `env -0` prints them; None when the script did not get that far."""
    try:
        with open(path, "rb") as file:
            content = file.read()
    except OSError:
        return None
    items = (item.decode("utf-8", "surrogateescape").partition("=") for item in content.split(b"\0") if item)
    return {name: value for name, _, value in items}


def _remove(path):
    with suppress(OSError):
        os.remove(path)
