"""Names for the instants at which a crash is interesting; nothing happens at them but in a test.

``step("raw.rows_committed")`` does nothing. A test that asks what a kill at that very instant leaves behind puts a
function of its own here, from inside its own process: no setting, variable or option can.
"""

from __future__ import annotations

from collections.abc import Callable

_hook: Callable[[str], None] | None = None


def step(name: str) -> None:
    """Pass the instant called ``name`` (``room.what_has_just_happened``)."""
    if _hook is not None:
        _hook(name)
