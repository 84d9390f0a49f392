"""plugins.zip, extracted flat as MWAA does it, or the folder plugins/ as it lies: what Airflow gets as plugins folder.

A zip that would write outside its folder, or fill the disk, is refused whole: the folder appears complete or not at all.
"""

import hashlib
import os
import re
import shutil
import stat
import sys
from contextlib import suppress

LARGEST = 1024**3  # bytes, extracted: the guide says to keep plugins below 1 GB
MOST_FILES = 100000
# Beyond this, a zip is made to do harm: DEFLATE reaches 1030, text 10, and small files harm nobody.
LARGEST_RATIO, SMALL = 200, 50 * 1024**2
HASHED_WHOLE = 64 * 1024**2  # bytes; of a larger zip, size and time of change say whether it is another
KEPT = 3  # zips
CHUNK = 1024**2
IGNORE = ".airflowignore"


class Refused(Exception):
    """Why the zip is not extracted, in one line."""


def extract(archive, store):
    """Extracts the zip into a folder of `store` named by its content, once; returns the folder. Raises Refused, OSError."""
    place = os.path.join(store, _key(archive))
    if os.path.isdir(place):
        return place
    import zipfile  # costs a start as much as all else here

    os.makedirs(store, exist_ok=True)
    work = "{}.{}".format(place, os.getpid())
    shutil.rmtree(work, ignore_errors=True)
    try:
        with zipfile.ZipFile(archive) as opened:
            _extract_all(opened, _checked(opened, os.path.getsize(archive)), work)
        os.rename(work, place)
    except (
        zipfile.BadZipFile,
        zipfile.LargeZipFile,
        NotImplementedError,
        EOFError,
        RuntimeError,
        ValueError,
    ) as broken:
        raise Refused("it cannot be read as a zip: {}".format(broken)) from broken
    except OSError:
        if not os.path.isdir(place):  # another role may have been quicker
            raise
    finally:
        shutil.rmtree(work, ignore_errors=True)
    _forget_old(store)
    return place


def _forget_old(store):
    """Other roles may still have the zip before this one; older ones nobody has."""
    made = [os.path.join(store, name) for name in os.listdir(store) if re.match(r"[0-9a-f]{24}$", name)]
    for path in sorted(made, key=os.path.getmtime)[:-KEPT]:
        shutil.rmtree(path, ignore_errors=True)


def _checked(opened, size):
    """The entries. Raises Refused before anything is written."""
    entries = opened.infolist()
    total = sum(entry.file_size for entry in entries)
    if len(entries) > MOST_FILES:
        raise Refused("it has {} entries, more than {}".format(len(entries), MOST_FILES))
    if total > LARGEST:
        raise Refused("extracted it would have {:.1f} GB; MWAA asks for less than 1 GB".format(total / 1024**3))
    if total > SMALL and total > LARGEST_RATIO * max(size, 1):
        raise Refused(
            "it grows to {} times its size ({} MB): a zip bomb".format(total // max(size, 1), total // 1024**2)
        )
    for entry in entries:
        _check(entry)
    return entries


def _check(entry):
    name = entry.filename.replace("\\", "/")
    if name.startswith("/") or re.match(r"[A-Za-z]:", name):
        raise Refused("{!r} is an absolute name".format(entry.filename))
    if ".." in name.split("/"):
        raise Refused("{!r} leads out of the folder".format(entry.filename))
    if entry.flag_bits & 1:
        raise Refused("{!r} is encrypted".format(entry.filename))
    kind = stat.S_IFMT(_mode(entry))
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR, stat.S_IFLNK):
        raise Refused("{!r} is no file, folder or link".format(entry.filename))


def _extract_all(opened, entries, work):
    os.makedirs(work)
    links = []
    for entry in entries:
        path = os.path.join(work, *[part for part in entry.filename.split("/") if part not in ("", ".")])
        if entry.filename.endswith("/") or stat.S_ISDIR(_mode(entry)):
            os.makedirs(path, exist_ok=True)
        elif stat.S_ISLNK(_mode(entry)):
            links.append((entry, path))
        else:
            _extract(opened, entry, path)
    # last, so that no entry can be written through one; judged as each is made, and again when all are there
    for entry, path in links:
        _require_inside(os.path.dirname(path), work, entry)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if os.path.lexists(path):
            raise Refused("{!r} is there twice".format(entry.filename))
        target = opened.read(entry).decode("utf-8", "replace")
        if os.path.isabs(target):
            raise Refused("{!r} is a link out of the folder, to {!r}".format(entry.filename, target))
        os.symlink(target, path)
    for entry, path in links:
        _require_inside(path, work, entry)


