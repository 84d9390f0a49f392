"""Arguments of a Glue job, read as AWS documents it. Python 3.6 to 3.13, standard library alone.

Source: AWS Glue guide, "Accessing parameters using getResolvedOptions", and its observable behaviour, which is
argparse's: an argument may be shortened as long as it is unambiguous, a value may not begin with a dash unless it is
written --key=-value, and of several the last one wins. A replica that is more lenient would be green where AWS is red.
"""

import argparse

# Glue's own arguments: always in the answer (None if absent), and a script may not ask for them.
_RESERVED = (
    "job-bookmark-option",
    "job-bookmark-from",
    "job-bookmark-to",
    "JOB_ID",
    "JOB_RUN_ID",
    "SECURITY_CONFIGURATION",
    "encryption-type",
    "enable-data-lineage",
)
# Glue's own as well, but a script may ask; still they may be absent.
_OPTIONAL = ("RedshiftTempDir", "TempDir")


class GlueArgumentError(Exception):
    """An argument that the script asks for is missing, or cannot be read."""


class GlueArgumentParser(argparse.ArgumentParser):
    """Raises where argparse would write to stderr and exit."""

    def error(self, msg):
        raise GlueArgumentError(msg)


def getResolvedOptions(args, options):
    """The `options` named, from `args` (sys.argv), as a dict from name (dashes become underscores) to string.

    Arguments that are not named are ignored. GlueArgumentError if a named one is missing; RuntimeError if one is
    Glue's own.
    """
    parser = GlueArgumentParser()
    for name in _RESERVED:
        if name in options:
            raise RuntimeError("Using reserved arguments " + name)
        parser.add_argument("--" + name, required=False)
    for name in _OPTIONAL:
        parser.add_argument("--" + name, required=False)
    for name in options:
        if name not in _OPTIONAL:
            parser.add_argument("--" + name, required=True)
    found = vars(parser.parse_known_args(args[1:])[0])
    found["job_bookmark_option"] = found["job_bookmark_option"] or "job-bookmark-disable"
    found["TempDir"] = found["RedshiftTempDir"] or found["TempDir"]
    return found
