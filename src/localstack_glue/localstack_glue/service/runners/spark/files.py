"""The files in a run's folder by which the service, the run's process and the launcher tell each other what they need to."""

ORDER = "spark.json"  # what start.py is to do
LAUNCH = "launch.json"  # what the launcher is to do
ERROR = "error.json"  # {"message": ...}: what ended the script, as the launcher saw it
INSTALLING = "installation.log"
NOT_INSTALLED = "spark-not-installed"  # the Glue version
NOT_REDIRECTED = "not-redirected"  # the endpoint table
SOCKET = "socket"  # of the warm worker that the run has, until it is connected to
