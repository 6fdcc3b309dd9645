"""The dead-man's switch: a monitor outside is called when a night ended well, and raises the alarm when no call comes.

It speaks when everything here is silent: the machine is off, the scheduler hangs, the channels of the alerts are down.
"""

from __future__ import annotations

import logging

from hrtp.alerts.channels import quiet
from hrtp.errors import HrtpError
from hrtp.settings import Settings

log = logging.getLogger("hrtp.alerts")

TIMEOUT_SECONDS = 10.0
TRIES = 3
WAIT_SECONDS = 1.0


class HeartbeatFailed(HrtpError):
    """The monitor did not take the call: it will say that the night is missing although it ended well."""

    code = "HEARTBEAT"


def beat(settings: Settings) -> bool:
    """Call ``HRTP_HEARTBEAT_URL``; False where none is set.

    Raises:
        HeartbeatFailed: where it did not answer with success. The address, which is the secret, is in no text.
    """
    if settings.heartbeat_url is None:
        return False
    import requests
    from tenacity import RetryError, retry, retry_if_exception_type, stop_after_attempt, wait_exponential

    address = settings.heartbeat_url.get_secret_value()

    @retry(
        retry=retry_if_exception_type(requests.RequestException),
        stop=stop_after_attempt(TRIES),
        wait=wait_exponential(multiplier=WAIT_SECONDS),
    )
    def call() -> None:
        # a redirect could lead to where nobody meant to call
        requests.get(address, timeout=TIMEOUT_SECONDS, allow_redirects=False).raise_for_status()

    try:
        with quiet():
            call()
    except RetryError as error:
        kind = type(error.last_attempt.exception()).__name__
        raise HeartbeatFailed(
            f"the heartbeat's address did not answer with success ({kind}, {TRIES} tries); the monitor will report "
            "this night as missing. Check HRTP_HEARTBEAT_URL and the way out"
        ) from None
    log.info("heartbeat sent")
    return True
