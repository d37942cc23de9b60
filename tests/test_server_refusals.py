"""What the server refuses before the shop is asked still looks like the shop (real server)."""

import socket

import pytest

from tests.browser.conftest import free_port
from tests.test_commands import Started

pytestmark = pytest.mark.xdist_group("serve")


@pytest.fixture(scope="module")
def port(tmp_path_factory):
    wanted = free_port()
    shop = Started(tmp_path_factory.mktemp("server"), wanted, SHOP_DEMO="0", SHOP_WORKER="none")
    shop.wait(most_s=60)
    yield wanted
    said = shop.stop()
    assert "secret-link" not in said, "What was sent stays out of the log."


def answer(port: int, sent: bytes) -> tuple[str, dict[str, str], str]:
    with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
        line.sendall(sent)
        line.settimeout(20)
        got = b""
        while chunk := line.recv(65536):
            got += chunk
    head, _, body = got.partition(b"\r\n\r\n")
    status, *rows = head.decode().split("\r\n")
    headers = dict(row.split(": ", 1) for row in rows)
    assert int(headers["Content-Length"]) == len(body)
    return status, headers, body.decode()


@pytest.mark.parametrize(
    ("sent", "status", "says"),
    [
        (b"GET /d/secret-link" + b"a" * 9000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", "414", "dài quá"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nCookie: " + b"a" * 20_000 + b"\r\n\r\n", "431", "xoá cookie"),
        (b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X-A: 1\r\n" * 80 + b"\r\n", "431", "xoá cookie"),
        (b"GET /secret-link\r\nwhat\r\n\r\n", "400", "không đọc được"),
        (b"GET / HTTP/1.1\r\nHost : x\r\n\r\n", "400", "không đọc được"),
    ],
    ids=["line", "header", "headers", "no request", "bad header"],
)  # fmt: skip
def test_a_refusal_of_the_server_is_a_page_of_the_shop(port, sent, status, says):
    line, headers, body = answer(port, sent)
    assert f" {status} " in line
    assert says in body
    assert "/hang-hoa" in body
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "Set-Cookie" not in headers
    assert "secret-link" not in body


def test_a_long_search_reaches_the_shop(port):
    sent = b"GET /tim?tu=" + b"a" * 6000 + b" HTTP/1.0\r\nHost: 127.0.0.1:%d\r\n\r\n" % port
    line, _, body = answer(port, sent)
    assert " 200 " in line
    assert "Không" in body
