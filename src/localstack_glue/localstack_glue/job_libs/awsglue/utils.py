"""awsglue.utils of Python shell jobs. Python 3.6 to 3.13, standard library alone.

In a Python shell job an error in the arguments is argparse's own: usage and message on stderr, exit code 2, and no
`except Exception` sees it (awslabs/aws-glue-libs issue 221). In a Spark job it is an Exception.
"""

import argparse
import sys

from awsglue.arguments import resolved


class GlueArgumentError(SystemExit):
    """An argument that the script asks for is missing, or cannot be read. Ends the script with exit code 2."""

    def __init__(self, message):
        super().__init__(message)
        self.code = 2


class GlueArgumentParser(argparse.ArgumentParser):
    def error(self, message):
        self.print_usage(sys.stderr)
        sys.stderr.write(f"{self.prog}: error: {message}\n")
        raise GlueArgumentError(message)


def getResolvedOptions(args, options):
    """The `options` named, from `args` (sys.argv), as a dict from name (dashes become underscores) to string.

    Arguments that are not named are ignored. GlueArgumentError if a named one is missing or has no value; RuntimeError if
    one is Glue's own, or if the bookmark options do not go together.
    """
    return resolved(GlueArgumentParser(), args, options)