def _require_inside(path, work, entry):
    if not (os.path.realpath(path) + os.sep).startswith(os.path.realpath(work) + os.sep):
        raise Refused("{!r} is a link out of the folder, or lies behind one".format(entry.filename))


def _extract(opened, entry, path):
    written = 0
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with opened.open(entry) as source, open(path, "wb") as file:
            for chunk in iter(lambda: source.read(CHUNK), b""):
                written += len(chunk)
                if written > entry.file_size:
                    raise Refused("{!r} is larger than it says".format(entry.filename))
                file.write(chunk)
    except (FileExistsError, IsADirectoryError, NotADirectoryError) as clash:
        raise Refused("{!r} is both a file and a folder".format(entry.filename)) from clash
    # a zip without permissions gives none, as on MWAA: a program in it cannot be run
    os.chmod(path, 0o644 | (_mode(entry) & 0o111))


def _mode(entry):
    """The mode of a Unix file; 0 where the zip has none."""
    return entry.external_attr >> 16 if entry.create_system == 3 else 0


def _key(archive):
    size = os.path.getsize(archive)
    digest = hashlib.sha256()
    if size > HASHED_WHOLE:
        digest.update("{} {} {}".format(os.path.abspath(archive), size, os.stat(archive).st_mtime_ns).encode())
    else:
        with open(archive, "rb") as file:
            digest.update(file.read())
    return digest.hexdigest()[:24]


def warnings(folder, site_packages):
    """What the loader of 2.2.2 makes of this folder that its author may not expect, a sentence each.

    It executes every *.py below the folder and keeps each in sys.modules by its bare file name (airflow/plugins_manager.py).
    `site_packages`: the folder of the packages that are installed.
    """
    found = {}
    for path in python_files(folder):
        found.setdefault(os.path.basename(path)[:-3], []).append(os.path.relpath(path, folder))
    said = [
        "{}.py is there {} times ({}): to the plugin loader all are the module {!r}, and the last one loaded replaces the "
        "others".format(name, len(paths), ", ".join(sorted(paths)), name)
        for name, paths in sorted(found.items())
        if len(paths) > 1 and name != "__init__"
    ]
    said += [
        "{} has the name of an installed module, and replaces it where plugins are loaded".format(paths[0])
        for name, paths in sorted(found.items())
        if name != "__init__" and _is_installed(name, site_packages)
    ]
    top = (
        [name for name in os.listdir(folder) if not name.startswith((".", "__MACOSX"))] if os.path.isdir(folder) else []
    )
    if top == ["plugins"]:
        said.append("everything is below plugins/: zip the contents of the folder, not the folder itself")
    return said


def python_files(folder):
    """The *.py that the loader executes: all but those that a regular expression in an .airflowignore finds in their path,
    relative to `folder` (airflow/utils/file.py of 2.2.2, find_path_from_directory)."""
    patterns_of = {}
    for root, folders, files in os.walk(folder):
        patterns = list(patterns_of.get(root, ()))
        if IGNORE in files:
            patterns += _patterns(os.path.join(root, IGNORE))
        below = os.path.relpath(root, folder)
        ignored = lambda name: any(pattern.search(os.path.join(below, name)) for pattern in patterns)  # noqa: E731, B023
        folders[:] = sorted(name for name in folders if not ignored(name))
        patterns_of.update((os.path.join(root, name), patterns) for name in folders)
        for name in sorted(files):
            if name.endswith(".py") and not ignored(name):
                yield os.path.join(root, name)


def _patterns(path):
    found = []
    with open(path, errors="replace") as file:
        for text in (re.sub(r"\s*#.*", "", line.rstrip("\n")) for line in file):
            with suppress(re.error):  # Airflow itself will say so
                found += [re.compile(text)] if text else []
    return found


def _is_installed(name, site_packages):
    places = (site_packages, os.path.dirname(os.__file__))
    there = any(
        os.path.exists(os.path.join(place, name + ".py")) or os.path.exists(os.path.join(place, name, "__init__.py"))
        for place in places
    )
    return there or name in sys.builtin_module_names
