"""A name for a user id that has none, without which Java's Hadoop ends."""

from __future__ import annotations

import os
import pwd

from localstack_glue.service.runners.spark import user


def test_a_user_with_a_name_needs_nothing(tmp_path):
    assert user.environment(tmp_path) == {} and not list(tmp_path.iterdir())


def test_an_id_without_a_name_gets_one(tmp_path, monkeypatch):
    nobody = max(entry.pw_uid for entry in pwd.getpwall()) + 1
    monkeypatch.setattr(os, "getuid", lambda: nobody)
    given = user.environment(tmp_path)
    assert given["LD_PRELOAD"] == "libnss_wrapper.so"
    with open(given["NSS_WRAPPER_PASSWD"]) as file:
        name, _, uid, gid, *_ = file.read().strip().split(":")
    assert name and (int(uid), int(gid)) == (nobody, os.getgid())
