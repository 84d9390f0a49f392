"""What a Python shell job brings along: files from S3, and modules that pip installs, from an index on loopback."""

from __future__ import annotations

import io
import json
import re
import time
import uuid
import zipfile
from importlib.metadata import distributions
from pathlib import Path

import pytest

from tests.glue.service.conftest import BUCKET, Account
from tests.support.localstack import OLD_JOBS, VENVS, LocalStack, free_port
from tests.support.wheels import Index, Wheel, wheel

HELLO = "print(__import__('greeting').WORD)"
FAILED = "LAUNCH ERROR | Installation of Additional Python Modules failed, please see the logs for more details. "
needs_36 = pytest.mark.skipif(not (VENVS / OLD_JOBS / "bin/python").exists(), reason="no Python 3.6 here")


@pytest.fixture(scope="module")
def index():
    served = [
        wheel("greeting", "1.0", "WORD = 'hello'"),
        wheel("greeting", "2.0", "from punctuation import MARK; WORD = 'good day' + MARK", ("punctuation>=1",)),
        wheel("punctuation", "1.5", "MARK = '!'"),
        wheel("six", "9.9", "__version__ = '9.9'"),
    ]
    with Index(*served) as made:
        yield made


@pytest.fixture(scope="module")
def modules(tmp_path_factory, index):
    """An account in a LocalStack whose package index is the one on loopback."""
    options = {"PIP_INDEX_URL": index.url, "PIP_CONFIG_FILE": "/dev/null", "PIP_FIND_LINKS": ""}
    with LocalStack(tmp_path_factory.mktemp("modules"), GLUE_MINUTE_SECONDS="1", **options) as localstack:
        account = Account(localstack)
        account.s3.create_bucket(Bucket=BUCKET)
        yield account
        localstack.stop()


def put(account, name, content):
    """The URI of an object in a folder of its own."""
    key = f"{uuid.uuid4().hex}/{name}"
    account.s3.put_object(Bucket=BUCKET, Key=key, Body=content)
    return f"s3://{BUCKET}/{key}"


def put_wheel(account, made):
    return put(account, made.file_name, made.content)


def run(account, script, version="3.9", **arguments):
    """(the run when it has ended, its output, its errors)"""
    command = {
        "Name": "pythonshell",
        "PythonVersion": version,
        "ScriptLocation": put(account, "main.py", script.encode()),
    }
    name = account.job(None, Command=command)
    given = {f"--{key.replace('_', '-')}": value for key, value in arguments.items()}
    run_id = account.start(name, Arguments=given)
    ended = account.ended(name, run_id, 60)
    return ended, account.lines(run_id), account.lines(run_id, "error")


def zipped(**modules):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, code in modules.items():
            archive.writestr(f"{name}.py", code)
    return packed.getvalue()


# --- --extra-py-files


def test_files_and_zips_are_importable_in_the_order_in_which_they_are_named(modules):
    one, two = put(modules, "helper.py", b"N = 1"), put(modules, "helper.py", b"N = 2")
    archive = put(modules, "more.zip", zipped(packed="N = 3"))
    ended, lines, _ = run(
        modules, "import helper, packed; print(helper.N, packed.N)", extra_py_files=f"{one}, {two},{archive}"
    )
    assert (ended["JobRunState"], lines) == ("SUCCEEDED", ["1 3"])


@needs_36
def test_an_egg_is_importable_in_python_36_and_refused_in_39(modules):
    egg = put(modules, "hen-0.1-py3.6.egg", zipped(hen="WORD = 'cluck'"))
    ended, lines, _ = run(modules, "import hen; print(hen.WORD)", "3", extra_py_files=egg)
    assert (ended["JobRunState"], lines) == ("SUCCEEDED", ["cluck"])
    ended, lines, _ = run(modules, "import hen", extra_py_files=egg)
    assert (ended["JobRunState"], lines) == ("FAILED", [])
    assert "Python 3.9 takes no .egg files" in ended["ErrorMessage"]


