"""The fixtures of the end-to-end tests: these are such tests too, of what only native mode has."""

from tests.e2e.conftest import new_stack, project, run_id, stack

__all__ = ["new_stack", "project", "run_id", "stack"]
