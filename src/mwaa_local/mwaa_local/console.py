"""What a person sees: one console for output, one for progress and errors."""

from __future__ import annotations

from rich.console import Console

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def note(text: str) -> None:
    """A remark on progress; goes to standard error, so that output can be piped."""
    err.print(text)
