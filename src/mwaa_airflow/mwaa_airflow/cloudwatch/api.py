"""CloudWatch's API at the local endpoint: PutLogEvents and its like, PutMetricData.

Standard library only: a task process would pay 0.2 s for boto3, and a boto3 client's open connections do not survive
the forks of Airflow's tasks. One connection a call. Only ever asked of AWS_ENDPOINT, which checks no signature.
"""

import http.client
import json
import os
import time
from urllib.parse import urlencode, urlsplit

PATIENCE = 5.0  # seconds for an answer
# Limits of PutLogEvents (API reference): a batch, its span, an event; an event costs its UTF-8 bytes and 26.
BATCH_EVENTS = 10000
BATCH_BYTES = 1048576
BATCH_SPAN = 24 * 3600 * 1000  # milliseconds
EVENT_OVERHEAD = 26
EVENT_BYTES = 262144 - EVENT_OVERHEAD
OLDEST = 14 * 24 * 3600 * 1000  # milliseconds back
NEWEST = 2 * 3600 * 1000  # milliseconds ahead


class Unreachable(Exception):
    """No answer, or none that CloudWatch gives: it is not known whether the call was carried out."""


class Refused(Exception):
    """CloudWatch's own error: `code`, such as ResourceNotFoundException."""

    def __init__(self, code, message):
        super().__init__("{}: {}".format(code, message))
        self.code = code


class CloudWatch:
    """Logs and metrics at one endpoint, such as http://127.0.0.1:4566. Raises Unreachable and Refused."""

    def __init__(self, endpoint=None, region=None, patience=PATIENCE):
        self.endpoint = endpoint or os.environ["AWS_ENDPOINT"]
        self.region = region or os.environ.get("AWS_DEFAULT_REGION", "us-east-1")
        self.patience = patience

    def create_group(self, group):
        self._create("CreateLogGroup", logGroupName=group)

    def put_events(self, group, stream, events):
        """`events`: [{"timestamp": milliseconds, "message": text}], within one batch's limits and in order of time. Group
        and stream are made when they are missing."""
        call = dict(logGroupName=group, logStreamName=stream, logEvents=events)
        try:
            return self._logs("PutLogEvents", **call)
        except Refused as refused:
            if refused.code != "ResourceNotFoundException":
                raise
        self._create_stream(group, stream)
        return self._logs("PutLogEvents", **call)

    def events(self, group, stream, since=None, until=None):
        """All events of a stream, oldest first; those from `since` to before `until`, in milliseconds."""
        call = dict(logGroupName=group, logStreamName=stream, startFromHead=True)
        call.update({name: moment for name, moment in (("startTime", since), ("endTime", until)) if moment is not None})
        token = None
        while True:
            answer = self._logs("GetLogEvents", **dict(call, **({"nextToken": token} if token else {})))
            for event in answer["events"]:
                yield event
            if answer.get("nextForwardToken") in (None, token):
                return
            token = answer["nextForwardToken"]

    def put_metrics(self, namespace, data):
        """`data`: dicts in PutMetricData's own shape, at most 1000 in a call."""
        form = [("Action", "PutMetricData"), ("Version", "2010-08-01"), ("Namespace", namespace)]
        for number, datum in enumerate(data, 1):
            form += _flat("MetricData.member.{}".format(number), datum)
        self._post("monitoring", {"Content-Type": "application/x-www-form-urlencoded"}, urlencode(form))

    def _create_stream(self, group, stream):
        call = dict(logGroupName=group, logStreamName=stream)
        try:
            return self._create("CreateLogStream", **call)
        except Refused as refused:
            if refused.code != "ResourceNotFoundException":
                raise
        self.create_group(group)
        return self._create("CreateLogStream", **call)

    def _create(self, action, **call):
        try:
            self._logs(action, **call)
        except Refused as refused:
            if refused.code != "ResourceAlreadyExistsException":
                raise

    def _logs(self, action, **call):
        headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "Logs_20140328." + action}
        return json.loads(self._post("logs", headers, json.dumps(call)).decode("utf-8") or "{}")

    def _post(self, service, headers, body):
        scope = "test/{}/{}/{}/aws4_request".format(time.strftime("%Y%m%d"), self.region, service)
        headers["Authorization"] = (
            "AWS4-HMAC-SHA256 Credential={}, SignedHeaders=host;x-amz-date, Signature=none".format(scope)
        )
        headers["X-Amz-Date"] = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        connection = http.client.HTTPConnection(urlsplit(self.endpoint).netloc, timeout=self.patience)
        try:
            connection.request("POST", "/", body.encode("utf-8"), headers)
            answer = connection.getresponse()
            said = answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise Unreachable("{} does not answer: {!r}".format(self.endpoint, error)) from error
        finally:
            connection.close()
        if answer.status != 200:
            raise _failure(answer.status, said)
        return said


def _failure(status, said):
    """The exception for an answer other than 200."""
    text = said.decode("utf-8", "replace")
    try:
        error = json.loads(text)
        code = error.get("__type", "").rsplit("#", 1)[-1]
    except (ValueError, AttributeError):
        error, code = {}, ""
    if 400 <= status < 500 and code:
        return Refused(code, error.get("message", ""))
    return Unreachable("HTTP {}: {}".format(status, text[:300]))


def _flat(prefix, value):
    """The query protocol's spelling of nested values."""
    if isinstance(value, dict):
        return [pair for name, part in value.items() for pair in _flat("{}.{}".format(prefix, name), part)]
    if isinstance(value, list):
        return [pair for n, part in enumerate(value, 1) for pair in _flat("{}.member.{}".format(prefix, n), part)]
    return [(prefix, value)]


def batches(events, now=None):
    """`events` in lists that one PutLogEvents takes, each in order of time. What lies outside the time that CloudWatch
    takes (14 days back, 2 hours ahead) gets the time of now, for it would be dropped."""
    now = int(time.time() * 1000) if now is None else now
    timely = [
        event if now - OLDEST < event["timestamp"] < now + NEWEST else dict(event, timestamp=now)
        for event in events
        if event["message"]
    ]
    batch, size = [], 0
    for event in sorted(timely, key=lambda event: event["timestamp"]):
        for message in pieces(event["message"]):
            cost = len(message.encode("utf-8", "surrogatepass")) + EVENT_OVERHEAD
            too_long = batch and event["timestamp"] - batch[0]["timestamp"] >= BATCH_SPAN
            if batch and (len(batch) == BATCH_EVENTS or size + cost > BATCH_BYTES or too_long):
                yield batch
                batch, size = [], 0
            batch.append({"timestamp": event["timestamp"], "message": message})
            size += cost
    if batch:
        yield batch


def pieces(message):
    """`message` in parts that are no longer than an event may be, none ending inside a character."""
    encoded = message.encode("utf-8", "surrogatepass")
    if len(encoded) <= EVENT_BYTES:
        return [message]
    parts, begin = [], 0
    while begin < len(encoded):
        end = min(begin + EVENT_BYTES, len(encoded))
        while end < len(encoded) and encoded[end] & 0xC0 == 0x80:
            end -= 1
        parts.append(encoded[begin:end].decode("utf-8", "surrogatepass"))
        begin = end
    return parts
