"""Python shell jobs: interpreters, how a run ends, what a script finds, arguments, memory. docs/glue-behaviour/python-shell.md"""

from __future__ import annotations

import ast
import json
import re

import pytest

from tests.glue.contract.conftest import refused
from tests.glue.service.conftest import BUCKET, processes
from tests.support.localstack import OLD_JOBS, VENVS

needs_36 = pytest.mark.skipif(not (VENVS / OLD_JOBS / "bin/python").exists(), reason="no Python 3.6 here")
VERSIONS = [pytest.param("3.9", id="3.9"), pytest.param("3", id="3.6", marks=needs_36)]
both_versions = pytest.mark.parametrize("version", VERSIONS)
GB = 1 << 30


def run(api, script, version="3.9", arguments=None, file_name="main.py", **definition):
    """(the run when it has ended, its output, its errors)"""
    name = api.job(None)
    location = f"s3://{BUCKET}/{name}/{file_name}"
    api.s3.put_object(
        Bucket=BUCKET, Key=f"{name}/{file_name}", Body=script if isinstance(script, bytes) else script.encode()
    )
    command = {"Name": "pythonshell", "PythonVersion": version, "ScriptLocation": location}
    api.glue.update_job(JobName=name, JobUpdate={"Role": "role", "Command": command, **definition})
    run_id = api.start(name, Arguments=arguments or {})
    ended = api.ended(name, run_id, 60)
    return ended, api.lines(run_id), api.lines(run_id, "error")


def outcome(api, script, version="3.9", **more):
    ended, *_ = run(api, script, version, **more)
    return ended["JobRunState"], ended.get("ErrorMessage", "")


# --- interpreters


@pytest.mark.parametrize(
    ("version", "python", "glue"), [("3.9", [3, 9], "3.0"), pytest.param("3", [3, 6], "1.0", marks=needs_36)]
)
def test_python_version_chooses_the_interpreter(api, version, python, glue):
    ended, lines, _ = run(api, "import sys; print(list(sys.version_info[:2]))", version)
    assert (ended["JobRunState"], ended["GlueVersion"], lines) == ("SUCCEEDED", glue, [str(python)])


@pytest.mark.parametrize("version", ["2", None])
def test_python_2_is_refused_with_the_reason(api, version):
    command = {
        "Name": "pythonshell",
        "ScriptLocation": f"s3://{BUCKET}/x.py",
        **({"PythonVersion": version} if version else {}),
    }
    name = api.job("print('ran')", Command=command)
    ended = api.ended(name, api.start(name))
    assert ended["JobRunState"] == "FAILED"
    assert re.search(r'cannot be run: AWS has ended Python 2.*Set PythonVersion to "3.9"', ended["ErrorMessage"])


@pytest.mark.parametrize("version", ["3.6", "3.10", "three"])
def test_a_version_that_the_api_does_not_know_is_refused(api, version):
    command = {"Name": "pythonshell", "PythonVersion": version, "ScriptLocation": "s3://b/x.py"}
    with refused("ValidationException") as seen:
        api.glue.create_job(Name="never", Role="role", Command=command)
    assert "command.pythonVersion" in seen.message


@needs_36
def test_python_36_has_what_aws_preinstalls(api):
    script = (
        "import json, boto3, botocore, numpy, pandas, requests, scipy, sklearn\n"
        "print(json.dumps([m.__version__ for m in (boto3, botocore, numpy, pandas, requests, scipy, sklearn)]))\n"
    )
    ended, lines, errors = run(api, script, "3")
    assert ended["JobRunState"] == "SUCCEEDED", errors
    assert json.loads(lines[0]) == ["1.9.203", "1.12.232", "1.16.2", "0.24.2", "2.22.0", "1.2.1", "0.20.3"]


# --- every boto3 stays local

