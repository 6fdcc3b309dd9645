"""The ways in which people are told: each is a service of Apprise, so that e-mail, Slack and others are alike."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from hrtp.errors import SettingsError
from hrtp.settings import Settings, is_this_machine

log = logging.getLogger("hrtp.alerts")

TRIES = 2
WAIT_SECONDS = 1.0
#: Of Apprise's own JSON document only the message stays, under the name that Slack, Mattermost and Teams read.
_SLACK_PAYLOAD = {"message": "text", "version": "", "title": "", "attachments": "", "type": ""}


class Channel:
    """One service; ``name`` says which, and is no secret."""

    def __init__(self, name: str, service: Any, *, has_title: bool) -> None:
        self.name = name
        self._service = service
        self._has_title = has_title
        if self.is_mail:
            service.request_rate_per_sec = 0  # a dozen mails a night are no flood; 5.5 s between them would be a minute

    @property
    def is_mail(self) -> bool:
        """Whether copies can be sent to further addresses."""
        from apprise.plugins.email import NotifyEmail

        return isinstance(self._service, NotifyEmail)

    def send(self, title: str, text: str, copy_to: str | None = None) -> bool:
        """Hand over one message; False where the service did not take it, whatever the reason."""
        from apprise import Apprise, NotifyFormat, NotifyType
        from tenacity import Retrying, retry_if_result, stop_after_attempt, wait_fixed

        apprise = Apprise()
        apprise.add(self._service)
        message = {"body": text, "title": title} if self._has_title else {"body": f"{title}\n{text}"}
        if self.is_mail:
            self._service.cc = {copy_to} if copy_to else set()

        def attempt() -> bool:
            try:
                with quiet():
                    return bool(
                        apprise.notify(**message, notify_type=NotifyType.WARNING, body_format=NotifyFormat.TEXT)
                    )
            except Exception as error:  # a service's defect must keep nobody else from being told
                log.error("alert channel=%s error=%s", self.name, type(error).__name__)
                return False

        again = Retrying(
            retry=retry_if_result(lambda done: not done),
            stop=stop_after_attempt(TRIES),
            wait=wait_fixed(WAIT_SECONDS),
            retry_error_callback=lambda _: False,
        )
        return bool(again(attempt))


def channels(settings: Settings) -> list[Channel]:
    """Every channel that the settings name, the webhook first.

    Raises:
        SettingsError: where an address is none, or would send a password that everybody on the way can read. The
            address is not in the text.
    """
    return [*_webhook(settings), *_services(settings)]


def _webhook(settings: Settings) -> Iterator[Channel]:
    if settings.alert_webhook is None:
        return
    from apprise import Apprise

    parts = urlsplit(settings.alert_webhook.get_secret_value())
    service = Apprise.instantiate(
        {
            "schema": "jsons" if parts.scheme == "https" else "json",
            "host": parts.hostname,
            "port": parts.port,
            "user": unquote(parts.username) if parts.username else None,
            "password": unquote(parts.password) if parts.password else None,
            "fullpath": parts.path or "/",
            "params": dict(parse_qsl(parts.query)),
            "payload": dict(_SLACK_PAYLOAD),
            "redirect": "no",  # a redirect would carry the message to where nobody meant to send it
        },
        suppress_exceptions=False,
    )
    yield Channel("webhook", service, has_title=False)


def _services(settings: Settings) -> Iterator[Channel]:
    if settings.alert_urls is None:
        return
    from apprise import Apprise
    from apprise.utils.parse import parse_urls

    for number, url in enumerate(parse_urls(settings.alert_urls.get_secret_value()), 1):
        with quiet():
            service = Apprise.instantiate(url)
        if service is None:
            raise SettingsError(
                f"HRTP_ALERT_URLS: address {number} is none that Apprise knows (it is not shown, it may hold a "
                "password); see docs/runbooks/alerts.md for how they are written"
            )
        if service.password and not service.secure and not is_this_machine(service.host or ""):
            raise SettingsError(
                f"HRTP_ALERT_URLS: address {number} would send its password unencrypted; write it with the schema that "
                "encrypts (mailtos:// instead of mailto://, jsons:// instead of json://)"
            )
        yield Channel(f"{url.partition('://')[0].lower()}-{number}", service, has_title=True)


@contextmanager
def quiet() -> Iterator[None]:
    """Keep libraries from logging an address, which may be the secret itself: Apprise, and urllib3 at DEBUG.

    What matters is said by whoever asked.
    """
    apprise = logging.getLogger("apprise")
    was = apprise.disabled, logging.root.manager.disable
    apprise.disabled = True
    logging.disable(max(was[1], logging.DEBUG))
    try:
        yield
    finally:
        apprise.disabled = was[0]
        logging.disable(was[1])