@pytest.mark.parametrize("version", ["3.9", pytest.param("3", marks=needs_36)])
def test_a_wheel_is_installed_with_what_it_requires(modules, index, version):
    made = wheel(
        f"brought-{uuid.uuid4().hex[:8]}", "1.0", requires=("punctuation",), brought="from punctuation import MARK"
    )
    options = {"extra_py_files": put_wheel(modules, made)}
    ended, lines, errors = run(modules, "from brought import MARK; print(MARK)", version, **options)
    assert (ended["JobRunState"], lines[-1]) == ("SUCCEEDED", "!"), errors
    assert any(line.startswith("Successfully installed brought") for line in lines)


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        (
            "s3://scripts/no-such.whl",
            r"^LAUNCH ERROR \| Error downloading from S3 for bucket: scripts, key: no-such.whl.*404",
        ),
        ("s3://no-such-bucket-here/x.py", r"^LAUNCH ERROR \| .*bucket: no-such-bucket-here, key: x.py.*NoSuchBucket"),
        (
            "s3://scripts/data.csv",
            r"--extra-py-files names s3://scripts/data.csv; wanted: files ending in .py, .zip, .whl",
        ),
        ("nonsense.py", r"nonsense.py is not the location of a file"),
    ],
)
def test_a_library_that_is_not_there_fails_the_run_before_it_starts(modules, uri, message):
    ended, lines, _ = run(modules, "print('ran')", extra_py_files=uri)
    assert (ended["JobRunState"], lines) == ("FAILED", [])
    assert re.search(message, ended["ErrorMessage"])


# --- --additional-python-modules


def test_modules_are_installed_by_pip_whose_words_are_in_the_logs(modules):
    ended, lines, errors = run(modules, HELLO, additional_python_modules="greeting==1.0")
    assert (ended["JobRunState"], lines[-1]) == ("SUCCEEDED", "hello"), errors
    assert any(line.startswith("Successfully installed greeting-1.0") for line in lines)


def test_the_second_run_takes_what_the_first_has_installed(modules, index):
    wishes = {"additional_python_modules": "greeting==2.0, punctuation==1.5"}
    ended, lines, _ = run(modules, HELLO, **wishes)
    assert (ended["JobRunState"], lines[-1]) == ("SUCCEEDED", "good day!")
    asked = len(index.asked)
    begun = time.monotonic()
    ended, lines, _ = run(modules, HELLO, **wishes)
    assert (ended["JobRunState"], lines) == ("SUCCEEDED", ["good day!"])
    assert len(index.asked) == asked
    assert time.monotonic() - begun < 5


def test_runs_at_once_that_want_the_same_share_one_installation(modules, index):
    name = f"shared-{uuid.uuid4().hex[:8]}"
    index.wheels.append(wheel(name, "1.0", shared="N = 7"))
    script = put(modules, "main.py", b"import shared; print(shared.N)")
    command = {"Name": "pythonshell", "PythonVersion": "3.9", "ScriptLocation": script}
    job = modules.job(None, Command=command, ExecutionProperty={"MaxConcurrentRuns": 3})
    runs = [modules.start(job, Arguments={"--additional-python-modules": f"{name}==1.0"}) for _ in range(3)]
    assert [modules.ended(job, run_id, 60)["JobRunState"] for run_id in runs] == ["SUCCEEDED"] * 3
    assert [modules.lines(run_id)[-1] for run_id in runs] == ["7"] * 3
    assert sum(path.startswith("/files/shared") for path in index.asked) == 1


def test_a_changed_wheel_is_installed_anew(modules):
    for number in ("1", "2"):
        made = wheel("changing", "1.0", f"N = {number}")
        ended, lines, _ = run(
            modules, "import changing; print(changing.N)", additional_python_modules=put_wheel(modules, made)
        )
        assert (ended["JobRunState"], lines[-1]) == ("SUCCEEDED", number)


def test_a_preinstalled_module_is_replaced_for_this_run_alone(modules):
    version = "import six; print(six.__version__)"
    assert run(modules, version, additional_python_modules="six==9.9")[1][-1] == "9.9"
    assert run(modules, version)[1] != ["9.9"]


