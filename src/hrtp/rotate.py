"""Every person_key anew, under another secret; every figure as it was."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from hrtp.bi import publish_also
from hrtp.build import build_warehouse, today
from hrtp.drilldowns import clear_drilldowns
from hrtp.errors import HrtpError, no_values_in_errors
from hrtp.identity.keys import FINGERPRINT
from hrtp.identity.rotation import begin, end, pending, switch
from hrtp.locks import exclusive
from hrtp.marts import published_day
from hrtp.publish import drop_old_versions, publish
from hrtp.settings import Settings
from hrtp.steps import step


class RotationFailed(HrtpError):
    """The rotation did not come to its end; run it again."""

    code = "ROTATION_FAILED"


@dataclass(frozen=True)
class RotationResult:
    """Fingerprints of the secret that went and of the one that came."""

    old: str
    new: str
    as_of: date
    content_id: str

    def summary(self) -> dict[str, object]:
        """For the operator."""
        return {"old": self.old, "new": self.new, "as_of": self.as_of.isoformat(), "content_id": self.content_id}


def rotate_key(settings: Settings, progress: Callable[[str], None] | None = None) -> RotationResult:
    """Put another secret in force and publish the same figures under it; versions under the old one are removed.

    The old versions go because a row's file and number would tell which old key is which new one. Killed anywhere,
    run it again: until the switch the old secret is in force, from the switch on the new one.

    Raises:
        SettingsError: where the old secret is not the one in force, or the new one cannot be used.
    """
    say = progress or (lambda _: None)
    settings.make_zones()
    with exclusive(settings.identity / ".rotation.lock", "key rotation"), no_values_in_errors(RotationFailed, "key"):
        rotation = pending(settings)
        known = settings.identity / FINGERPRINT
        if rotation is None or not known.exists() or known.read_text().strip() != rotation.new:
            rotation = begin(settings, published_day(settings) or settings.as_of or today())
        switch(settings, rotation)
        say(f"key: {rotation.new} is in force; building the figures under it")
        build_warehouse(settings, rotation.as_of, say)
        step("rotation.built")
        published = publish(settings)
        drop_old_versions(settings)
        clear_drilldowns(settings)
        publish_also(settings, say)
        step("rotation.published")
        end(settings)
    return RotationResult(rotation.old, rotation.new, rotation.as_of, published.content_id)
