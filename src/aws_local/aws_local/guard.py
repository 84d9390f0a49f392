"""Fails closed: no Python client of this interpreter reaches real AWS, unless ALLOW_REAL_AWS=1 says so.

    a .pth file in site-packages:   import aws_local.guard; aws_local.guard.install()

The redirection (see endpoints) already sends every client to the local endpoint. This is the second line, for what
the redirection cannot reach: S3 access-point ARNs in old botocores, an `endpoint_url` written into a DAG, a process
that lost its environment (BashOperator(env=...)), `requests` or `urllib` called with an AWS address.

Four places are watched, each patched only when its module is imported, so that an interpreter pays nothing for
what it does not use:

    botocore.httpsession   URLLib3Session.send         names the operation
    http.client            set_tunnel, putrequest      calls that go through a proxy
    socket                 getaddrinfo, connect, ...   requests, urllib3, urllib, aiohttp, asyncio, httpx
    kombu...http.curl      CurlClient._setup_request   Celery's SQS transport, whose pycurl resolves in C

Every other host stays reachable: a webhook, a package index. Not covered, because no Python sees their connections:
other programs (aws, curl) and C libraries with network code of their own (libpq, pycurl used directly).

Settings: ALLOW_REAL_AWS=1 switches the guard off; AWS_GUARD_LOG names a file that gets one JSON line per refusal.
"""

import os
import sys

from aws_local.imports import after_import

# Domains of AWS in all its partitions (botocore's endpoints.json and partitions.json; a test compares). `on.aws` is
# where function URLs and similar live; `aws.amazon.com` serves sign-in, console and federation endpoints.
AWS_DOMAINS = (
    "amazonaws.com",
    "amazonaws.com.cn",
    "amazonaws.eu",
    "amazonwebservices.com.cn",
    "amazonwebservices.eu",
    "api.aws",
    "on.aws",
    "aws.amazon.com",
    "aws.ic.gov",
    "aws.scloud",
    "aws.hci.ic.gov",
    "cloud.adc-e.uk",
    "cloud-aws.adc-e.uk",
    "c2s.ic.gov",
    "sc2s.sgov.gov",
    "csp.hci.ic.gov",
)
# Where a machine inside AWS gets credentials: instance metadata (v4, v6), container and pod credentials.
METADATA_ADDRESSES = ("169.254.169.254", "fd00:ec2::254", "169.254.170.2", "169.254.170.23", "fd00:ec2::23")

OPT_OUT = "ALLOW_REAL_AWS"


class AwsCallRefused(PermissionError):
    """A call to real AWS was stopped. An OSError, so that every HTTP library reports it as its own connection error."""

    def __init__(self, what, host):
        self.what, self.host = what, host
        message = (
            "{} would have gone to real AWS ({}) and was refused: this environment only talks to {}. "
            "Leave out endpoint_url and keep the AWS_* variables of the environment to stay local, "
            "or set {}=1 to allow real AWS.".format(
                what, host, os.environ.get("AWS_ENDPOINT_URL", "its local endpoint"), OPT_OUT
            )
        )
        super(AwsCallRefused, self).__init__(13, message)  # 13: EACCES

    def __str__(self):
        return self.strerror

    def __reduce__(self):
        return (type(self), (self.what, self.host))


def is_real_aws(host):
    """Whether a host name or address (str or bytes, any case, with or without a final dot) belongs to AWS."""
    if isinstance(host, (bytes, bytearray)):
        host = bytes(host).decode("ascii", "replace")
    if not isinstance(host, str):
        return False
    host = host.strip("[]").rstrip(".").lower()
    return host in METADATA_ADDRESSES or any(host == d or host.endswith("." + d) for d in AWS_DOMAINS)


def check(host, what):
    """Raises AwsCallRefused, after noting it in AWS_GUARD_LOG, if `host` is AWS's and the opt-out is not set."""
    if is_real_aws(host) and os.environ.get(OPT_OUT) != "1":
        if isinstance(host, (bytes, bytearray)):
            host = bytes(host).decode("ascii", "replace")
        _note(host, what)
        raise AwsCallRefused(what, host)


