"""Log files as events: a line is an event, taken when it is whole; over rotation (`x.log` to `x.log.1`) and restarts."""

import os
import re
import time
from contextlib import suppress

from mwaa_airflow.cloudwatch.journal import Position

READ = 1 << 20  # bytes taken at once
HEAD = 64  # bytes by which a file is told from another that has got its inode
GENERATIONS = 9  # rotated files that are looked for
# How Airflow's lines begin; the time is that of the machine's zone.
TIME = re.compile(r"\[(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)[,.](\d{3})")


def take(path, position):
    """(lines, position after them) of what `path` has beyond `position` (None: from its beginning); None if nothing.

    `lines` are bytes without their ends; None is a place from which lines were rotated away before they could be taken.
    """
    try:
        with open(path, "rb") as file:
            if position is None or _is(file, position):
                return _read(file, position, last=False)
    except OSError:  # gone, or being rotated
        return None
    for number in range(1, GENERATIONS + 1):
        with suppress(OSError), open("{}.{}".format(path, number), "rb") as rotated:
            if _is(rotated, position):
                return _read(rotated, position, last=True) or _begin(path, number - 1, [])
    oldest = next((n for n in range(GENERATIONS, 0, -1) if os.path.exists("{}.{}".format(path, n))), 0)
    return _begin(path, oldest, [None] if oldest else [])


def _is(file, position):
    """Whether it is the file of that position."""
    facts = os.fstat(file.fileno())
    if facts.st_ino != position.inode or facts.st_size < position.offset:
        return False
    file.seek(0)
    return file.read(len(position.head)) == position.head


def _begin(path, number, lines):
    """At the beginning of a generation of the file."""
    name = "{}.{}".format(path, number) if number else path
    try:
        inode = os.stat(name).st_ino
    except OSError:
        return None
    return lines, Position(inode, 0, b"")


def _read(file, position, last):
    """Whole lines; of a file that grows no more also the `last` one that has no end."""
    offset = position.offset if position else 0
    file.seek(offset)
    data = file.read(READ)
    end = data.rfind(b"\n") + 1
    if not end and (len(data) == READ or last):
        end = len(data)
    if not end:
        return None
    file.seek(0)
    head = file.read(min(HEAD, offset + end))
    lines = data[:end].split(b"\n")
    return lines[:-1] if not lines[-1] else lines, Position(os.fstat(file.fileno()).st_ino, offset + end, head)


def events(lines, path):
    """Each at its own time; a line without one at that of the line before it, or now."""
    moment, found = int(time.time() * 1000), []
    for line in lines:
        if line is None:
            text = "*** [local only] Lines of {} are lost: rotated away before they could be sent.".format(path)
        else:
            text = line.decode("utf-8", "backslashreplace").rstrip("\r") or " "  # no event is empty
        moment = _moment(text, moment)
        found.append({"timestamp": moment, "message": text})
    return found


def _moment(text, otherwise):
    match = TIME.match(text)
    if not match:
        return otherwise
    with suppress(ValueError, OverflowError):
        parsed = time.strptime("{} {}".format(match.group(1), match.group(2)), "%Y-%m-%d %H:%M:%S")
        return int(time.mktime(parsed)) * 1000 + int(match.group(3))
    return otherwise
