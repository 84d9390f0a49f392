"""The user's requirements.txt, installed as MWAA does it: `pip3 install -r` with MWAA's pip, all of it or nothing.

    python -m mwaa_airflow.start.requirements FILE      the lines that the installed packages do not meet, as JSON

The official constraints of Airflow 2.2.2 are replaced by MWAA's own list, which differs in five versions only and is here
without a network; paths below /usr/local/airflow mean AIRFLOW_HOME, where that is another folder.
"""

import hashlib
import json
import os
import re
import subprocess
import sys
import time

from mwaa_airflow.start import startup_script

LOCKS = os.path.join(os.path.dirname(os.path.abspath(__file__)), *[".."] * 4, "stack", "locks")
OFFICIAL_CONSTRAINTS = re.compile(r"constraints-2\.2\.2/constraints-3\.7\.txt")
# Options that name another file: relative to the file they stand in.
NAMES_A_FILE = re.compile(r"^\s*(--constraint|-c|--requirement|-r)(?:\s+|=)[\"']?([^\"'\s]+)[\"']?", re.M)
HOME_ON_MWAA = "/usr/local/airflow"
FILE_ON_MWAA = HOME_ON_MWAA + "/requirements/requirements.txt"  # what pip's words name
# MWAA's list has watchtower 2.0.1, which the Amazon provider's own requirements forbid: MWAA installs it afterwards.
FOR_PIP = ("watchtower==2.0.1", "watchtower==1.0.6")
# Options that ask for something, or forbid something.
ASKS = re.compile(r"(--requirement|-r|--constraint|-c|--editable|-e)\b")
DISTRIBUTIONS = (".whl", ".tar.gz", ".zip")
VARIABLE = re.compile(r"\$\{([A-Z0-9_]+)\}")
GRACE = 5.0  # seconds from SIGTERM to SIGKILL
# The lines of pip that say most, best first.
DECISIVE = (
    r"ERROR: Cannot install .*",
    r"ERROR: No matching distribution found .*",
    r"ERROR: Invalid requirement.*",
    r"ERROR: Could not (?:open requirements file|find a version).*",
    r"\s*ERROR: Failed building wheel for .*",
    r"\s*ERROR: Command errored out .*",
    r"ERROR: (?!ResolutionImpossible).*",
    r"\s*ERROR: .*",
)


def missing_lines(text):
    """The requirements that the installed packages do not meet. Those packages' own requirements do not count: MWAA's
    list is inconsistent on purpose."""
    import pkg_resources

    def is_met(line):
        try:
            wanted = pkg_resources.Requirement.parse(line)
        except ValueError:
            return False
        if wanted.marker and not wanted.marker.evaluate():
            return True
        there = pkg_resources.working_set.by_key.get(wanted.key)
        return not wanted.url and not wanted.extras and there is not None and there in wanted

    return [line for line in lines_of(text) if not is_met(line)]


def lines_of(text):
    """The lines that ask for something. Where to look is nothing to ask for, and the official constraints forbid nothing that
    is there; other ones may."""
    lines = [line.split(" #")[0].strip() for line in text.splitlines()]
    lines = [line for line in lines if line and not line.startswith("#") and not OFFICIAL_CONSTRAINTS.search(line)]
    return [line for line in lines if not line.startswith("-") or ASKS.match(line)]


def localised(text, folder, stand_in, home):
    """The file as pip gets it: the official constraints by the file `stand_in`, other named files as seen from `folder`, and
    MWAA's folders below `home`."""
    if home != HOME_ON_MWAA:
        text = re.sub(re.escape(HOME_ON_MWAA) + r"(?=[/\s\"']|$)", lambda _: home, text)

    def replace(match):
        option, named = match.groups()
        if OFFICIAL_CONSTRAINTS.search(named):
            named = stand_in
        elif "://" not in named and "${" not in named:
            named = os.path.join(folder, named)
        return "{} {}".format(option, named)

    return NAMES_A_FILE.sub(replace, text)


def is_empty(text):
    """Whether there is nothing in it to install."""
    return not lines_of(text)


