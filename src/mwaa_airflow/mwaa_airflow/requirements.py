"""The user's requirements.txt, installed as MWAA does it. Standard library only; runs in Airflow's own interpreter.

    python -m mwaa_airflow.requirements missing FILE      the lines that the installed packages do not meet, as JSON
    python -m mwaa_airflow.requirements install FILE      pip install -r FILE, into this environment
    python -m mwaa_airflow.requirements sync FILE         into the user site, as on MWAA, if that is not made from FILE yet

`missing` and `install` are what native mode uses, `sync` is Docker mode. The official constraints of Airflow 2.2.2 are
replaced by MWAA's own list, which differs in five versions only and is here without a network.
"""

import hashlib
import json
import os
import re
import shutil
import site
import subprocess
import sys
import sysconfig
import tempfile

LOCKS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..", "stack", "locks")
OFFICIAL_CONSTRAINTS = re.compile(r"constraints-2\.2\.2/constraints-3\.7\.txt")
# Options that name another file: relative to the file they stand in.
NAMES_A_FILE = re.compile(r"^\s*(--constraint|-c|--requirement|-r)(?:\s+|=)[\"']?([^\"'\s]+)[\"']?", re.M)

# MWAA's list has watchtower 2.0.1, which the Amazon provider's own requirements forbid: MWAA installs it afterwards.
FOR_PIP = ("watchtower==2.0.1", "watchtower==1.0.6")

# What pip writes below the user's base folder.
PIPS_FOLDERS = ("bin", "etc", "include", "lib", "share")
STAMP = ".made-from"


class PipFailed(RuntimeError):
    """pip's own words."""


def missing_lines(text):
    """The requirements that the installed packages do not meet. Those packages' own requirements do not count: MWAA's
    list is inconsistent on purpose."""
    import pkg_resources

    def is_met(line):
        try:
            wanted = pkg_resources.Requirement.parse(line)
        except ValueError:
            return False
        there = pkg_resources.working_set.by_key.get(wanted.key)
        return not wanted.url and not wanted.extras and there is not None and there in wanted

    lines = [line.split(" #")[0].strip() for line in text.splitlines()]
    lines = [line for line in lines if line and not line.startswith(("#", "--constraint", "-c "))]
    return [line for line in lines if not is_met(line)]


def localised(text, folder, stand_in):
    """The file as pip gets it: the official constraints by the file `stand_in`, other named files as seen from `folder`."""

    def replace(match):
        option, named = match.groups()
        if OFFICIAL_CONSTRAINTS.search(named):
            named = stand_in
        elif "://" not in named:
            named = os.path.join(folder, named)
        return "{} {}".format(option, named)

    return NAMES_A_FILE.sub(replace, text)


def install(file, *options):
    """All of the file or nothing of it. Raises PipFailed."""
    folder = os.path.dirname(os.path.abspath(file))
    with tempfile.TemporaryDirectory() as work:
        stand_in = _write(
            os.path.join(work, "constraints.txt"), _read(os.path.join(LOCKS, "airflow.in")).replace(*FOR_PIP)
        )
        copy = _write(os.path.join(work, "requirements.txt"), localised(_read(file), folder, stand_in))
        _pip("install", "--no-input", *options, "-r", copy, cwd=folder)
    place = site.getusersitepackages() if "--user" in options else sysconfig.get_path("purelib")
    # what pip put over MWAA's watchtower goes again, as MWAA does it by installing 2.0.1 last
    if os.path.isdir(os.path.join(place, "watchtower")):
        _pip("uninstall", "--yes", "--quiet", "watchtower", cwd=folder)


def sync(file):
    """Brings the user site to what the file says; returns that in words. Raises PipFailed, and leaves nothing then."""
    base = site.getuserbase()
    text = _read(file)
    stamp, key = os.path.join(base, STAMP), _key(text, os.path.dirname(file))
    if _read(stamp) == key:
        return "unchanged"
    _empty(base)
    lines = missing_lines(text)
    if lines:
        try:
            install(file, "--user")
        except PipFailed:
            _empty(base)
            raise
    _write(stamp, key)
    return "installed {}".format(", ".join(lines)) if lines else "asks for nothing that is not there"


def _key(text, folder):
    """What the user site depends on: the file, the files it names, the packages below."""
    digest = hashlib.sha256(text.encode())
    for word in text.split():
        path = os.path.join(folder, word.strip("\"'"))
        if os.path.isfile(path):
            with open(path, "rb") as file:
                digest.update(file.read())
    digest.update("\n".join(sorted(os.listdir(sysconfig.get_path("purelib")))).encode())
    return digest.hexdigest()


def _empty(base):
    for name in PIPS_FOLDERS:
        shutil.rmtree(os.path.join(base, name), ignore_errors=True)
    if os.path.exists(os.path.join(base, STAMP)):
        os.remove(os.path.join(base, STAMP))


def _pip(*arguments, **options):
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check"] + list(arguments)
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True, check=False, **options
    )
    if done.returncode:
        raise PipFailed("\n".join("  " + line for line in done.stdout.strip().splitlines()[-20:]))


def _read(path):
    """The text of a file; empty when there is none."""
    try:
        with open(path) as file:
            return file.read()
    except FileNotFoundError:
        return ""


def _write(path, text):
    with open(path, "w") as file:
        file.write(text)
    return path


def main(arguments):
    actions = {"missing": lambda file: json.dumps(missing_lines(_read(file))), "install": install, "sync": sync}
    if len(arguments) != 2 or arguments[0] not in actions:
        sys.exit("usage: python -m mwaa_airflow.requirements missing|install|sync FILE")
    action, file = arguments
    try:
        said = actions[action](file)
    except PipFailed as failed:
        sys.exit(
            "{} could not be installed; nothing of it was. pip said:\n{}\nNext: correct the file (on MWAA the environment"
            " would start without any of it), then make up".format(file, failed)
        )
    if said:
        print(said if action == "missing" else "requirements.txt: " + said)


if __name__ == "__main__":
    main(sys.argv[1:])