CALLS = """
import json, subprocess, sys, threading
import boto3
found = [boto3.__version__]
def call(name, **options):
    client = boto3.client(name, **options)
    answer = client.get_caller_identity()["Account"] if name == "sts" else len(client.list_buckets()["Buckets"]) > 0
    found.append([client.meta.endpoint_url, answer])
call("sts")
call("s3", region_name="eu-west-1")
thread = threading.Thread(target=call, args=("s3",))
thread.start(); thread.join()
code = "import boto3; c = boto3.client('sts'); print(c.meta.endpoint_url, c.get_caller_identity()['Account'])"
found.append(subprocess.check_output([sys.executable, "-c", code]).decode().split())
print(json.dumps(found))
"""


@both_versions
def test_boto3_older_than_aws_endpoint_url_calls_the_local_account(api, version):
    ended, lines, errors = run(api, CALLS, version)
    assert ended["JobRunState"] == "SUCCEEDED", errors
    boto3, *calls = json.loads(lines[0])
    assert boto3 == {"3.9": "1.21.21", "3": "1.9.203"}[version]
    local = api.localstack.endpoint
    assert calls == [[local, "000000000000"], [local, True], [local, True], [local, "000000000000"]]


@both_versions
@pytest.mark.parametrize(
    "code",
    [
        "import boto3; boto3.client('sts', endpoint_url='https://sts.amazonaws.com').get_caller_identity()",
        "import urllib.request as u; u.urlopen('http://169.254.169.254/latest/meta-data/')",
    ],
)
def test_what_would_leave_for_aws_is_refused(api, version, code):
    state, message = outcome(api, code, version)
    assert state == "FAILED" and "real AWS" in message


# --- how a run ends


@both_versions
@pytest.mark.parametrize(
    "script",
    [
        "import sys; sys.exit()",
        "import sys; sys.exit(None)",
        "import sys; sys.exit(0)",
        "import os; os._exit(0)",
        "",
        "import sys; print('x', file=sys.stderr)",
    ],
)
def test_exit_status_0_succeeds(api, version, script):
    assert outcome(api, script, version) == ("SUCCEEDED", "")


@both_versions
@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("import sys; sys.exit(3)", "Command failed with exit code 3"),
        ("import sys; sys.exit(-1)", "Command failed with exit code 255"),
        ("import sys; sys.exit('no rows today')", "Command failed with exit code 1"),
        ("import os; os._exit(9)", "Command failed with exit code 9"),
        ("import os; os.kill(os.getpid(), 9)", "Command failed with exit code 137 (SIGKILL)"),
        ("import os; os.kill(os.getpid(), 15)", "Command failed with exit code 143 (SIGTERM)"),
        ("import os; os.abort()", "Command failed with exit code 134 (SIGABRT)"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("raise ValueError('first line\\nsecond line')", "ValueError: first line"),
        (
            "try:\n    1 / 0\nexcept ZeroDivisionError as e:\n    raise RuntimeError('then') from e",
            "RuntimeError: then",
        ),
        ("import atexit, sys\natexit.register(print, 'bye', file=sys.stderr)\nraise KeyError('k')", "KeyError: 'k'"),
        ("import nosuchmodule", "ModuleNotFoundError: No module named 'nosuchmodule'"),
        ("x = = 1", "SyntaxError: invalid syntax"),
        ("def f():\nreturn 1", "IndentationError: expected an indented block"),
        (
            "import threading, sys\nt = threading.Thread(target=lambda: 1 / 0)\nt.start(); t.join(); sys.exit(1)",
            "Command failed with exit code 1",
        ),
    ],
)
def test_a_run_that_fails_says_why(api, version, script, message):
    assert outcome(api, script, version) == ("FAILED", message)


@both_versions
def test_a_script_that_is_not_text_fails(api, version):
    state, message = outcome(api, b"print('caf\xe9')\n", version)
    assert state == "FAILED" and message.startswith(r"SyntaxError: Non-UTF-8 code starting with '\xe9'")
    # these interpreters would pass over the NUL, and run the rest
    ended, lines, _ = run(api, b"print('ran')\n\0\n", version)
    assert (ended["JobRunState"], lines) == ("FAILED", [])
    assert ended["ErrorMessage"] == "ValueError: source code string cannot contain null bytes"


