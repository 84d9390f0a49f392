"""A user of Airflow for an identity of IAM, as MWAA makes it at a login.

User guide, access-policies and t-create-update-environment: the role in the policy's resource becomes the user's role in
Airflow; a default role that was added on the page and is not allowed by IAM is gone after the next login, other roles stay;
names look like `user/<name>` or `assumed-role/...`, those over 64 characters are hashed.
"""

import hashlib
import time

from flask import session
from flask_login import login_user, logout_user

DEFAULT_ROLES = ("Admin", "Op", "User", "Viewer", "Public")
LONGEST_NAME = 64
NO_PASSWORD = "!"  # noqa: S105 - no hash: matches no password
UNTIL = "aws_mwaa_until"  # of a session: epoch seconds


def log_in(security, arn, roles, seconds):
    """Makes this request's session that of the identity for so many seconds; returns the user."""
    user = _user(security, name_of(arn), roles)
    login_user(user)
    session[UNTIL] = time.time() + seconds
    return user


def end_when_over():
    """Before a request: a session of /aws_mwaa/login lives for twelve hours, one of the login page as Airflow says."""
    if UNTIL in session and session[UNTIL] < time.time():
        logout_user()
        session.pop(UNTIL, None)


def name_of(arn):
    """`user/alice` of arn:aws:iam::000000000000:user/alice."""
    name = arn.split(":", 5)[-1]
    return name if len(name) <= LONGEST_NAME else hashlib.sha256(name.encode()).hexdigest()


def _user(security, name, roles):
    wanted = [security.find_role(role) for role in roles]
    user = security.find_user(username=name)
    if user is None:
        mail = hashlib.sha256(name.encode()).hexdigest()[:32] + "@example.com"  # must be there, and be unique
        return security.add_user(name, name[:64], "", mail, wanted, hashed_password=NO_PASSWORD)
    user.roles = wanted + [role for role in user.roles if role.name not in DEFAULT_ROLES]
    security.update_user(user)
    return user
