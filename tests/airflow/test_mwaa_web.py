"""/aws_mwaa/ of the real web server: commands, login, and what is refused. No AWS behind it: tokens are made here."""

import base64
import json
import os
import signal
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import jwt
import psutil
import pytest
import requests
from conftest import Replica, eventually

from mwaa_airflow.web import tokens

SLOW = """# a DAG file of airflow
import os, time
here = os.path.dirname(os.path.abspath(__file__))
if os.path.isdir(here + "/marks"):
    open(here + "/marks/{}".format(os.getpid()), "w").close()
    while not os.path.exists(here + "/go"):
        time.sleep(0.05)
"""
DAG = """
import os
from datetime import datetime
from airflow import DAG
import used
dag = DAG("{}_" + os.environ.get("LEFT_BEHIND", "clean") + "_" + used.NAME, start_date=datetime(2022, 1, 1))
os.environ["LEFT_BEHIND"] = "dirty"
"""


class Web:
    """A web server of its own, asked as a client of MWAA asks."""

    def __init__(self, replica):
        self.replica = replica
        self.dags = replica.settings["MWAA_PROJECT"] / "dags"
        self.url = "http://127.0.0.1:{}/aws_mwaa".format(replica.settings["WEB_PORT"])

    def token(self, kind="cli", seconds=60, secret=None, **claims):
        secrets = self.replica.secrets
        os.environ["WEBSERVER_SECRET_KEY"] = secret or secrets["WEBSERVER_SECRET_KEY"]
        said = {
            "aud": kind,
            "env": "local",
            "env_id": str(secrets["MWAA_ENV_ID"]),
            "sub": "arn:aws:iam::0:root",
            "roles": [],
        }
        said.update(claims, exp=int(time.time()) + seconds)
        return jwt.encode(said, tokens.key(kind), algorithm="HS256").decode()

    def post(self, body, path="/cli", token=None, **options):
        token = self.token() if token is None else token
        headers = {"Authorization": "Bearer " + token, "Content-Type": "text/plain"}
        return requests.post(self.url + path, data=body, headers=headers, timeout=60, allow_redirects=False, **options)

    def run(self, body):
        """(status, stdout, stderr)"""
        answer = self.post(body.encode())
        said = answer.json()
        return (answer.status_code, *(base64.b64decode(said[name]).decode() for name in ("stdout", "stderr")))


@pytest.fixture(scope="module")
def web(tmp_path_factory):
    replica = Replica(tmp_path_factory.mktemp("web"))
    replica.redirect()
    replica.start("postgres")
    assert replica.run("migrate")[0] == 0
    replica.start("webserver")
    replica.wait("webserver")
    yield Web(replica)
    replica.close()


@pytest.fixture
def slow(web, tmp_path):
    """A folder for `dags list -S`, whose DAG file waits for the file `go` and notes who waits."""
    (tmp_path / "marks").mkdir()
    (tmp_path / "slow_dag.py").write_text(SLOW)
    yield tmp_path
    (tmp_path / "go").touch()


def test_a_command_answers_with_base64_of_both_streams(web):
    status, out, _ = web.run("version")
    assert (status, out) == (200, "2.2.2\n")
    assert web.post(b"version", path="/cli/").status_code == 200


def test_https_on_the_same_port_with_the_installs_own_authority(web, tmp_path):
    authority = tmp_path / "ca.pem"
    authority.write_bytes(requests.get(web.url + "/local-ca.pem", timeout=10).content)
    assert authority.read_bytes() == (web.replica.folder / "tls" / "ca.pem").read_bytes()
    for host in ("127.0.0.1", "localhost"):
        url = web.url.replace("http://127.0.0.1", "https://" + host)
        headers = {"Authorization": "Bearer " + web.token()}
        answer = requests.post(url + "/cli", data=b"version", headers=headers, verify=str(authority), timeout=30)
        assert answer.status_code == 200
    with pytest.raises(requests.exceptions.SSLError):
        requests.get(web.url.replace("http:", "https:") + "/local-ca.pem", timeout=10)