@both_versions
def test_a_script_keeps_its_name_and_may_be_a_zip_with_a_main(api, version):
    ended, lines, _ = run(api, "print(__file__)", version, file_name="my job.py")
    assert ended["JobRunState"] == "SUCCEEDED" and lines[0].endswith("/my job.py")
    import io
    import zipfile

    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("__main__.py", "import helper; print(helper.N)")
        archive.writestr("helper.py", "N = 5")
    ended, lines, errors = run(api, packed.getvalue(), version, file_name="job.zip")
    assert (ended["JobRunState"], lines) == ("SUCCEEDED", ["5"]), errors


@pytest.mark.parametrize("key", ["..", "a/..", ".", "x" * 900 + ".py", "naïve job.py"])
def test_no_key_of_a_script_leads_out_of_the_runs_folder(api, key):
    api.s3.put_object(Bucket=BUCKET, Key=key, Body=b"print(__file__)")
    command = {"Name": "pythonshell", "PythonVersion": "3.9", "ScriptLocation": f"s3://{BUCKET}/{key}"}
    name = api.job(None, Command=command)
    run_id = api.start(name)
    ended = api.ended(name, run_id)
    assert ended["JobRunState"] == "SUCCEEDED", ended
    assert api.lines(run_id)[0].startswith(str(api.folder(run_id) / "script") + "/")


def test_megabytes_of_output_in_front_of_an_exception_do_not_hide_it(api):
    script = "import sys\nfor _ in range(40000): sys.stderr.write('x' * 99 + '\\n')\nraise ValueError('at last')"
    assert outcome(api, script) == ("FAILED", "ValueError: at last")


def test_a_daemon_that_a_script_leaves_behind_ends_with_it(api):
    script = (
        "import os, time\n"
        "if os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n        time.sleep(600)\n    os._exit(0)\n"
        "print('done')\n"
    )
    name = api.job(script)
    run_id = api.start(name)
    assert api.ended(name, run_id)["JobRunState"] == "SUCCEEDED"
    assert processes(run_id) == set()


# --- what a script finds


def test_a_script_has_a_folder_of_its_own_credentials_and_region(api):
    script = (
        "import json, os, tempfile\n"
        "open('scratch', 'w').close()\n"
        "names = ('AWS_REGION', 'AWS_DEFAULT_REGION', 'AWS_ACCESS_KEY_ID', 'AWS_ENDPOINT_URL', 'GLUE_PYTHON_VERSION')\n"
        "print(json.dumps([os.getcwd(), os.listdir('.'), tempfile.gettempdir(), [os.environ[n] for n in names]]))\n"
    )
    ended, lines, _ = run(api, script)
    assert ended["JobRunState"] == "SUCCEEDED"
    folder, content, temporary, values = json.loads(lines[0])
    assert (content, temporary) == (["scratch"], folder)
    assert values == ["us-east-1", "us-east-1", "test", api.localstack.endpoint, "3.9"]


RESOLVE = "import sys\nfrom awsglue.utils import getResolvedOptions\nprint(getResolvedOptions(sys.argv, {}))"


@both_versions
def test_resolved_options_are_read_as_aws_reads_them(api, version):
    arguments = {"--table-name": "t", "--TempDir": "s3://tmp/", "--unasked": "x", "--empty": ""}
    ended, lines, errors = run(api, RESOLVE.format(["table-name", "TempDir"]), version, arguments)
    assert ended["JobRunState"] == "SUCCEEDED", errors
    found = ast.literal_eval(lines[0])
    assert (found["table_name"], found["TempDir"], found["RedshiftTempDir"]) == ("t", "s3://tmp/", "s3://tmp/")
    assert found["job_bookmark_option"] == "job-bookmark-disable" and "unasked" not in found


@both_versions
def test_a_missing_option_ends_a_script_with_exit_code_2_which_no_exception_handler_sees(api, version):
    guarded = RESOLVE.format(["day"]).replace("print(", "try:\n  print(") + "\nexcept Exception:\n  print('handled')"
    ended, lines, errors = run(api, guarded, version)
    assert (ended["JobRunState"], ended["ErrorMessage"]) == ("FAILED", "Command failed with exit code 2")
    assert lines == []
    assert errors[-1] == "main.py: error: the following arguments are required: --day"


