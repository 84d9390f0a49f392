"""Task logs in CloudWatch: written by watchtower 2.0.1, read back for the web page.

The provider's own CloudwatchTaskHandler (2.4.0) fails with watchtower 2.0.1, which MWAA has: TypeError on its argument
`boto3_session`. So MWAA must have a handler of its own, which is not published; this one keeps the provider's words.

A line goes into the task's file below AIRFLOW_HOME/logs, as without CloudWatch, and to watchtower, whose thread sends
what has gathered every LOG_SEND_INTERVAL seconds, and the rest at the end of the process. A killed process loses what
was not sent yet; so it is on MWAA. When CloudWatch does not answer, the batch is kept in a file (unsent.py) and the agent
sends it later: a task neither fails nor waits for that.
"""

import logging
import os
import time

from airflow.utils.log.file_task_handler import FileTaskHandler

from mwaa_airflow.cloudwatch import api, names, unsent

PATIENCE = 5.0  # seconds for an answer; a task that ends waits for as long
PAUSE = 10.0  # seconds without a try after CloudWatch did not answer

log = logging.getLogger(__name__)


class Client:
    """What watchtower needs of a boto3 client, without its import, and without connections that a fork would share."""

    def __init__(self, logs):
        self._logs = logs
        self._cloudwatch = api.CloudWatch(patience=PATIENCE)
        self._silent_until = 0.0

    def put_log_events(self, logGroupName, logStreamName, logEvents, sequenceToken=None):
        """Never raises what watchtower would try again at once: what is not sent is kept."""
        for batch in api.batches(logEvents):
            if time.monotonic() >= self._silent_until:
                try:
                    self._cloudwatch.put_events(logGroupName, logStreamName, batch)
                    continue
                except api.Unreachable:
                    self._silent_until = time.monotonic() + PAUSE
            unsent.keep(self._logs, logGroupName, logStreamName, batch)
        return {}


class CloudWatchTaskHandler(FileTaskHandler):
    """`log_group`: the name of the group; the stream of a try is its file's relative path."""

    def __init__(self, base_log_folder, log_group, filename_template):
        super().__init__(base_log_folder, filename_template)
        self.log_group = log_group
        self._stream = None  # watchtower's handler for the try at work

    def set_context(self, ti):
        super().set_context(ti)
        try:
            self._close_stream()
            self._stream = self._open_stream(self._stream_name(ti, ti.try_number))
        except Exception:  # a broken watchtower, say: the file is there
            log.exception("Task logs do not go to CloudWatch")

    def emit(self, record):
        super().emit(record)
        if self._stream and not self._stream.shutting_down:
            self._stream.handle(record)

    def flush(self):
        super().flush()
        if self._stream:
            self._stream.flush()

    def close(self):
        super().close()
        self._close_stream()

    def _open_stream(self, name):
        import watchtower  # imports boto3, which only tasks shall pay for

        stream = watchtower.CloudWatchLogHandler(
            log_group_name=self.log_group,
            log_stream_name=name,
            send_interval=float(os.environ.get("LOG_SEND_INTERVAL", "60")),
            boto3_client=Client(self.local_base),
            create_log_group=False,  # the client does it when it is missing: no call before the first batch
        )
        stream.setFormatter(self.formatter)
        return stream

    def _close_stream(self):
        """Sends what is left. What a fork has inherited is not its own to send: there, watchtower starts with no queues."""
        stream, self._stream = self._stream, None
        if stream:
            stream.close()

    def _stream_name(self, ti, try_number):
        return names.stream_name(self._render_filename(ti, try_number))

    def _read(self, ti, try_number, metadata=None):
        stream = self._stream_name(ti, try_number)
        head = "*** Reading remote log from Cloudwatch log_group: {} log_stream: {}.\n".format(self.log_group, stream)
        return head + self._remote_log(ti, try_number, stream) + "\n", {"end_of_log": True}

    def _remote_log(self, ti, try_number, stream):
        failed = "Could not read remote logs from log_group: {} log_stream: {}.".format(self.log_group, stream)
        try:
            return "\n".join(event["message"] for event in api.CloudWatch().events(self.log_group, stream))
        except api.Refused:  # no such stream, or no such group
            return failed
        except api.Unreachable as problem:
            log.warning("%s %s", failed, problem)
            return "{}\n*** [local only] {}\n{}".format(failed, problem, super()._read(ti, try_number)[0])