def test_a_command_that_fails_answers_400_with_what_it_said(web):
    status, _, err = web.run("dags trigger no_such_dag")
    assert status == 400 and "no_such_dag not found" in err
    status, _, err = web.run("dags trigger")
    assert status == 400 and "the following arguments are required: dag_id" in err


def test_unsupported_commands_answer_500_and_do_nothing(web):
    for body in ("users list", "pools set a 1 b", "db reset -y", "airflow version", "bash -c id"):
        status, out, err = web.run(body)
        assert (status, out) == (500, "") and "not supported" in err


@pytest.mark.parametrize(
    "refused",
    [dict(seconds=-1), dict(secret="forged" * 6), dict(kind="web"), dict(env="another"), dict(env_id="another")],
    ids=str,
)
def test_a_token_that_is_expired_forged_or_anothers_is_refused(web, refused):
    answer = web.post(b"version", token=web.token(**refused))
    assert answer.status_code == 403 and "token" in answer.json()["message"]


def test_without_a_token_or_with_another_method_nothing_runs(web):
    assert requests.post(web.url + "/cli", data=b"version", timeout=10).status_code == 403
    assert web.post(b"version", token="no token").status_code == 403
    for method in ("GET", "PUT", "DELETE"):
        assert requests.request(method, web.url + "/cli", timeout=10).status_code == 405


def test_ten_megabytes_are_refused_at_once(web):
    begun = time.monotonic()
    answer = web.post(b"variables set a " + b"x" * 10_000_000)
    assert answer.status_code == 413 and time.monotonic() - begun < 3
    unannounced = web.post(iter([b"variables set a "] + [b"x" * 100_000] * 100))
    assert unannounced.status_code == 413


def test_no_shell_reads_the_body(web, tmp_path):
    told = "$(touch {0}/a) `touch {0}/b`; touch {0}/c | tee {0}/d > {0}/e".format(tmp_path)
    status, _, _ = web.run("variables set injected '{}'".format(told))
    assert status == 200 and list(tmp_path.iterdir()) == []
    assert web.run("variables get injected")[1].strip() == told
    assert web.run("variables get injected; touch {}/f".format(tmp_path))[0] == 400
    assert list(tmp_path.iterdir()) == []


def test_four_at_once_and_the_fifth_is_told_503(web, slow):
    body = "dags list -S {}".format(slow).encode()
    with ThreadPoolExecutor(4) as pool:
        running = [pool.submit(web.post, body) for _ in range(4)]
        eventually(lambda: len(list((slow / "marks").iterdir())) == 4, 30, "four commands run")
        assert web.post(body).status_code == 503
        # the pages are there meanwhile
        assert requests.get(web.url.replace("/aws_mwaa", "/health"), timeout=10).status_code == 200
        (slow / "go").touch()
        assert [one.result().status_code for one in running] == [200] * 4
    assert web.post(body).status_code == 200


def test_a_command_ends_when_its_client_goes(web, slow):
    body = "dags list -S {}".format(slow).encode()
    head = "POST /aws_mwaa/cli HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nContent-Length: {}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", web.replica.settings["WEB_PORT"])) as client:
        client.sendall(head.format(web.token(), len(body)).encode() + body)
        mark = eventually(lambda: list((slow / "marks").iterdir()), 30, "the command runs")[0]
    eventually(lambda: not psutil.pid_exists(int(mark.name)), 10, "it has ended")


def test_dags_are_seen_as_they_are_now_and_commands_leave_nothing_behind(web):
    (web.dags / "used.py").write_text("NAME = 'old'")
    for name, used in (("first", "old"), ("second", "new")):
        (web.dags / "used.py").write_text("NAME = '{}'  # {}".format(used, name))
        (web.dags / "now.py").write_text(DAG.format(name))
        status, out, _ = web.run("dags list -o json")
        assert status == 200
        assert [one["dag_id"] for one in json.loads(out[out.index("[{") :])] == ["{}_clean_{}".format(name, used)]


