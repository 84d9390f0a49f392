"""What makes every boto3 of an environment talk to one local endpoint, without a patch in any code.

    python -m aws_local.endpoints --endpoint http://127.0.0.1:4566 --out DIR

run by the interpreter whose botocore is to be redirected, writes into DIR

    endpoints.json             botocore's own table with the endpoint in place of every host name, plain http
    <service>/<date>/service-2.json
                               copies of the models that prepend a host prefix (`env.`, `api.`, an account id), without
                               it: a prefix in front of an IP address resolves to nothing
    aws.config                 an AWS configuration file: path-style S3, regional STS (not named `config`: botocore would
                               take that for the service of this name)
    stamp.json                 what the folder was made from; it is made again only when that changes

and is used through these variables, which child processes inherit:

    AWS_DATA_PATH=DIR  AWS_CONFIG_FILE=DIR/aws.config  AWS_STS_REGIONAL_ENDPOINTS=regional  AWS_ENDPOINT_URL=<endpoint>

Works for botocore 1.21 to 1.43: newer ones prefer a custom endpoints.json to their rule sets.
"""

import argparse
import gzip
import json
import os
import shutil
import sys
import tempfile
from urllib.parse import urlsplit

# Raise it when the generated files change, so that folders made by an older version are made again.
FORMAT = 3

CONFIG = """\
[default]
# Bucket names cannot be put in front of an IP address.
s3 =
    addressing_style = path
# Otherwise old botocores send STS to sts.amazonaws.com, whatever the table says.
sts_regional_endpoints = regional
account_id_endpoint_mode = disabled
"""


def write(endpoint, out):
    """Makes the folder `out` for `endpoint` (http://host:port); returns False if it was up to date.

    The folder appears whole or not at all. Raises ValueError for an endpoint that is not a plain http address.
    """
    import botocore

    host = _host_and_port(endpoint)
    stamp = {"botocore": botocore.__version__, "endpoint": endpoint, "format": FORMAT}
    if _read_stamp(out) == stamp:
        return False
    data = os.path.join(os.path.dirname(botocore.__file__), "data")
    parent = os.path.dirname(os.path.abspath(out))
    os.makedirs(parent, exist_ok=True)
    work = tempfile.mkdtemp(prefix=".{}-".format(os.path.basename(out)), dir=parent)
    try:
        new = os.path.join(work, "new")
        os.mkdir(new)
        _dump(os.path.join(new, "endpoints.json"), redirected(_load(data, "endpoints"), host))
        for model, path in _models_with_host_prefix(data):
            os.makedirs(os.path.join(new, path), exist_ok=True)
            _dump(os.path.join(new, path, "service-2.json"), without_host_prefix(model))
        with open(os.path.join(new, "aws.config"), "w") as file:
            file.write(CONFIG)
        _dump(os.path.join(new, "stamp.json"), stamp)
        if os.path.isdir(out):
            os.rename(out, os.path.join(work, "old"))
        os.rename(new, out)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return True


def redirected(table, host):
    """botocore's endpoint table (the parsed endpoints.json) with every endpoint at `host` (host:port), by http."""
    for partition in table["partitions"]:
        partition["defaults"] = _local(partition.get("defaults", {}), host)
        for service in partition["services"].values():
            if "defaults" in service:
                service["defaults"] = _local(service["defaults"], host)
            service["endpoints"] = {name: _local(one, host) for name, one in service.get("endpoints", {}).items()}
    return table


def without_host_prefix(model):
    """A service model (the parsed service-2.json) whose operations have no `endpoint.hostPrefix`."""
    for operation in model["operations"].values():
        operation.pop("endpoint", None)
        # What makes the rule sets of newer botocores put the account id in front of the host (s3control).
        operation.get("staticContextParams", {}).pop("RequiresAccountId", None)
    return model


def _local(endpoint, host):
    # variants are the dual-stack and FIPS addresses, sslCommonName and deprecated ones other names of the same host.
    kept = {key: value for key, value in endpoint.items() if key not in ("variants", "sslCommonName", "hostname")}
    kept.update(hostname=host, protocols=["http"])
    return kept


def _models_with_host_prefix(data):
    for service in sorted(os.listdir(data)):
        folder = os.path.join(data, service)
        if not os.path.isdir(folder):
            continue
        for version in sorted(os.listdir(folder)):
            raw = _read(os.path.join(folder, version), "service-2")
            if raw is not None and b'"hostPrefix"' in raw:
                yield json.loads(raw.decode("utf-8")), os.path.join(service, version)


def _read(folder, name):
    """The bytes of name.json or name.json.gz (as newer botocores ship them), or None."""
    for suffix, opener in ((".json", open), (".json.gz", gzip.open)):
        path = os.path.join(folder, name + suffix)
        if os.path.isfile(path):
            with opener(path, "rb") as file:
                return file.read()
    return None


def _load(folder, name):
    raw = _read(folder, name)
    if raw is None:
        raise ValueError("{}: no {}.json, is this botocore's data folder?".format(folder, name))
    return json.loads(raw.decode("utf-8"))


def _dump(path, value):
    with open(path, "w") as file:
        json.dump(value, file, indent=1, sort_keys=True)
        file.write("\n")


def _read_stamp(out):
    try:
        with open(os.path.join(out, "stamp.json")) as file:
            return json.load(file)
    except (OSError, ValueError):  # missing or damaged: make the folder again
        return None


def _host_and_port(endpoint):
    parts = urlsplit(endpoint)
    if parts.scheme != "http" or not parts.netloc or parts.path.strip("/"):
        raise ValueError("endpoint {!r}: wanted http://host:port without a path".format(endpoint))
    return parts.netloc


def main(argv=None):
    parser = argparse.ArgumentParser(prog="python -m aws_local.endpoints", description="Redirect this botocore.")
    parser.add_argument("--endpoint", required=True, help="the local endpoint, e.g. http://127.0.0.1:4566")
    parser.add_argument("--out", required=True, help="the folder to write, for AWS_DATA_PATH")
    options = parser.parse_args(argv)
    try:
        made = write(options.endpoint, options.out)
    except ValueError as error:
        parser.error(str(error))
    print("{}: {}".format(options.out, "made" if made else "up to date"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