def test_what_is_preinstalled_is_not_installed_again(modules):
    made = wheel(
        "frames", "1.0", "import pandas; N = len(pandas.DataFrame({'a': [1, 2]}))", requires=("pandas", "boto3")
    )
    ended, lines, _ = run(modules, "import frames; print(frames.N)", additional_python_modules=put_wheel(modules, made))
    assert (ended["JobRunState"], lines[-1]) == ("SUCCEEDED", "2")
    assert any("Requirement already satisfied: pandas" in line for line in lines)


def test_options_of_pip_are_given_once_for_all_or_behind_a_requirement(modules):
    alone = {"python_modules_installer_option": "--no-deps"}
    ended, *_ = run(modules, "import greeting", additional_python_modules="greeting==2.0", **alone)
    assert ended["ErrorMessage"] == "ModuleNotFoundError: No module named 'punctuation'"
    ended, *_ = run(modules, "import greeting", additional_python_modules="greeting==2.0 --no-deps")
    assert ended["ErrorMessage"] == "ModuleNotFoundError: No module named 'punctuation'"


def test_a_module_that_does_not_exist_fails_the_run_with_pips_words(modules):
    ended, lines, errors = run(modules, "print('ran')", additional_python_modules="no-such-module-anywhere==1.0")
    assert ended["JobRunState"] == "FAILED"
    assert ended["ErrorMessage"] == FAILED + "pip: No matching distribution found for no-such-module-anywhere==1.0"
    assert "ran" not in lines
    assert any("Could not find a version that satisfies" in line for line in errors)


def test_without_a_network_the_run_fails_soon_and_says_so(modules):
    away = f"--index-url http://127.0.0.1:{free_port()}/simple"
    begun = time.monotonic()
    ended, *_ = run(modules, HELLO, additional_python_modules="greeting", python_modules_installer_option=away)
    assert time.monotonic() - begun < 20
    assert ended["JobRunState"] == "FAILED"
    assert ended["ErrorMessage"].startswith(
        FAILED + "The package index could not be reached (NewConnectionError). pip: "
    )


@pytest.mark.parametrize("wish", ["greeting 'unclosed", "<2"])
def test_what_pip_cannot_read_fails_the_run(modules, wish):
    ended, lines, _ = run(modules, "print('ran')", additional_python_modules=wish)
    assert ended["JobRunState"] == "FAILED" and "ran" not in lines


def test_a_failed_installation_is_tried_again_by_the_next_run(modules, index):
    name = f"late-{uuid.uuid4().hex[:8]}"
    ended, *_ = run(modules, "import late", additional_python_modules=f"{name}==1.0")
    assert ended["JobRunState"] == "FAILED"
    index.wheels.append(wheel(name, "1.0", late="N = 1"))
    ended, *_ = run(modules, "import late", additional_python_modules=f"{name}==1.0")
    assert ended["JobRunState"] == "SUCCEEDED", ended


def test_a_run_that_is_stopped_during_the_installation_is_stopped(modules, index):
    slow = put(modules, "slow-1.0.tar.gz", _slow_source())
    command = {
        "Name": "pythonshell",
        "PythonVersion": "3.9",
        "ScriptLocation": put(modules, "main.py", b"print('ran')"),
    }
    job = modules.job(None, Command=command, Timeout=2)
    run_id = modules.start(
        job,
        Arguments={"--additional-python-modules": slow, "--python-modules-installer-option": "--no-build-isolation"},
    )
    ended = modules.ended(job, run_id)
    assert ended["JobRunState"] == "TIMEOUT"
    assert "ran" not in modules.lines(run_id)


def _slow_source():
    import tarfile

    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, text in (("setup.py", "import time; time.sleep(600)"), ("PKG-INFO", "Name: slow\nVersion: 1.0\n")):
            member = tarfile.TarInfo(f"slow-1.0/{name}")
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
    return packed.getvalue()


@needs_36
def test_additional_modules_need_python_39(modules):
    ended, lines, _ = run(modules, "print('ran')", "3", additional_python_modules="greeting")
    assert (ended["JobRunState"], lines) == ("FAILED", [])
    assert "--additional-python-modules (greeting) needs Python 3.9" in ended["ErrorMessage"]