@both_versions
def test_arguments_that_a_script_may_not_ask_for(api, version):
    message = "RuntimeError: Using reserved arguments job-bookmark-option"
    assert outcome(api, RESOLVE.format(["job-bookmark-option"]), version) == ("FAILED", message)


@both_versions
def test_what_belongs_to_spark_is_named_when_it_is_missing(api, version):
    state, message = outcome(api, "from awsglue.context import GlueContext", version)
    assert state == "FAILED"
    assert message.startswith(
        "ModuleNotFoundError: No module named 'awsglue.context': a Python shell job has awsglue.utils"
    )


def test_arguments_reach_the_script_as_words_and_an_empty_value_is_none(api):
    arguments = {"--a": "1", "--enable-metrics": "", "--JOB_NAME": "mine", "--job-language": "python", "--conf": "x=y"}
    _, lines, _ = run(api, "import sys; print(sys.argv[1:])", arguments=arguments)
    assert sorted(ast.literal_eval(lines[0])) == sorted([w for pair in arguments.items() for w in pair if w])


def test_an_argument_that_no_program_can_be_given_fails_the_run_with_its_name(api):
    state, message = outcome(api, "print('ran')", arguments={"--big": "x" * 140_000})
    assert state == "FAILED" and message.startswith("The argument --big is longer than 131072 bytes")


# --- memory

HOLD = (
    "import time\nheld = bytearray({}) \nfor i in range(0, len(held), 4096): held[i] = 1\ntime.sleep(2)\nprint('kept')"
)


def test_a_run_over_the_memory_of_its_capacity_fails_and_no_process_of_it_is_left(api):
    name = api.job(HOLD.format(int(1.3 * GB)), MaxCapacity=0.0625)
    run_id = api.start(name)
    ended = api.ended(name, run_id, 60)
    assert ended["JobRunState"] == "FAILED"
    wanted = r"Command failed with exit code 137 \(out of memory: its processes held 1\.\d\d GB, and MaxCapacity 0.0625 gives 1 GB\)"
    assert re.fullmatch(wanted, ended["ErrorMessage"])
    assert (api.lines(run_id), processes(run_id)) == ([], set())


def test_one_dpu_has_sixteen_times_as_much(api):
    ended, lines, _ = run(api, HOLD.format(int(1.3 * GB)), MaxCapacity=1.0)
    assert (ended["JobRunState"], lines) == ("SUCCEEDED", ["kept"])


def test_all_processes_of_a_run_count_together(api):
    script = (
        "import subprocess, sys\n"
        f"code = {HOLD.format(int(0.45 * GB))!r}\n"
        "for one in [subprocess.Popen([sys.executable, '-c', code], start_new_session=True) for _ in range(3)]: one.wait()\n"
    )
    state, message = outcome(api, script)
    assert state == "FAILED" and "(out of memory: its processes held 1." in message


def test_what_processes_share_counts_once_and_mapped_files_and_reserved_addresses_do_not(api):
    script = (
        "import mmap, os, time, numpy\n"
        "reserved = mmap.mmap(-1, 4 << 30)\n"
        "held = bytearray(500 << 20)\n"
        "with open('big', 'wb') as file: file.truncate(1 << 30)\n"
        "file = open('big', 'rb'); mapped = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)\n"
        "for i in range(0, len(mapped), 4096): mapped[i]\n"
        "children = []\n"
        "for _ in range(3):\n"
        "    pid = os.fork()\n"
        "    if pid == 0: time.sleep(1.5); os._exit(0)\n"
        "    children.append(pid)\n"
        "for pid in children: os.waitpid(pid, 0)\n"
        "print('kept')\n"
    )
    ended, lines, errors = run(api, script)
    assert (ended["JobRunState"], lines) == ("SUCCEEDED", ["kept"]), (ended, errors)


def test_a_run_out_of_memory_is_retried_as_any_that_failed(api):
    name = api.job(HOLD.format(int(1.3 * GB)), MaxCapacity=0.0625, MaxRetries=1)
    first = api.start(name)
    assert api.ended(name, first, 60)["JobRunState"] == "FAILED"
    again = api.ended(name, f"{first}_attempt_1", 60)
    assert "out of memory" in again["ErrorMessage"]
