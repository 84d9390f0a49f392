"""plugins.zip: extracted flat, whole or not at all, and never outside; what the plugin loader of 2.2.2 makes of a folder."""

import os
import stat
import zipfile
from pathlib import Path

import pytest

from mwaa_airflow.start import plugins

LINK, FIFO = stat.S_IFLNK | 0o777, stat.S_IFIFO | 0o644


def extract(archive, store):
    return Path(plugins.extract(str(archive), str(store)))


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def made(folder, *entries):
    """A zip of (name, content[, mode]) entries."""
    path = folder / "plugins.zip"
    with zipfile.ZipFile(str(path), "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content, *mode in entries:
            entry = zipfile.ZipInfo(name)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3 if mode else 0
            entry.external_attr = mode[0] << 16 if mode else 0
            archive.writestr(entry, content)
    return path


def test_it_lies_flat_with_the_exec_bits_that_it_has(tmp_path):
    archive = made(
        tmp_path, ("a.py", "a"), ("bin/with", "w", 0o100755), ("bin/without", "w"), ("setuid", "s", 0o104755),
        ("bin/link", "with", LINK), ("empty/", ""),
    )  # fmt: skip
    folder = extract(archive, tmp_path / "kept")
    assert sorted(names(folder)) == ["a.py", "bin", "empty", "setuid"]
    modes = {name: stat.S_IMODE((folder / name).stat().st_mode) for name in ("bin/with", "bin/without", "setuid")}
    assert modes == {"bin/with": 0o755, "bin/without": 0o644, "setuid": 0o755}
    assert os.readlink(str(folder / "bin" / "link")) == "with"  # noqa: PTH115 (Python 3.7)


def test_it_is_extracted_once_and_another_zip_is_another_folder(tmp_path):
    store = tmp_path / "kept"
    first = extract(made(tmp_path, ("a.py", "a")), store)
    os.utime(str(first), (1, 1))
    assert extract(tmp_path / "plugins.zip", store) == first and first.stat().st_mtime == 1
    second = extract(made(tmp_path, ("b.py", "b")), store)
    assert names(second) == ["b.py"] and sorted(names(store)) == sorted(map(os.path.basename, (first, second)))


@pytest.mark.parametrize(
    "entries, said",
    [
        ([("../outside", "")], "leads out of the folder"),
        ([("a/../../outside", "")], "leads out of the folder"),
        ([("a\\..\\..\\outside", "")], "leads out of the folder"),
        ([("/etc/outside", "")], "is an absolute name"),
        ([("C:\\outside", "")], "is an absolute name"),
        ([("link", "/etc", LINK)], "is a link out of the folder"),
        ([("link", "../..", LINK)], "is a link out of the folder"),
        ([("link", "..", LINK), ("link/outside", "")], "'link' is there twice"),
        # each is inside when it is made; together they are not
        ([("a", "b/../x", LINK), ("b", ".", LINK)], "is a link out of the folder"),
        ([("fifo", "", FIFO)], "is no file, folder or link"),
        ([("a", "x"), ("a/b", "y")], "is both a file and a folder"),
    ],
)
def test_what_would_leave_the_folder_is_refused_whole(tmp_path, entries, said):
    archive = made(tmp_path, ("fine.py", "fine"), *entries)
    with pytest.raises(plugins.Refused) as refused:
        extract(archive, tmp_path / "kept")
    assert said in str(refused.value)
    assert names(tmp_path / "kept") == [] and names(tmp_path) == ["kept", "plugins.zip"]


def test_a_zip_bomb_is_refused_before_anything_is_written(tmp_path):
    ratio = made(tmp_path, ("zeros", b"\0" * (60 * 1024**2)))
    with pytest.raises(plugins.Refused) as refused:
        extract(ratio, tmp_path / "kept")
    assert "a zip bomb" in str(refused.value)
    says_less = made(tmp_path, *[("f{}".format(number), b"x" * 10) for number in range(3)])
    data = says_less.read_bytes()
    # the central directory claims 600 MB for each file
    claimed = (600 * 1024**2).to_bytes(4, "little")
    for at in [at for at in range(len(data)) if data[at : at + 4] == b"PK\x01\x02"]:
        data = data[: at + 24] + claimed + data[at + 28 :]
    (tmp_path / "plugins.zip").write_bytes(data)
    with pytest.raises(plugins.Refused) as refused:
        extract(says_less, tmp_path / "kept")
    assert "1.8 GB; MWAA asks for less than 1 GB" in str(refused.value)
    assert names(tmp_path / "kept") == []


def test_a_file_that_is_larger_than_it_says_is_not_believed(tmp_path):
    archive = made(tmp_path, ("big", b"0123456789" * 100000))
    data = archive.read_bytes()
    at = data.index(b"PK\x01\x02")
    (tmp_path / "plugins.zip").write_bytes(data[: at + 24] + (10).to_bytes(4, "little") + data[at + 28 :])
    with pytest.raises(plugins.Refused):
        extract(archive, tmp_path / "kept")
    assert names(tmp_path / "kept") == []


@pytest.mark.parametrize("content", [b"", b"no zip at all", b"PK\x03\x04 cut off"])
def test_what_is_no_zip_is_refused(tmp_path, content):
    (tmp_path / "plugins.zip").write_bytes(content)
    with pytest.raises(plugins.Refused) as refused:
        extract(tmp_path / "plugins.zip", tmp_path / "kept")
    assert "cannot be read as a zip" in str(refused.value)


def test_an_encrypted_zip_is_refused(tmp_path):
    data = made(tmp_path, ("a.py", "a")).read_bytes()
    at = data.index(b"PK\x01\x02")
    (tmp_path / "plugins.zip").write_bytes(data[: at + 8] + b"\x01" + data[at + 9 :])
    with pytest.raises(plugins.Refused) as refused:
        extract(tmp_path / "plugins.zip", tmp_path / "kept")
    assert "is encrypted" in str(refused.value)


def test_files_that_the_loader_takes_for_one_module_are_warned_of(tmp_path):
    for name in ("a/utils.py", "b/utils.py", "a/__init__.py", "b/__init__.py", "json.py", "ignored/utils.py", "own.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    (tmp_path / ".airflowignore").write_text("ignored  # not loaded\n[\n")
    said = plugins.warnings(str(tmp_path), str(tmp_path / "none"))
    assert len(said) == 2 and said[0].startswith("utils.py is there 2 times (a/utils.py, b/utils.py)")
    assert said[1].startswith("json.py has the name of an installed module")


def test_a_zip_of_the_folder_itself_is_warned_of(tmp_path):
    folder = extract(made(tmp_path, ("plugins/a.py", "")), tmp_path / "kept")
    assert plugins.warnings(str(folder), "") == [
        "everything is below plugins/: zip the contents of the folder, not the folder itself"
    ]


def test_the_files_are_those_that_airflow_itself_would_load(tmp_path):
    """Held against the loader's own search, with the patterns that people write."""
    from airflow.utils.file import find_path_from_directory

    for name in ("a.py", "sub/a.py", "sub/deep/b.py", "skip/c.py", "sub/skipped.py", "c.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    (tmp_path / ".airflowignore").write_text("^skip\nskip/\n")
    (tmp_path / "sub" / ".airflowignore").write_text("skipped\n")
    wanted = sorted(path for path in find_path_from_directory(str(tmp_path), ".airflowignore") if path.endswith(".py"))
    assert wanted and sorted(plugins.python_files(str(tmp_path))) == wanted