def test_a_killed_warm_process_is_replaced(web):
    parent = psutil.Process(web.replica.processes["webserver"].pid)
    worker = parent.children()[0]
    for warm in worker.children():
        warm.kill()
    assert web.run("version")[:2] == (200, "2.2.2\n")
    assert web.run("version")[:2] == (200, "2.2.2\n")


def logged_in(web, roles, arn="arn:aws:sts::000000000000:assumed-role/Team/alice"):
    session = requests.Session()
    answer = session.post(web.url + "/login", data={"token": web.token("web", sub=arn, roles=roles)}, timeout=30)
    assert answer.status_code == 200, answer.text
    assert session.cookies["session"]
    return session


def test_a_web_token_logs_in_with_the_role_that_iam_gave(web):
    home, variables = (web.url.replace("/aws_mwaa", path) for path in ("/home", "/variable/list/"))
    assert "/login/" in requests.get(home, timeout=30).url
    viewer = logged_in(web, ["Viewer"])
    answer = viewer.get(home, timeout=30)
    assert answer.url == home and "assumed-role/Team/alice" in answer.text
    assert viewer.get(variables, timeout=30).url != variables
    admin = logged_in(web, ["Admin"])
    assert admin.get(variables, timeout=30).url == variables
    assert "aws_mwaa" in admin.get(web.url.replace("/aws_mwaa", "/plugin"), timeout=30).text
    # another login with less is less: of this user, not of this session
    logged_in(web, ["Viewer"])
    assert admin.get(variables, timeout=30).url != variables


def test_a_login_without_a_web_token_is_refused(web):
    for token in ("", "forged", web.token("cli"), web.token("web", seconds=-1)):
        session = requests.Session()
        assert session.post(web.url + "/login", data={"token": token}, timeout=30).status_code == 403
        assert "/login/" in session.get(web.url.replace("/aws_mwaa", "/home"), timeout=30).url


def test_the_sso_page_reads_the_fragment_and_posts_it(web):
    page = requests.get(web.url + "/aws-console-sso?login=true", timeout=30)
    assert page.status_code == 200
    assert "location.hash" in page.text and '"/aws_mwaa/login/"' in page.text


def test_the_page_keeps_the_browser_from_asking_for_an_icon_whose_answer_would_end_the_login(web):
    assert '<link rel="icon" href="data:,">' in requests.get(web.url + "/aws-console-sso", timeout=30).text
    icon = requests.get(web.url.replace("/aws_mwaa", "/favicon.ico"), timeout=30)
    assert "session" in icon.cookies


def test_the_rest_api_is_denied_as_on_mwaa(web):
    for session in (requests, logged_in(web, ["Admin"])):
        assert session.get(web.url.replace("/aws_mwaa", "/api/v1/dags"), timeout=30).status_code == 401


def test_a_silent_connection_takes_no_thread(web):
    idle = [socket.create_connection(("127.0.0.1", web.replica.settings["WEB_PORT"])) for _ in range(40)]
    try:
        assert web.run("version")[0] == 200
    finally:
        for one in idle:
            one.close()


def test_nothing_is_left_when_the_web_server_is_killed(web, slow):
    body = "dags list -S {}".format(slow).encode()

    def ask():
        with suppress(requests.RequestException):
            web.post(body)

    asking = threading.Thread(target=ask)
    asking.start()
    mark = eventually(lambda: list((slow / "marks").iterdir()), 30, "the command runs")[0]
    master = psutil.Process(web.replica.processes["webserver"].pid)
    below = master.children(recursive=True)
    assert int(mark.name) in [process.pid for process in below]
    web.replica.processes.pop("webserver")
    master.send_signal(signal.SIGKILL)
    for worker in below:  # gunicorn's own look for their parent takes a second; a worker that is killed cannot look
        if worker.ppid() in (1, master.pid) or "gunicorn" in " ".join(worker.cmdline()[:3]):
            worker.send_signal(signal.SIGKILL)
            break
    master.wait(10)
    asking.join(30)
    eventually(lambda: not psutil.pid_exists(int(mark.name)), 10, "the command has ended")
    for process in below:
        with suppress(psutil.NoSuchProcess):
            process.kill()
