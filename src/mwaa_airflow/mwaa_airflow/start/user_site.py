"""The user site of a role: what its startup script and requirements.txt install lies over MWAA's own packages, and never in them.

On MWAA and in Docker mode it is `~/.local` of the container (`pip install --user`). In native mode Airflow's interpreter is
a virtual environment, which has no user site: there it is an environment of the role's own whose packages shadow those of the
first, with the same layout, so that `pip install`, with `--user` and without, ends up in it (mwaa_airflow.pip_user).

What pip made of a requirements.txt is kept by content (Outcomes), so that three roles pay once, and a later start nothing.
"""

import fcntl
import glob
import json
import os
import shutil
import time
from contextlib import contextmanager

# What pip writes below the user's base folder.
FOLDERS = ("bin", "etc", "include", "lib", "share")
STAMP = ".mwaa-local.json"
KEPT_OUTCOMES = 4


class UserSite:
    """`base` is the folder; `under` the interpreter whose packages it lies over."""

    def __init__(self, base, under):
        self.base, self.under = os.path.abspath(base), under
        self.prefix = os.path.dirname(os.path.dirname(under))
        self.is_environment = os.path.exists(os.path.join(self.prefix, "pyvenv.cfg"))
        self.packages = os.path.join(self.base, "lib", "python3.7", "site-packages")
        self.packages_under = next(iter(glob.glob(os.path.join(self.prefix, "lib", "python3.7", "site-packages"))), "")

    @property
    def python(self):
        return os.path.join(self.base, "bin", "python") if self.is_environment else self.under

    def stamp(self):
        """What it was made from; {} when it is not whole."""
        try:
            with open(os.path.join(self.base, STAMP)) as file:
                return json.load(file)
        except (OSError, ValueError):
            return {}

    def write_stamp(self, content):
        with open(os.path.join(self.base, STAMP), "w") as file:
            json.dump(content, file)

    def make(self):
        """Makes it anew, empty."""
        if os.path.exists(os.path.join(self.base, STAMP)):
            os.remove(os.path.join(self.base, STAMP))
        for name in FOLDERS:
            shutil.rmtree(os.path.join(self.base, name), ignore_errors=True)
        os.makedirs(self.packages)
        os.makedirs(os.path.join(self.base, "bin"))
        if self.is_environment:
            self._make_environment()

    def _make_environment(self):
        shutil.copyfile(os.path.join(self.prefix, "pyvenv.cfg"), os.path.join(self.base, "pyvenv.cfg"))
        interpreter = os.path.realpath(self.under)
        for name in ("python", "python3", "python3.7"):
            os.symlink(interpreter if name == "python" else "python", os.path.join(self.base, "bin", name))
        with open(os.path.join(self.packages, "zz_mwaa_local.pth"), "w") as file:
            # addsitedir, for the packages below have .pth files of their own
            file.write("import site; site.addsitedir({!r})\nimport mwaa_airflow.pip_user\n".format(self.packages_under))
        # `airflow`, `pip` and the like, so that they see the packages of this environment
        here = os.path.realpath(os.path.join(self.prefix, "bin"))
        for name in os.listdir(here):
            path = os.path.join(here, name)
            if not os.path.islink(path) and os.access(path, os.X_OK):
                self._copy_script(path, os.path.join(self.base, "bin", name), here)

    def _copy_script(self, path, to, folder):
        with open(path, "rb") as file:
            head, rest = split_script(file.read())
        if any(os.path.join(place, "python").encode() in head for place in (folder, os.path.join(self.prefix, "bin"))):
            write_program(to, script_head(self.python) + rest)

    def distributions(self):
        """Names of what is installed here."""
        try:
            return sorted(
                name for name in os.listdir(self.packages) if name.endswith((".dist-info", ".egg-info", ".egg-link"))
            )
        except OSError:
            return []

    @contextmanager
    def restored_unless_kept(self, distributions):
        """Gives a function keep(whether): without it, afterwards is here what was here before. `distributions` are those
        that are here now."""
        saved = self.base + ".saved"
        shutil.rmtree(saved, ignore_errors=True)
        if distributions:
            for name in FOLDERS:
                copy_tree(os.path.join(self.base, name), os.path.join(saved, name))
        decided = []
        try:
            yield decided.append
        finally:
            if not any(decided) and self.distributions() != distributions:
                stamp = self.stamp()
                self.make()
                for name in FOLDERS:
                    copy_tree(os.path.join(saved, name), os.path.join(self.base, name))
                self.write_stamp(stamp)
            shutil.rmtree(saved, ignore_errors=True)

    def has(self, distribution):
        return any(self._belongs(name, distribution) for name in self.distributions())

    def remove(self, distribution):
        """Removes a distribution whose one module has its name, so that the one below shows again."""
        for name in os.listdir(self.packages):
            path = os.path.join(self.packages, name)
            if name in (distribution, distribution + ".py") or self._belongs(name, distribution):
                shutil.rmtree(path) if os.path.isdir(path) else os.remove(path)

    @staticmethod
    def _belongs(name, distribution):
        """Whether a file beside the modules is what pip knows a distribution by."""
        return name.lower().startswith(distribution + "-")


