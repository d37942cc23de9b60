"""Chat groups of units, and what a unit tells everybody below it. Plain Python."""

from urllib.parse import urlsplit

from shop.kernel.errors import Refusal

GROUP_KINDS = ("zalo", "facebook")
#: Who sees a group: members of its unit at their desk, or everybody.
AUDIENCES = ("members", "public")
#: Where the links of groups lead; nothing else is taken, since people tap on them.
_HOSTS = {
    "zalo": ("zalo.me", "chat.zalo.me"),
    "facebook": ("facebook.com", "www.facebook.com", "m.facebook.com", "fb.com", "fb.me", "m.me"),
}
MOST_LINK = 300


class NotAGroupLink(Refusal):
    """The link does not lead to a group of that kind. ``kind``."""

    code = "not_a_group_link"
    status = 422


class AnnouncementTakenBack(Refusal):
    """It was taken back before."""

    code = "announcement_taken_back"


def group_link(kind: str, typed: str) -> str:
    """Return a group's link as it is kept, without what tracks people.

    Raises:
        NotAGroupLink

    >>> group_link("zalo", "zalo.me/g/abc123")
    'https://zalo.me/g/abc123'
    """
    text = typed.strip()
    parts = urlsplit(text if "://" in text else f"https://{text}")
    host = (parts.hostname or "").lower()
    plain = parts.path.isascii() and all(sign.isalnum() or sign in "/._-" for sign in parts.path)
    if (
        parts.scheme not in ("https", "http") or host not in _HOSTS[kind] or parts.port
        or parts.username or len(text) > MOST_LINK or len(parts.path) < 2 or not plain
    ):  # fmt: skip
        raise NotAGroupLink(kind=kind)
    return f"https://{host}{parts.path}"
