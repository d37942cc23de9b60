"""The only door to gateways' servers: configured hosts, no redirects, a time limit (QUALITY T37)."""

import http.client
import json
import ssl
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from flask import current_app

from shop.kernel.errors import OutsideFailure

#: How long a buyer or the worker waits for one answer.
TIMEOUT_S = 8.0
MOST_BYTES = 4 * 1024 * 1024

Answer = tuple[int, str, Mapping[str, str]]
#: (method, address, headers, body) -> (status, text, headers). Tests put their own here.
Transport = Callable[[str, str, Mapping[str, str], bytes], Answer]


def ask(method: str, address: str, headers: Mapping[str, str], body: bytes) -> Answer:
    """Send one request to a gateway and return its answer, whatever its status.

    Raises:
        OutsideFailure: no answer came.
    """
    transport: Transport = current_app.extensions.get("gateway_transport", _over_the_net)
    return transport(method, address, headers, body)


def ask_json(address: str, message: Mapping[str, Any]) -> dict[str, Any]:
    """Post an object and return the one that comes back.

    Raises:
        OutsideFailure: no answer, or none that can be read.
    """
    status, text, _headers = ask(
        "POST", address, {"Content-Type": "application/json"}, json.dumps(message).encode()
    )
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise OutsideFailure(f"{urlsplit(address).hostname} answered {status} without an object.")
    return found


def _over_the_net(method: str, address: str, headers: Mapping[str, str], body: bytes) -> Answer:
    status, content, told = fetch(method, address, headers, body)
    return status, content.decode("utf-8", "replace"), told


def fetch(
    method: str, address: str, headers: Mapping[str, str], body: bytes
) -> tuple[int, bytes, Mapping[str, str]]:
    """Send one request over the net and return its answer as it came, a picture or a PDF too.

    Raises:
        OutsideFailure: no answer came.
    """
    there = urlsplit(address)
    near = there.scheme == "http" and there.hostname == "127.0.0.1"
    if there.scheme != "https" and not near:
        raise OutsideFailure(f"{there.hostname} is not asked without encryption.")
    connection: http.client.HTTPConnection = (
        http.client.HTTPConnection(there.netloc, timeout=TIMEOUT_S)
        if near
        else http.client.HTTPSConnection(there.netloc, timeout=TIMEOUT_S, context=_trust())
    )
    try:
        target = there.path + (f"?{there.query}" if there.query else "")
        connection.request(method.upper(), target, body or None, dict(headers))
        answer = connection.getresponse()
        content = answer.read(MOST_BYTES)
    except (TimeoutError, OSError, http.client.HTTPException) as error:
        raise OutsideFailure(f"{there.hostname} did not answer: {type(error).__name__}.") from error
    finally:
        connection.close()
    return answer.status, content, dict(answer.getheaders())


@lru_cache(maxsize=1)
def _trust() -> ssl.SSLContext:
    return ssl.create_default_context()
