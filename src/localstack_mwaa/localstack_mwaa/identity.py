"""Who calls, and which of Airflow's roles IAM gives that caller.

On AWS a policy that allows airflow:CreateWebLoginToken on arn:aws:airflow:<region>:<account>:role/<environment>/<role> decides
(user guide, access-policies). Here policies are stored and not enforced; but where the caller, an IAM user or an assumed
role, has such a policy with roles named in it, these are the roles. Everybody else is Admin.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import unquote

ACTION = "airflow:CreateWebLoginToken"
ROLES = ("Admin", "Op", "User", "Viewer", "Public")
Client = Callable[[str], Any]


def caller(client: Client) -> str:
    """The ARN. `client(service)` gives a boto3 client with the caller's own keys."""
    return str(client("sts").get_caller_identity()["Arn"])


def roles(client: Client, arn: str, environment: str) -> list[str]:
    """The roles that the caller's policies name; Admin where none names any."""
    named = {
        role
        for document in _policies(client("iam"), arn)
        for resource in _resources(document)
        if not resource.endswith("*")
        for role in _named(resource, environment)
    }
    return [role for role in ROLES if role in named] or ["Admin"]


def _named(resource: str, environment: str) -> Iterator[str]:
    """The role of arn:aws:airflow:us-east-1:000000000000:role/<environment>/Viewer."""
    match = re.fullmatch(r"arn:[^:]*:airflow:[^:]*:[^:]*:role/(.+)/([^/]+)", resource)
    if match and fnmatchcase(environment, match[1]):
        yield match[2]


def _resources(document: dict[str, Any]) -> Iterator[str]:
    statements = _listed(document.get("Statement", []))
    for statement in statements:
        actions = [str(action).lower() for action in _listed(statement.get("Action", []))]
        if statement.get("Effect") == "Allow" and any(fnmatchcase(ACTION.lower(), action) for action in actions):
            yield from _listed(statement.get("Resource", []))


def _policies(iam: Any, arn: str) -> Iterator[dict[str, Any]]:
    """Documents of the policies of a user or of the role that was assumed, inline and attached."""
    kind, _, rest = arn.split(":", 5)[-1].partition("/")
    if kind == "user":
        name = rest.rpartition("/")[2]
        named, inline, attached = {"UserName": name}, iam.list_user_policies, iam.list_attached_user_policies
        get = iam.get_user_policy
    elif kind == "assumed-role":
        named = {"RoleName": rest.partition("/")[0]}
        inline, attached, get = iam.list_role_policies, iam.list_attached_role_policies, iam.get_role_policy
    else:
        return
    try:
        for policy in inline(**named)["PolicyNames"]:
            yield _document(get(PolicyName=policy, **named)["PolicyDocument"])
        for policy in attached(**named)["AttachedPolicies"]:
            version = iam.get_policy(PolicyArn=policy["PolicyArn"])["Policy"]["DefaultVersionId"]
            found = iam.get_policy_version(PolicyArn=policy["PolicyArn"], VersionId=version)
            yield _document(found["PolicyVersion"]["Document"])
    except iam.exceptions.NoSuchEntityException:
        return  # deleted since its keys were made


def _document(document: Any) -> dict[str, Any]:
    return dict(json.loads(unquote(document))) if isinstance(document, str) else dict(document)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
