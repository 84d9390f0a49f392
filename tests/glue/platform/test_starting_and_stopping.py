"""LocalStack starts completely or not at all, and stops when it is told to."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

from tests.support.localstack import ROLE, ROOT, VENVS, LocalStack, free_port
from tests.support.polling import wait_until
from tests.support.small_disk import small_disk

SECONDS_TO_STOP = 20  # after which the stack kills it: mwaa_local/roles.py


def test_a_taken_port_ends_the_process_with_a_line(new_localstack: Callable[..., LocalStack]) -> None:
    own = new_localstack(start=False)
    with socket.socket() as taker:
        taker.bind(("127.0.0.1", 0))
        taker.listen()
        own.port = taker.getsockname()[1]
        own.start(wait=False)
        assert own.process.wait(60) == 1
    assert f"cannot listen on 127.0.0.1:{own.port}: " in own.log
    assert "Ready." not in own.log
    assert not (own.home / "run.json").exists()


def test_a_second_process_on_the_same_folder_ends_with_a_line(localstack: LocalStack) -> None:
    settings = localstack.state / "settings.env"
    before = settings.read_text(encoding="utf-8")
    settings.write_text(before.replace(f"AWS_PORT={localstack.port}", f"AWS_PORT={free_port()}"), encoding="utf-8")
    try:
        second = subprocess.run([ROLE], env=localstack.environment, capture_output=True, text=True, timeout=60)
    finally:
        settings.write_text(before, encoding="utf-8")
    assert second.returncode == 1
    assert f"{localstack.home.resolve()} is in use by process {localstack.process.pid}" in second.stderr
    assert localstack.client("s3").list_buckets()["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_an_old_python_is_refused_with_a_reason() -> None:
    script = ROOT / "src/localstack_glue/localstack_glue/serve.py"
    done = subprocess.run([VENVS / "dev/bin/python", script], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "needs Python 3.12 or later, this is 3.11" in done.stderr


def test_it_does_not_listen_when_its_plugin_was_not_loaded(new_localstack: Callable[..., LocalStack]) -> None:
    own = new_localstack(start=False)
    without_hook = (
        "import localstack.runtime.hooks as hooks\n"
        "hooks.on_runtime_start.run = lambda: None\n"
        "from localstack_glue import serve\n"
        "serve.main()\n"
    )
    environment = {"PATH": os.environ["PATH"], "FILESYSTEM_ROOT": str(own.home), "SKIP_SSL_CERT_DOWNLOAD": "1"}
    environment |= {"XDG_CACHE_HOME": str(own.home / "cache")}
    environment |= {"GATEWAY_LISTEN": f"127.0.0.1:{own.port}", "DNS_ADDRESS": "0", "OVERRIDE_IN_DOCKER": "0"}
    command = [VENVS / "localstack/bin/python", "-c", without_hook]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "its start hook was not run" in done.stderr


def test_sigterm_stops_it_before_its_first_request_and_with_stdout_gone(
    new_localstack: Callable[..., LocalStack],
) -> None:
    own = new_localstack(start=False)
    own.prepare()
    own.process = subprocess.Popen([ROLE], env=own.environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert any(line == b"Ready.\n" for line in own.process.stdout)
    own.process.stdout.close()
    own.process.send_signal(signal.SIGTERM)
    assert own.process.wait(SECONDS_TO_STOP) == 0


def test_sigterm_stops_it_while_a_client_holds_a_long_poll(new_localstack: Callable[..., LocalStack]) -> None:
    own = new_localstack()
    sqs = own.client("sqs")
    url = sqs.create_queue(QueueName="polled")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="m")
    poll = threading.Thread(target=poll_until_cut, args=(own.client("sqs"), url), daemon=True)
    poll.start()
    wait_until(lambda: "ReceiveMessage => 200" in own.log, 10, "the first message was received")
    own.process.send_signal(signal.SIGTERM)
    assert own.process.wait(SECONDS_TO_STOP) == 0
    assert not (own.home / "run.json").exists()


def test_it_is_gone_in_time_even_if_no_thread_of_it_gets_to_run_any_more() -> None:
    stands_still = (
        "import os, re, signal\n"
        "from localstack.runtime import current\n"
        "from localstack_glue.platform import loopback\n"
        "class Runtime:\n"
        "    def exit(self, code):\n"
        "        re.match('(a+)+b', 'a' * 60)  # one call for years, under the interpreter's lock\n"
        "current.set_current_runtime(Runtime())\n"
        "loopback.SECONDS_TO_STOP = 2\n"
        "loopback.install()\n"
        "os.kill(os.getpid(), signal.SIGTERM)\n"
    )
    command = [VENVS / "localstack/bin/python", "-c", stands_still]
    done = subprocess.run(command, env={"PATH": os.environ["PATH"]}, capture_output=True, text=True, timeout=60)
    assert done.returncode == -signal.SIGALRM
    assert "Timeout (0:00:01)!" in done.stderr and 'File "<string>", line 6 in exit' in done.stderr


def test_an_index_of_other_versions_is_rebuilt(
    localstack: LocalStack, new_localstack: Callable[..., LocalStack]
) -> None:
    own = new_localstack(start=False)
    shutil.copytree(localstack.home / "root/usr", own.home / "root/usr")
    note = json.loads((localstack.home / "root/prepared.json").read_text(encoding="utf-8"))
    (own.home / "root/prepared.json").write_text(json.dumps(note | {"botocore": "1.0"}), encoding="utf-8")
    own.start()
    assert own.client("glue").get_databases()["DatabaseList"] == []
    assert json.loads((own.home / "root/prepared.json").read_text(encoding="utf-8")) == note
    assert list((own.home / "root/usr/lib/localstack").glob("service-catalog-*.dill"))


def test_it_starts_again_after_a_start_on_a_full_disk(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", megabytes=128) as disk, LocalStack(disk.path) as localstack:
        localstack.client("s3").create_bucket(Bucket="kept")
        localstack.stop()
        shutil.rmtree(localstack.home / "cache")  # as if it were out of date
        disk.fill()
        with contextlib.suppress(AssertionError):  # it may start, or refuse to
            localstack.start()
            localstack.stop()
        disk.free()
        localstack.start()
        assert [bucket["Name"] for bucket in localstack.client("s3").list_buckets()["Buckets"]] == ["kept"]
        localstack.stop()


def poll_until_cut(sqs: object, url: str) -> None:
    try:
        while True:
            sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)  # type: ignore[attr-defined]
    except Exception:  # the cut is what is waited for
        return
