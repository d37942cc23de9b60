"""Sending mail: each letter once, by SMTP or into a folder when no server is set."""

import hashlib
import re
import smtplib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask import current_app, render_template

from shop.current import current_settings
from shop.db import db, transaction
from shop.kernel.errors import OutsideFailure
from shop.notifications.actions import claim_mail, free_mail, mark_mail_sent
from shop.notifications.queries import Reader
from shop.web.words import speaking

#: Mails that became files are kept so long.
FILES_KEPT = timedelta(days=30)
#: The head of a mail that names its reader's order.
_ORDER = "X-Order"
_LINK = re.compile(r"https?://[^\s<>]+[^\s<>.,;:)]")


@dataclass(frozen=True)
class Letter:
    """A finished mail. ``key`` names its cause and its reader; it goes out once."""

    key: str
    to: str
    locale: str
    subject: str
    text: str
    #: The buyer's order that it is about, whatever its words say.
    order_code: str = ""


def write(template: str, key: str, reader: Reader, **facts: Any) -> Letter:
    """Write a letter in its reader's language from ``templates/notifications/<template>.txt``.

    The first line of the template is the subject, the rest the text.
    """
    with speaking(reader.locale, reader.called):
        said = render_template(f"notifications/{template}.txt", reader=reader, **facts).strip()
    subject, _, text = said.partition("\n")
    subject = " ".join(subject.split())
    text = re.sub(r"\n{3,}", "\n\n", text.strip())
    return Letter(
        f"{key}:{reader.key}"[:80], reader.email, reader.locale, subject[:200], text,
        reader.order_code,
    )  # fmt: skip


def send(letters: Iterable[Letter], now: datetime) -> None:
    """Send each letter once. A fault of the server is told when the others are through.

    Raises:
        OutsideFailure: at least one did not go out; the outbox tries again later.
    """
    db.session.rollback()  # Nothing is read while the network is waited for.
    failed: OutsideFailure | None = None
    for letter in letters:
        try:
            _send_once(letter, now)
        except OutsideFailure as failure:
            failed = failure
    if failed is not None:
        raise failed


def _send_once(letter: Letter, now: datetime) -> None:
    with transaction() as session:
        if not claim_mail(session, key=letter.key, now=now):
            return
    try:
        _hand_over(_message(letter), letter, now)
    except (OSError, smtplib.SMTPException) as error:
        with transaction() as session:
            free_mail(session, key=letter.key, now=now)
        raise OutsideFailure(f"{type(error).__name__} while sending {letter.key}") from error
    with transaction() as session:
        mark_mail_sent(session, key=letter.key, now=now)


def _message(letter: Letter) -> Any:
    # Here: a server that sends no mail is a megabyte lighter.
    from shop.notifications.backend import EmailMultiAlternatives, prepare_mail

    prepare_mail(current_app)
    settings = current_settings()
    host = urlsplit(settings.base_url).hostname
    name = hashlib.sha256(letter.key.encode()).hexdigest()[:32]
    with speaking(letter.locale):
        html = render_template(
            "notifications/letter.html", letter=letter, paragraphs=_paragraphs(letter.text)
        )
    message = EmailMultiAlternatives(
        letter.subject,
        letter.text,
        settings.mail_from,
        [letter.to],
        # The same cause has the same name, by which mailboxes drop a double.
        headers={
            "Message-ID": f"<{name}@{host}>",
            "Auto-Submitted": "auto-generated",
            **({_ORDER: letter.order_code} if letter.order_code else {}),
        },
    )
    message.attach_alternative(html, "text/html")
    return message


def _hand_over(message: Any, letter: Letter, now: datetime) -> None:
    settings = current_settings()
    if settings.mail_url:
        message.send()
        return
    folder = _folder()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{_file_name(letter.key)}.eml"
    making = path.with_suffix(".tmp")
    making.write_bytes(message.message().as_bytes())
    making.replace(path)


def forget_old_files(now: datetime) -> None:
    """Delete the mails that became files, and the halves of them, once they are old."""
    for path in _files():
        if path.stat().st_mtime < (now - FILES_KEPT).timestamp():
            path.unlink(missing_ok=True)


def forget_files_to(account_id: int) -> None:
    """Delete the mails to an account that became files."""
    for path in _folder().glob(f"*-{_file_name(f'account:{account_id}')}.eml"):
        path.unlink(missing_ok=True)


def forget_files_of_order(code: str) -> None:
    """Delete the mails about an order that became files: the buyer's, and what others read of her."""
    for path in _files():
        if _is_about(path, code):
            path.unlink(missing_ok=True)


def _is_about(path: Path, code: str) -> bool:
    try:
        message = message_from_bytes(path.read_bytes(), policy=default)
    except FileNotFoundError:  # Another process was faster.
        return False
    text = message.get_body(("plain",))
    said = (message[_ORDER], message["Subject"], text.get_content() if text is not None else "")
    return any(code in str(words) for words in said)


def _files() -> list[Path]:
    return [*_folder().glob("*.eml"), *_folder().glob("*.tmp")]


def _folder() -> Path:
    settings = current_settings()
    return Path(settings.instance) / "mail"


def _file_name(key: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", key.lower()).strip("-")


def _paragraphs(text: str) -> list[list[list[tuple[str, bool]]]]:
    """Return paragraphs of lines of (words, is an address), for the HTML part."""
    return [[_parts(line) for line in paragraph.splitlines()] for paragraph in text.split("\n\n")]


def _parts(line: str) -> list[tuple[str, bool]]:
    parts, at = [], 0
    for found in _LINK.finditer(line):
        parts += [(line[at : found.start()], False), (found[0], True)]
        at = found.end()
    return [part for part in [*parts, (line[at:], False)] if part[0]]
