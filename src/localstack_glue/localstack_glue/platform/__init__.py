"""What makes LocalStack a good citizen of this machine.

loopback.py     listens only where it was told to, or not at all; stops when it is told to
catalog.py      asks no server on the internet what it can do
ownership.py    one process per state folder; tells which process serves (run.json)
activity.py     which services were changed; holds changes for the moment a picture of a service is taken
services.py     starts a service and restores its state before its first call
s3_disk.py      the bytes of S3 objects, in files that never change once written
containers.py   a service's state as bytes and back
snapshots.py    those bytes on disk: whole or not at all, two generations, bound to versions
persistence.py  when to save and restore what
sqs_database.py messages of SQS: saved before the call that changed them is answered
log_database.py streams and events of Logs: saved before PutLogEvents is answered, and not in memory
deliveries.py   messages answered to a client that was gone return to their queue at once
queue.py        the queue of the Celery executor
"""
