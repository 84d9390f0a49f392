"""Security configurations and resource policies, as moto keeps them."""

from __future__ import annotations

import hashlib
from typing import Any

from .backend import given

Shown = dict[str, Any]


def shown(configuration: Any) -> Shown:
    """moto's FakeSecurityConfiguration as a SecurityConfiguration."""
    from moto.core.utils import unix_time

    return {
        "Name": configuration.name,
        "CreatedTimeStamp": unix_time(configuration.created_time),
        "EncryptionConfiguration": given(configuration.configuration),
    }


def policy(text: str, known: Shown | None) -> Shown:
    """A GluePolicy of `text`, in the place of a known one."""
    from moto.core.utils import utcnow

    now = utcnow()
    digest = hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
    made = (known or {}).get("CreateTime", now)
    return {"PolicyInJson": text, "PolicyHash": digest, "CreateTime": made, "UpdateTime": now}
