"""What a person sees: one console for output, one for progress and errors."""

from __future__ import annotations

import sys

from rich.console import Console

# Tables are as wide as they need to be where no terminal sets a width.
WIDE = 200
out = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else WIDE)
err = Console(stderr=True, highlight=False, soft_wrap=True, width=None if sys.stderr.isatty() else WIDE)


def note(text: str) -> None:
    """A remark on progress; goes to standard error, so that output can be piped."""
    err.print(text)
