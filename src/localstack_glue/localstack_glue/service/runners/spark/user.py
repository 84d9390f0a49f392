"""A name for the user. Java asks the system for one, and Hadoop ends without; an image is run by any user id, most of which
have none. There, a library in front of the system's answers (libnss-wrapper, which the image has)."""

from __future__ import annotations

import os
import pwd
from pathlib import Path


def environment(folder: Path) -> dict[str, str]:
    """What a run's process needs for its user to have a name; nothing where it has one. `folder` is the run's."""
    try:
        pwd.getpwuid(os.getuid())
    except KeyError:
        file = folder / "passwd"
        file.write_text(f"glue:x:{os.getuid()}:{os.getgid()}::{folder}:/bin/sh\n")
        return {"LD_PRELOAD": "libnss_wrapper.so", "NSS_WRAPPER_PASSWD": str(file), "NSS_WRAPPER_GROUP": "/etc/group"}
    return {}