def install():
    """Guards this interpreter. Harmless when called again."""
    while _to_watch:
        after_import(*_to_watch.popitem())


def installed():
    """Whether this interpreter is guarded."""
    return not _to_watch


# --- the four places ---


def _guard_botocore(module):
    send = module.URLLib3Session.send

    def guarded_send(self, request):
        check(_host_of(request.url), _operation(request))
        return send(self, request)

    module.URLLib3Session.send = guarded_send


def _guard_http_client(module):
    connection = module.HTTPConnection
    set_tunnel, putrequest = connection.set_tunnel, connection.putrequest

    def guarded_set_tunnel(self, host, *args, **kwargs):
        check(_host_of("//" + host), "An HTTP request through a proxy")
        return set_tunnel(self, host, *args, **kwargs)

    def guarded_putrequest(self, method, url, *args, **kwargs):
        if "://" in url[:8]:  # an absolute URL is how a plain HTTP request goes to a proxy
            check(_host_of(url), "{} {} through a proxy".format(method, url.split("?")[0]))
        return putrequest(self, method, url, *args, **kwargs)

    connection.set_tunnel, connection.putrequest = guarded_set_tunnel, guarded_putrequest


def _guard_socket(module):
    def refusing(function):
        def guarded(host, *args, **kwargs):
            check(host, "A connection")
            return function(host, *args, **kwargs)

        guarded.__name__ = function.__name__
        guarded.__doc__ = function.__doc__
        return guarded

    for name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex"):
        setattr(module, name, refusing(getattr(module, name)))

    # create_connection() and asyncio end here, also when the caller resolved the name by other means.
    base = module.socket.__mro__[1]

    def connect(self, address):
        check(_first(address), "A connection")
        return base.connect(self, address)

    def connect_ex(self, address):
        check(_first(address), "A connection")
        return base.connect_ex(self, address)

    module.socket.connect, module.socket.connect_ex = connect, connect_ex


def _guard_kombu_curl(module):
    setup_request = module.CurlClient._setup_request

    def guarded_setup_request(self, curl, request, *args, **kwargs):
        check(_host_of(request.url), "A request of Celery's SQS transport")
        return setup_request(self, curl, request, *args, **kwargs)

    module.CurlClient._setup_request = guarded_setup_request


_to_watch = {
    "botocore.httpsession": _guard_botocore,
    "http.client": _guard_http_client,
    "socket": _guard_socket,
    "kombu.asynchronous.http.curl": _guard_kombu_curl,
}


# --- small helpers ---


def _first(address):
    return address[0] if isinstance(address, tuple) and address else None


def _host_of(url):
    from urllib.parse import urlsplit

    if isinstance(url, (bytes, bytearray)):
        url = bytes(url).decode("ascii", "replace")
    try:
        return urlsplit(url if "//" in url else "//" + url).hostname
    except ValueError:  # not a URL: the client itself will say so
        return None


def _operation(request):
    """`AWSGlue.StartJobRun`, `Action=ListQueues` or `PUT /bucket/key`, whatever the protocol of the request tells."""
    target = request.headers.get("X-Amz-Target")
    if target:
        return "The AWS call {}".format(target.decode() if isinstance(target, bytes) else target)
    body = request.body if isinstance(request.body, (str, bytes)) else b""
    head = body[:200].decode("utf-8", "replace") if isinstance(body, bytes) else body[:200]
    if head.startswith("Action="):
        return "The AWS call {}".format(head.split("&")[0][len("Action=") :])
    return "The AWS call {} {}".format(request.method, request.url.split("?")[0])


def _note(host, what):
    log = os.environ.get("AWS_GUARD_LOG")
    if not log:
        return
    import json
    import time

    line = {
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "pid": os.getpid(),
        "host": host,
        "what": what,
        "program": " ".join(getattr(sys, "argv", [])[:4]),
    }
    try:
        os.makedirs(os.path.dirname(os.path.abspath(log)), exist_ok=True)
        with open(log, "a") as file:  # one write of less than a page: lines of several processes do not mix
            file.write(json.dumps(line) + "\n")
    except OSError:
        pass  # the refusal itself must not depend on a writable log; the exception still reaches the caller
