"""awsglue.utils of Spark jobs: an error in the arguments is an Exception, where a Python shell job ends with exit code 2."""

import argparse
import sys

from awsglue.arguments import resolved

__all__ = ["GlueArgumentError", "GlueArgumentParser", "getResolvedOptions"]


class GlueArgumentError(Exception):
    """An argument that the script asks for is missing, or cannot be read."""


class GlueArgumentParser(argparse.ArgumentParser):
    def error(self, message):
        self.print_usage(sys.stderr)
        raise GlueArgumentError(message)


def getResolvedOptions(args, options):
    """The `options` named, from `args` (sys.argv), as a dict from name (dashes become underscores) to string."""
    return resolved(GlueArgumentParser(), args, options)
