"""The end of a night: tell people what stands, and, where all went well, the monitor that watches over us."""

from __future__ import annotations

from collections.abc import Iterable

from hrtp.alerts.collect import collect
from hrtp.alerts.heartbeat import beat
from hrtp.alerts.model import Alert
from hrtp.alerts.send import SendReport, send
from hrtp.settings import Settings


def tell(settings: Settings, *, published: bool, further: Iterable[Alert] = ()) -> SendReport:
    """Collect and send; then the heartbeat, if the night published.

    A source that is late or rejected is told by an alert; the night still ended well. A channel that is down is told
    by nobody: then the heartbeat stays away as well, so that the monitor speaks in its place.

    Args:
        settings: of the deployment.
        published: whether this night put its marts in place.
        further: alerts besides those that `collect` finds.

    Raises:
        AlertsFailed: after all else, where a channel did not take its message.
        HeartbeatFailed: where the monitor did not take the call.
    """
    report = send([*collect(settings), *further], settings)
    report.raise_for_failure()
    if published:
        beat(settings)
    return report