def split_script(content):
    """(the lines that say by what it is run, the rest) of a program; b"" where no interpreter is named."""
    lines = content.split(b"\n", 3)
    if not lines[0].startswith(b"#!"):
        return b"", content
    count = 3 if len(lines) > 3 and lines[1].startswith(b"'''exec' ") else 1
    head = b"\n".join(lines[:count]) + b"\n"
    return head, content[len(head) :]


def script_head(python):
    """The first lines of a script; by way of sh where the path is longer than the kernel reads, or has a space."""
    if len(python) < 120 and " " not in python:
        return "#!{}\n".format(python).encode()
    return "#!/bin/sh\n'''exec' \"{}\" \"$0\" \"$@\"\n' '''\n".format(python).encode()


def write_program(path, content):
    with open(path, "wb") as file:
        file.write(content)
    os.chmod(path, 0o755)  # noqa: S103 (a program)


class Outcomes:
    """What pip made of each requirements.txt, for all roles: {"ok", "line", "finished" (seconds since 1970), "base"}."""

    def __init__(self, folder):
        self.folder = folder

    @contextmanager
    def exclusive(self):
        """One role at a time asks pip; the others then find what came of it."""
        os.makedirs(self.folder, exist_ok=True)
        with open(os.path.join(self.folder, ".lock"), "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def find(self, key, since):
        """The outcome; of a failure only one that is younger than `since`: its cause may be gone."""
        try:
            with open(self._path(key, "outcome.json")) as file:
                outcome = json.load(file)
        except (OSError, ValueError):
            return None
        return outcome if outcome["ok"] or outcome["finished"] >= since else None

    def keep(self, key, ok, line, log, site):
        """Keeps what is in the user site now (`ok`) or that it failed, with what pip printed."""
        shutil.rmtree(self._path(key), ignore_errors=True)
        os.makedirs(self._path(key))
        if ok:
            for name in FOLDERS:
                copy_tree(os.path.join(site.base, name), self._path(key, name))
        shutil.copyfile(log, self._path(key, "log"))
        with open(self._path(key, "outcome.json"), "w") as file:
            json.dump({"ok": ok, "line": line, "finished": time.time(), "base": site.base}, file)
        self._forget_old()

    def bring(self, key, outcome, site):
        """Brings the user site to what was kept."""
        site.make()
        for name in FOLDERS:
            copy_tree(self._path(key, name), os.path.join(site.base, name))
        if outcome["base"] != site.base:
            _move_scripts(os.path.join(site.base, "bin"), outcome["base"].encode(), site.base.encode())

    def log(self, key):
        """What pip printed then; b"" where it is not kept any more."""
        try:
            with open(self._path(key, "log"), "rb") as file:
                return file.read()
        except OSError:
            return b""

    def _path(self, key, *names):
        return os.path.join(self.folder, key, *names)

    def _forget_old(self):
        made = sorted(glob.glob(self._path("*", "outcome.json")), key=os.path.getmtime)
        for path in made[:-KEPT_OUTCOMES]:
            shutil.rmtree(os.path.dirname(path), ignore_errors=True)


def copy_tree(source, to):
    """Copies what is not there yet; by hard links where that is possible."""
    for root, folders, files in os.walk(source):
        there = os.path.join(to, os.path.relpath(root, source))
        os.makedirs(there, exist_ok=True)
        for name in files + [name for name in folders if os.path.islink(os.path.join(root, name))]:
            path, new = os.path.join(root, name), os.path.join(there, name)
            if os.path.lexists(new):
                continue
            try:
                os.link(path, new, follow_symlinks=False)
            except OSError:
                shutil.copy2(path, new, follow_symlinks=False)


def _move_scripts(folder, old, new):
    for name in os.listdir(folder) if os.path.isdir(folder) else ():
        path = os.path.join(folder, name)
        if os.path.islink(path):
            continue
        with open(path, "rb") as file:
            head, rest = split_script(file.read())
        if old + b"/" in head:
            os.remove(path)  # a hard link of what is kept
            write_program(path, head.replace(old + b"/", new + b"/") + rest)
