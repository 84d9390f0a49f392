"""The part of AWS's `awsglue` package that Python shell jobs have: awsglue.utils.getResolvedOptions.

All else of it belongs to Spark jobs; on AWS, too, importing that in a Python shell job is a ModuleNotFoundError.
Python 3.6 to 3.13, standard library alone.
"""

import sys


def _only_for_spark(name):
    return (
        f"No module named {name!r}: a Python shell job has awsglue.utils.getResolvedOptions only, as on AWS. All else of "
        "awsglue is for Spark jobs (Command.Name glueetl)."
    )


class _Refusal:
    """The last finder that Python asks: names what is missing, instead of "No module named 'awsglue.context'"."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name.startswith(__name__ + "."):
            raise ModuleNotFoundError(_only_for_spark(name), name=name)


sys.meta_path.append(_Refusal)
