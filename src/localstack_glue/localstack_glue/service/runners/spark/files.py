"""The files in a run's folder by which the service, the run's process and the launcher tell each other what they need to."""

ORDER = "spark.json"  # what start.py is to do
LAUNCH = "launch.json"  # what the launcher is to do
ERROR = "error.json"  # {"message": ...}: what ended the script, as the launcher saw it
INSTALLING = "installation.log"
NOT_INSTALLED = "spark-not-installed"  # the Glue version
EVENTS = "spark-events"  # in the folder in which the script works: Spark's event log
NOT_REDIRECTED = "not-redirected"  # the endpoint table
SOCKET = "socket"  # of the warm worker that the run has, until it is connected to

# Not of a run, but in an environment of Spark: what its installer has made, written last.
DESCRIPTION = "spark.json"