def test_a_module_that_brings_its_own_botocore_stays_local(modules):
    """Another botocore gets an endpoint table of its own: that of the environment is for the environment's."""
    script = (
        "import json, os, boto3, botocore\n"
        "sts, s3 = boto3.client('sts'), boto3.client('s3', region_name='eu-west-1')\n"
        "print(json.dumps([botocore.__version__, os.environ['AWS_DATA_PATH'], sts.get_caller_identity()['Account'],\n"
        "    s3.meta.endpoint_url, bool(s3.list_buckets()['Buckets'])]))\n"
    )
    wheels = ",".join(put_wheel(modules, repacked(name)) for name in ("boto3", "botocore"))
    options = {"additional_python_modules": wheels, "python_modules_installer_option": "--no-deps"}
    for _ in range(2):
        ended, lines, errors = run(modules, script, **options)
        assert ended["JobRunState"] == "SUCCEEDED", errors
        version, table, account, endpoint, found = json.loads(lines[-1])
        assert (version, account, endpoint, found) == ("1.21.65", "000000000000", modules.localstack.endpoint, True)
        assert json.loads((Path(table) / "stamp.json").read_text())["botocore"] == version


def repacked(name):
    """A wheel of what Airflow's environment has under this name, with the models of a few services only."""
    site = next((VENVS / "airflow/lib").glob("python3*/site-packages"))
    found = next(iter(distributions(name=name, path=[str(site)])))
    left_out = re.compile(r"data/(?!sts/|s3/|_retry|endpoints|sdk-default)|__pycache__|RECORD$")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        kept = [file for file in found.files if not left_out.search(str(file)) and ".." not in file.parts]
        for file in kept:
            archive.write(site / file, str(file))
        archive.writestr(f"{name}-{found.version}.dist-info/RECORD", "".join(f"{file},,\n" for file in kept))
    return Wheel(name, f"{name}-{found.version}-py3-none-any.whl", packed.getvalue())


# --- library-set


def test_library_set_none_has_the_aws_client_and_no_analytics(modules):
    script = (
        "import importlib.util, boto3, botocore\n"
        "found = [n for n in ('numpy', 'pandas', 'scipy', 'sklearn', 'awswrangler', 'requests') if importlib.util.find_spec(n)]\n"
        "print(found, boto3.client('sts').get_caller_identity()['Account'])\n"
    )
    ended, lines, _ = run(modules, script, library_set="none")
    assert (ended["JobRunState"], lines) == ("SUCCEEDED", ["[] 000000000000"])
    assert run(modules, "import pandas", library_set="none")[0]["ErrorMessage"] == (
        "ModuleNotFoundError: No module named 'pandas'"
    )
    assert run(modules, "import pandas", library_set="analytics")[0]["JobRunState"] == "SUCCEEDED"
    ended, lines, _ = run(modules, HELLO, library_set="none", additional_python_modules="greeting==1.0")
    assert (ended["JobRunState"], lines[-1]) == ("SUCCEEDED", "hello")


def test_library_set_is_read_without_dashes_as_well(modules):
    command = {
        "Name": "pythonshell",
        "PythonVersion": "3.9",
        "ScriptLocation": put(modules, "main.py", b"import pandas"),
    }
    job = modules.job(None, Command=command, DefaultArguments={"library-set": "none"})
    assert modules.ended(job, modules.start(job))["ErrorMessage"] == "ModuleNotFoundError: No module named 'pandas'"


def test_a_library_set_that_does_not_exist_is_refused(modules):
    ended, lines, _ = run(modules, "print('ran')", library_set="everything")
    assert (ended["JobRunState"], lines) == ("FAILED", [])
    assert "library-set is everything; wanted: analytics or none" in ended["ErrorMessage"]


@pytest.mark.parametrize("more", [{"library_set": "none"}, {"additional_python_modules": "greeting==1.0"}])
def test_the_guard_stands_in_every_environment(modules, more):
    script = "import urllib.request as u; u.urlopen('https://sts.amazonaws.com/')"
    ended, *_ = run(modules, script, **more)
    assert ended["JobRunState"] == "FAILED" and "refused" in ended["ErrorMessage"], ended
