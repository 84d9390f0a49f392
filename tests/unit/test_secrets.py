"""Secrets: made once, kept, readable by their owner only."""

import stat

from mwaa_local import secrets


def test_secrets_are_made_once_and_kept(tmp_path):
    assert secrets.ensure(tmp_path) == secrets.ensure(tmp_path)


def test_two_installs_share_no_secret(tmp_path):
    (tmp_path / "a").mkdir(), (tmp_path / "b").mkdir()
    assert not set(secrets.ensure(tmp_path / "a").values()) & set(secrets.ensure(tmp_path / "b").values())


def test_only_the_owner_can_read_them(tmp_path):
    secrets.ensure(tmp_path)
    assert stat.S_IMODE((tmp_path / "secrets.env").stat().st_mode) == 0o600


def test_a_missing_secret_is_added_and_the_others_stay(tmp_path):
    before = secrets.ensure(tmp_path)
    kept = [line for line in (tmp_path / "secrets.env").read_text().splitlines() if "FERNET_KEY" not in line]
    (tmp_path / "secrets.env").write_text("\n".join(kept))
    after = secrets.ensure(tmp_path)
    assert after["FERNET_KEY"] and {k: v for k, v in after.items() if k != "FERNET_KEY"} == {
        k: v for k, v in before.items() if k != "FERNET_KEY"
    }
