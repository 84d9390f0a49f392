"""Prints the arguments that Glue started it with: all strings, names with two dashes, values as rendered by Airflow."""

import sys

from awsglue.utils import getResolvedOptions

options = getResolvedOptions(sys.argv, ["target_date", "greeting"])
print("argv: {}".format(sys.argv[1:]))
print("target_date: {!r}".format(options["target_date"]))
print("greeting: {!r}".format(options["greeting"]))
