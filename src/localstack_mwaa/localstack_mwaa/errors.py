"""MWAA's errors: codes and status of botocore's model (mwaa/2020-07-01); no recordings of their texts are public, so these
are ours [?], but for those of validation.py."""

from __future__ import annotations


class MwaaError(Exception):
    """An error that the caller of the API sees. `code` is AWS's error code, `status` the HTTP status."""

    code, status = "InternalServerException", 500

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class NotFound(MwaaError):
    code, status = "ResourceNotFoundException", 404


class Invalid(MwaaError):
    code, status = "ValidationException", 400


class AccessDenied(MwaaError):
    code, status = "AccessDeniedException", 403


class NotHere(MwaaError):
    """Not an error of AWS: an operation that this replica does not do."""

    code, status = "InternalFailure", 501
