"""Headers that every answer carries. Source: QUALITY T09, T10."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from flask import Flask, Response

from shop.kernel.settings import Settings

#: A year, with every host below: once seen, browsers come by https only.
HTTPS_ONLY = "max-age=31536000; includeSubDomains"


def content_policy(media_origin: str, payment_pages: Iterable[str] = ()) -> str:
    """Return the policy. ``payment_pages``: origins that the button "pay" leads to."""
    media = f" {media_origin}" if media_origin else ""
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "font-src 'self'",
            f"img-src 'self' blob:{media}",
            f"media-src 'self'{media}",
            "connect-src 'self'",
            "manifest-src 'self'",
            "worker-src 'self'",
            " ".join(("form-action 'self'", *payment_pages)),
            "frame-ancestors 'none'",
            "base-uri 'none'",
            "object-src 'none'",
        )
    )


def init_headers(app: Flask, settings: Settings) -> None:
    media = urlsplit(settings.media_base_url)
    policy = content_policy(
        f"{media.scheme}://{media.netloc}" if media.netloc else "", settings.payment_pages
    )

    always = {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "geolocation=(), interest-cohort=()",
    }
    if settings.is_https:
        always["Strict-Transport-Security"] = HTTPS_ONLY

    @app.after_request
    def _add(response: Response) -> Response:
        # One look at what is there: asking the headers for each name walks them every time.
        there = {name.title() for name, _ in response.headers}
        for name, value in always.items():
            if name not in there:
                response.headers.add(name, value)
        return response
