"""Security configurations, resource policies, and the state of the catalog's migration, on moto's backend."""

from __future__ import annotations

import json
from typing import Any

from ..catalog import errors, security
from ..catalog.backend import Catalog, given
from . import Owner, Request, Response, operation, sorted_page

_ENCRYPTION = "nothing is encrypted by it"
_POLICY = "no policy is enforced"


class SecurityApi:
    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    @operation("CreateSecurityConfiguration", stored=_ENCRYPTION)
    def create_security_configuration(self, owner: Owner, request: Request) -> Response:
        with self._catalog.lock:
            backend, name = self._catalog.of(owner, {}), request["Name"]
            if name in backend.security_configurations:
                raise errors.security_configuration_exists(name)
            made = backend.create_security_configuration(name, given(request["EncryptionConfiguration"]))
        return {"Name": name, "CreatedTimestamp": security.shown(made)["CreatedTimeStamp"]}

    @operation("GetSecurityConfiguration")
    def get_security_configuration(self, owner: Owner, request: Request) -> Response:
        return {"SecurityConfiguration": security.shown(self._configuration(owner, request["Name"]))}

    @operation("GetSecurityConfigurations")
    def get_security_configurations(self, owner: Owner, request: Request) -> Response:
        known = [security.shown(one) for one in self._catalog.of(owner, {}).security_configurations.values()]
        return sorted_page(request, "SecurityConfigurations", known, lambda one: str(one["Name"]))

    @operation("DeleteSecurityConfiguration")
    def delete_security_configuration(self, owner: Owner, request: Request) -> Response:
        with self._catalog.lock:
            self._configuration(owner, request["Name"])
            self._catalog.of(owner, {}).delete_security_configuration(request["Name"])
        return {}

    def _configuration(self, owner: Owner, name: str) -> Any:
        known = self._catalog.of(owner, {}).security_configurations
        if name not in known:
            raise errors.security_configuration_not_found(name)
        return known[name]

    # resource policies

    @operation("PutResourcePolicy", stored=_POLICY)
    def put_resource_policy(self, owner: Owner, request: Request) -> Response:
        text = request["PolicyInJson"]
        try:
            if not isinstance(json.loads(text), dict):
                raise errors.policy_not_json()
        except ValueError:
            raise errors.policy_not_json() from None
        with self._catalog.lock:
            policies, arn = self._policies(owner, request)
            known = policies.get(arn)
            condition = request.get("PolicyExistsCondition")
            if condition == "MUST_EXIST" and not known:
                raise errors.policy_condition("Policy does not exist.")
            if condition == "NOT_EXIST" and known:
                raise errors.policy_condition("Policy already exists.")
            _check_hash(known, request)
            policies[arn] = security.policy(text, known)
            return {"PolicyHash": policies[arn]["PolicyHash"]}

    @operation("GetResourcePolicy")
    def get_resource_policy(self, owner: Owner, request: Request) -> Response:
        policies, arn = self._policies(owner, request)
        if arn not in policies:
            raise errors.policy_not_found()
        return dict(policies[arn])

    @operation("GetResourcePolicies")
    def get_resource_policies(self, owner: Owner, request: Request) -> Response:
        policies, _ = self._policies(owner, request)
        answer = sorted_page(
            request, "GetResourcePoliciesResponseList", list(policies.items()), lambda one: str(one[0])
        )
        answer["GetResourcePoliciesResponseList"] = [
            dict(policy) for _, policy in answer["GetResourcePoliciesResponseList"]
        ]
        return answer

    @operation("DeleteResourcePolicy")
    def delete_resource_policy(self, owner: Owner, request: Request) -> Response:
        with self._catalog.lock:
            policies, arn = self._policies(owner, request)
            if arn not in policies:
                raise errors.policy_not_found()
            _check_hash(policies[arn], request)
            del policies[arn]
        return {}

    def _policies(self, owner: Owner, request: Request) -> tuple[dict[str, Any], str]:
        """All of the caller's by ARN, and the ARN that the request is about."""
        backend = self._catalog.of(owner, {})
        return backend.resource_policies, request.get("ResourceArn") or backend.default_catalog_arn

    @operation("GetCatalogImportStatus")
    def get_catalog_import_status(self, owner: Owner, request: Request) -> Response:
        """There is no older Athena catalog that could wait to be imported."""
        self._catalog.of(owner, request)
        return {"ImportStatus": {"ImportCompleted": True}}


def _check_hash(known: Response | None, request: Request) -> None:
    wanted = request.get("PolicyHashCondition")
    if wanted and wanted != (known or {}).get("PolicyHash"):
        raise errors.policy_condition("The policy's hash is another one.")