def key(text, folder, home, more=()):
    """What decides about the result: the file, the files that it names, the distributions where it lets pip look, and `more`."""
    digest = hashlib.sha256(text.encode("utf-8", "surrogateescape"))
    for word in localised(text, folder, "", home).split():
        path = os.path.join(folder, word.strip("\"'").rpartition("=")[2])
        if os.path.isfile(path):
            with open(path, "rb") as file:
                digest.update(file.read())
        elif os.path.isdir(path):
            for name in sorted(name for name in os.listdir(path) if name.endswith(DISTRIBUTIONS)):
                there = os.stat(os.path.join(path, name))
                digest.update("{} {} {}\n".format(name, there.st_size, there.st_mtime_ns).encode())
    digest.update("\n".join(more).encode("utf-8", "surrogateescape"))
    return digest.hexdigest()[:24]


def variables(text, environment):
    """Those that pip reads, and those that the file names as ${NAME}."""
    names = set(VARIABLE.findall(text)) | {name for name in environment if name.startswith("PIP_")}
    return ["{}={}".format(name, environment.get(name, "")) for name in sorted(names)]


def missing(file, environment, python):
    """missing_lines(), asked in the interpreter whose packages count."""
    done = subprocess.run(
        [python, "-W", "ignore", "-m", "mwaa_airflow.start.requirements", file],
        env=environment, stdout=subprocess.PIPE, universal_newlines=True, check=True,
    )  # fmt: skip
    return json.loads(done.stdout)


def install(file, environment, python, limit, stream):
    """pip3 install -r, into the user site; pip's words go to `stream`. Returns "" or the line that says what is wrong."""
    import tempfile

    folder = os.path.dirname(os.path.abspath(file))
    with tempfile.TemporaryDirectory() as work:
        list_of_mwaa = read(os.path.join(LOCKS, "airflow.in")).replace(*FOR_PIP)
        stand_in = _write(os.path.join(work, "constraints.txt"), list_of_mwaa)
        copy = os.path.join(work, "requirements.txt")
        _write(copy, localised(read(file), folder, stand_in, environment["AIRFLOW_HOME"]))
        command = [
            python,
            "-W",
            "ignore",
            "-m",
            "pip",
            "install",
            "--disable-pip-version-check",
            "--no-input",
            "-r",
            copy,
        ]
        # unbuffered, so that its lines are there as it prints them
        code = _run(
            command,
            dict(environment, PYTHONUNBUFFERED="1"),
            folder=folder,
            limit=limit,
            stream=stream,
            names={copy: FILE_ON_MWAA},
        )
    if code is None:
        stream.line("[local only] pip was ended after {:g} seconds".format(limit))
        return "pip did not end within {:g} seconds".format(limit)
    return _decisive(stream.text()) or "pip ended with exit code {}".format(code) if code else ""


def _run(command, environment, *, folder, limit, stream, names):
    """The exit code; None when the time was over."""
    mark = "{}:pip:{}".format(environment.get("MWAA_ENV_ID", ""), os.getpid())
    process = subprocess.Popen(
        command,
        env=dict(environment, **{startup_script.MARK: mark}),
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    code = startup_script.follow(process, time.monotonic() + limit, _Renamed(stream, names))
    if code is None:
        startup_script.end(process, mark)
    return code


class _Renamed:
    """A stream that shows our temporary files by the names that they have on MWAA."""

    def __init__(self, stream, names):
        self.stream, self.names = stream, {old.encode(): new.encode() for old, new in names.items()}

    def write(self, data):
        for old, new in self.names.items():
            data = data.replace(old, new)
        self.stream.write(data)


def _decisive(text):
    for pattern in DECISIVE:
        found = re.findall("^" + pattern + "$", text, re.M)
        if found:
            return found[-1].strip()
    return ""


def read(path):
    """The text of a file; empty when there is none."""
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            return file.read()
    except FileNotFoundError:
        return ""


def _write(path, text):
    with open(path, "w", encoding="utf-8", errors="surrogateescape") as file:
        file.write(text)
    return path


if __name__ == "__main__":
    print(json.dumps(missing_lines(read(sys.argv[1]))))
