"""Arguments of a Glue job, read as AWS does it. Python 3.6 to 3.13, standard library alone.

The one file of the two awsglue packages, that of Python shell jobs and that of Spark jobs: each has a parser of its own,
as an error in the arguments ends the one and is an Exception in the other.

Sources: AWS Glue guide, "Accessing parameters using getResolvedOptions"; the observable behaviour, which is argparse's: an
argument may be shortened as long as it is unambiguous, a value may not begin with a dash unless it is written
--key=-value, and of several the last one wins. A replica that is more lenient would be green where AWS is red.
"""

_BOOKMARK = "job-bookmark-option"
_ENABLE, _PAUSE, _DISABLE = "job-bookmark-enable", "job-bookmark-pause", "job-bookmark-disable"
# The older name of the same, and what its values are called today.
_CONTINUATION = "continuation-option"
_CONTINUATIONS = {"continuation-enabled": _ENABLE, "continuation-readonly": _PAUSE, "continuation-ignore": _DISABLE}
_RANGE = ("job-bookmark-from", "job-bookmark-to")
# Glue's own arguments: always in the answer (None if absent), and a script may not ask for them. With the values allowed.
_RESERVED = (
    (_BOOKMARK, (_ENABLE, _PAUSE, _DISABLE)),
    (_CONTINUATION, tuple(sorted(_CONTINUATIONS))),
    (_RANGE[0], None),
    (_RANGE[1], None),
    ("JOB_ID", None),
    ("JOB_RUN_ID", None),
    ("SECURITY_CONFIGURATION", None),
    ("encryption-type", ("sse-s3",)),
    ("enable-data-lineage", None),
)
# Glue's own as well, but a script may ask; still they may be absent. Two names of one thing.
_OPTIONAL = ("RedshiftTempDir", "TempDir")


def resolved(parser, args, options):
    """The `options` named, from `args` (sys.argv), as a dict from name (dashes become underscores) to string.

    Arguments that are not named are ignored. An error of `parser` if a named one is missing or has no value; RuntimeError
    if one is Glue's own, or if the bookmark options do not go together.
    """
    for name, values in _RESERVED:
        if name in options:
            raise RuntimeError("Using reserved arguments " + name)
        parser.add_argument("--" + name, choices=values)
    for name in _OPTIONAL:
        parser.add_argument("--" + name)
    for name in options:
        if name not in _OPTIONAL:
            parser.add_argument("--" + name, required=True)
    found = vars(parser.parse_known_args(args[1:])[0])
    _fill_in_temporary_folder(found)
    _fill_in_bookmark(found)
    return found


def _fill_in_temporary_folder(found):
    folder = found["TempDir"] if found["TempDir"] is not None else found["RedshiftTempDir"]
    found["TempDir"] = found["RedshiftTempDir"] = folder


def _fill_in_bookmark(found):
    older = found.pop("continuation_option")
    chosen = found["job_bookmark_option"] or _CONTINUATIONS.get(older, _DISABLE)
    found["job_bookmark_option"] = chosen
    missing = [name for name in _RANGE if found[name.replace("-", "_")] is None]
    if chosen == _PAUSE and len(missing) == 1:
        raise RuntimeError("Missing option or value for --" + missing[0])
    if chosen != _PAUSE and not missing:
        raise RuntimeError(f"Invalid option(s): --{_RANGE[0]} and --{_RANGE[1]} go with {_PAUSE} alone")
