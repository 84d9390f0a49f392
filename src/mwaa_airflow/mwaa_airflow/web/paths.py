"""The paths below /aws_mwaa/, as a Flask blueprint.

    POST /aws_mwaa/cli               runs a command of Airflow for a CLI token
    GET  /aws_mwaa/aws-console-sso   the page that a browser opens with #<web token>
    POST /aws_mwaa/login             form field `token` -> 200 and the cookie `session`
    GET  /aws_mwaa/local-ca.pem      not of MWAA: the authority behind this web server's https

Which status stands for what is in docs/mwaa-api.md, each with the confidence that it is MWAA's.
"""

import base64
import time

from airflow.configuration import conf
from flask import Blueprint, Response, current_app, jsonify, render_template_string, request, url_for

from mwaa_airflow.web import certificates, commands, login, running, tokens

blueprint = Blueprint("aws_mwaa", __name__, url_prefix="/aws_mwaa")
blueprint.before_app_request(login.end_when_over)

OTHER_METHODS = ["GET", "PUT", "PATCH", "DELETE"]
DRAIN = 64 * 1024 * 1024  # bytes of a refused body that are read and thrown away, so that its sender hears the answer
DRAIN_SECONDS = 5.0

# The icon is there so that no browser asks for /favicon.ico beside the login: the answer's cookie, of a session that is not
# signed in, would replace that of the login whenever it comes second.
SSO_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Amazon MWAA (local)</title><link rel="icon" href="data:,">
<style>
  body { font: 16px/1.5 system-ui, sans-serif; color: #222; margin: 20vh auto; width: max-content; max-width: 90vw }
  code { background: #eee; padding: .1em .3em }
</style></head>
<body><p id="message">Signing in ...</p>
<p id="next" hidden>A token is good for 60 seconds and is made with <code>aws mwaa create-web-login-token</code>;
<a href="{{ home }}">by name and password</a> it works, too.</p>
<noscript>Signing in with a token needs JavaScript.</noscript>
<script>
  const message = document.getElementById("message"), next = document.getElementById("next");
  const refuse = text => { message.textContent = text; next.hidden = false; };
  function signIn() {
    const token = location.hash.slice(1);
    history.replaceState(null, "", location.pathname + location.search);
    if (!token) return refuse("There is no token in the address.");
    message.textContent = "Signing in ...";
    next.hidden = true;
    fetch({{ login|tojson }}, {method: "POST", credentials: "same-origin", body: new URLSearchParams({token})})
      .then(answer => answer.ok ? location.replace({{ home|tojson }}) : answer.json().then(said => refuse(said.message)))
      .catch(problem => refuse("Signing in failed: " + problem));
  }
  addEventListener("hashchange", signIn);  // a fresh link in the same tab does not load the page anew
  signIn();
</script></body></html>
"""


@blueprint.record_once
def _allow_posts_from_scripts(state):
    """They carry a token of their own."""
    state.app.extensions["csrf"].exempt(blueprint)


@blueprint.route("/cli/", methods=["POST"], strict_slashes=False)
def cli():
    try:
        tokens.read(_bearer(), tokens.CLI)
    except tokens.TokenRefused as refused:
        return _refusal(403, str(refused))
    body = _body()
    if body is None:
        return _refusal(413, "The body is larger than {} bytes".format(commands.LARGEST_BODY))
    try:
        words = commands.parse(body)
    except (commands.BadCommand, commands.Unsupported) as wrong:
        return _answer(400 if isinstance(wrong, commands.BadCommand) else 500, b"", str(wrong).encode())
    return _run(words)


def _run(words):
    try:
        code, out, err = running.run(words, request.environ.get("gunicorn.socket"))
    except running.Busy:
        return _refusal(503, "{} commands run already: try again when one has ended".format(running.AT_ONCE))
    except running.TookTooLong:
        return _refusal(504, "The command was ended after {:.0f} s".format(running.LONGEST))
    except running.ClientGone:
        return _refusal(499, "The client has gone")  # which nobody reads
    return _answer(200 if code == 0 else 400, out, err)


@blueprint.route("/cli/", methods=OTHER_METHODS, strict_slashes=False)
@blueprint.route("/login/", methods=OTHER_METHODS, strict_slashes=False)
def wrong_method():
    """Airflow's own answer to a wrong method is its page for 404."""
    answer = _refusal(405, "Only POST is answered here")
    answer.headers["Allow"] = "POST"
    return answer


@blueprint.route("/aws-console-sso", methods=["GET"])
def aws_console_sso():
    return render_template_string(SSO_PAGE, login=url_for("aws_mwaa.log_in"), home=url_for("Airflow.index"))


@blueprint.route("/login/", methods=["POST"], strict_slashes=False)
def log_in():
    if (request.content_length or 0) > commands.LARGEST_BODY:
        return _refusal(413, "The body is larger than {} bytes".format(commands.LARGEST_BODY))
    try:
        claims = tokens.read(request.form.get("token", ""), tokens.WEB)
    except tokens.TokenRefused as refused:
        return _refusal(403, str(refused))
    minutes = conf.getint("aws_mwaa", "session_duration_minutes", fallback=720)
    user = login.log_in(current_app.appbuilder.sm, claims["sub"], claims["roles"], minutes * 60)
    return jsonify(message="Signed in", user=user.username, roles=[role.name for role in user.roles])


@blueprint.route("/local-ca.pem", methods=["GET"])
def local_ca():
    return Response(certificates.authority(), mimetype="application/x-pem-file")


def _bearer():
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not token.strip():
        raise tokens.TokenRefused("The header Authorization: Bearer <CliToken> is missing")
    return token.strip()


def _body():
    """At most as much as is allowed; None for more, of which nothing is read when its length is told beforehand."""
    if (request.content_length or 0) > commands.LARGEST_BODY:
        return None
    body = request.stream.read(commands.LARGEST_BODY + 1)
    return body if len(body) <= commands.LARGEST_BODY else None


def _answer(status, out, err):
    response = jsonify(stdout=base64.b64encode(out).decode(), stderr=base64.b64encode(err).decode())
    response.status_code = status
    return response


def _refusal(status, message):
    response = jsonify(message=message)
    response.status_code = status
    response.headers["Connection"] = "close"
    stream = request.environ["wsgi.input"]
    response.call_on_close(lambda: _drain(stream))
    return response


def _drain(stream):
    """The answer is out; whoever still sends would lose it to a reset connection."""
    left, deadline = DRAIN, time.monotonic() + DRAIN_SECONDS
    while left > 0 and time.monotonic() < deadline:
        part = stream.read(min(left, 1 << 16))
        if not part:
            return
        left -= len(part)
