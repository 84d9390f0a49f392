"""LocalStack alone: a state folder and a port of its own, shared by nobody."""

from mwaa_local import aws_alone
from mwaa_local.ports import free_ports, is_free


def test_its_state_is_kept_below_the_stacks_and_shares_what_is_installed(tmp_path):
    (tmp_path / "venvs").mkdir()
    with aws_alone._state_folder(tmp_path) as folder:
        (folder / "kept").touch()
    with aws_alone._state_folder(tmp_path) as again:
        assert again == folder == tmp_path / "alone"
        assert (again / "kept").exists() and (again / "venvs").resolve() == tmp_path / "venvs"


def test_a_second_one_at_the_same_time_gets_another_folder_which_goes_with_it(tmp_path):
    (tmp_path / "venvs").mkdir()
    with aws_alone._state_folder(tmp_path) as first, aws_alone._state_folder(tmp_path) as second:
        assert first != second and second.is_dir()
    assert first.is_dir() and not second.exists()
    assert (tmp_path / "venvs").is_dir(), "what is installed is only linked to"


def test_the_port_stays_until_somebody_else_has_it(tmp_path, monkeypatch):
    port = aws_alone._port(tmp_path)
    assert is_free(port) and aws_alone._port(tmp_path) == port
    [other] = free_ports(1)
    monkeypatch.setattr(aws_alone, "is_free", lambda number: number != port)
    monkeypatch.setattr(aws_alone, "free_ports", lambda count: [other])
    assert aws_alone._port(tmp_path) == other == aws_alone._port(tmp_path)
