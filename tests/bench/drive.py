"""The client: keep-alive connections that send prepared requests and time the answers."""

import re
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any
from urllib.parse import urlencode

from tests.bench.servers import Running, children, cpu_ms

_CODE = re.compile(rb"Content-Length: *(\d+)", re.IGNORECASE)
_COOKIE = re.compile(rb"Set-Cookie: *([^=;\s]+)=([^;\r]*)", re.IGNORECASE)
_LOCATION = re.compile(rb"Location: *([^\r]*)", re.IGNORECASE)
_addresses = count(1)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: status, the header lines, the body."""

    status: int
    head: bytes
    body: bytes

    @property
    def cookies(self) -> dict[str, str]:
        return {name.decode(): value.decode() for name, value in _COOKIE.findall(self.head)}

    @property
    def location(self) -> str:
        found = _LOCATION.search(self.head)
        return found[1].decode() if found else ""


def own_address() -> str:
    """Return a loopback address that nobody has used: another visitor for the limits."""
    n = next(_addresses)
    return f"127.1.{n // 250 % 250}.{n % 250 + 1}"


class Line:
    """One kept-open connection, used by one thread at a time."""

    def __init__(self, port: int, source: str = "") -> None:
        self.port, self.source = port, source
        self._socket: socket.socket | None = None

    def __enter__(self) -> "Line":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def get(self, path: str, cookies: dict[str, str] | None = None, more: str = "") -> Answer:
        return self.send(request_bytes(self.port, path, cookies, more=more))

    def post(self, path: str, fields: dict[str, Any], cookies: dict[str, str]) -> Answer:
        return self.send(request_bytes(self.port, path, cookies, fields))

    def send(self, request: bytes) -> Answer:
        """Send one request and read its whole answer; open the connection again if it closed."""
        fresh = self._socket is None
        try:
            return self._exchange(request)
        except (ConnectionError, EOFError):
            self.close()
            if fresh:
                raise
            return self._exchange(request)

    def _exchange(self, request: bytes) -> Answer:
        if self._socket is None:
            source = (self.source, 0) if self.source else None
            self._socket = socket.create_connection(("127.0.0.1", self.port), 60, source)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.sendall(request)
        data = b""
        while (end := data.find(b"\r\n\r\n")) < 0:
            data += self._more()
        head, body = data[:end], data[end + 4 :]
        length = _CODE.search(head)
        if length is None:
            raise RuntimeError(f"An answer without Content-Length: {head[:300]!r}")
        parts, missing = [body], int(length[1]) - len(body)
        while missing > 0:
            parts.append(self._more())
            missing -= len(parts[-1])
        if b"\nconnection: close" in head.lower():
            self.close()
        return Answer(int(head[9:12]), head, b"".join(parts))

    def _more(self) -> bytes:
        assert self._socket is not None
        data = self._socket.recv(262_144)
        if not data:
            raise EOFError
        return data


def request_bytes(
    port: int,
    path: str,
    cookies: dict[str, str] | None = None,
    fields: dict[str, Any] | None = None,
    more: str = "",
) -> bytes:
    """Return a request as a browser sends it, without asking for compression."""
    host = f"127.0.0.1:{port}"
    lines = [f"{'GET' if fields is None else 'POST'} {path} HTTP/1.1", f"Host: {host}",
             "Accept: text/html", "User-Agent: bench"]  # fmt: skip
    if cookies:
        lines.append("Cookie: " + "; ".join(f"{k}={v}" for k, v in cookies.items()))
    body = b""
    if fields is not None:
        body = urlencode(fields).encode()
        lines += [f"Origin: http://{host}", "Sec-Fetch-Site: same-origin",
                  "Content-Type: application/x-www-form-urlencoded",
                  f"Content-Length: {len(body)}"]  # fmt: skip
    if more:
        lines.append(more)
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


@dataclass(frozen=True, slots=True)
class Measured:
    """One pass over one subject. Times in milliseconds per unit of work."""

    cpu: float
    per_s: float
    p50: float
    p99: float


#: A job does one unit of work over a connection.
Job = Callable[[Line], None]


def expect(answer: Answer, status: int, what: str) -> Answer:
    """Refuse to measure a page that is not the page."""
    if answer.status != status:
        raise RuntimeError(
            f"{what} answered {answer.status}, not {status}: {answer.body[:1500].decode(errors='replace')}"
        )
    return answer


def paths(port: int, addresses: Sequence[str], number: int, more: str = "") -> Iterator[Job]:
    """Yield jobs that get addresses in turn."""
    ready = [request_bytes(port, address, more=more) for address in addresses]

    def job(request: bytes, address: str) -> Job:
        return lambda line: expect(line.send(request), 200, address) and None

    for n in range(number):
        at = n % len(ready)
        yield job(ready[at], addresses[at])


def measure(server: Running, jobs: Sequence[Job], *, lines: int = 2) -> Measured:
    """Do all jobs over so many connections at once and measure what they cost.

    Processor time is that of the server's processes and of the database's.
    """
    waiting, lock, times = iter(jobs), threading.Lock(), []
    failed: list[BaseException] = []

    def run() -> None:
        with Line(server.port, own_address()) as line:
            done = 0
            while not failed:
                with lock:
                    job = next(waiting, None)
                if job is None:
                    return
                if done and done % 40 == 0:  # Another visitor, before limits by address count.
                    line.close()
                    line.source = own_address()
                begun = time.perf_counter()
                try:
                    job(line)
                except BaseException as error:
                    failed.append(error)
                    return
                times.append((time.perf_counter() - begun) * 1000)
                done += 1

    threads = [threading.Thread(target=run, daemon=True) for _ in range(min(lines, len(jobs)))]
    before, begun = cpu_ms(_pids(server)), time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - begun
    after = cpu_ms(_pids(server))
    if failed:
        raise failed[0]
    return measured(used(before, after), took, times)


def used(before: dict[int, float], after: dict[int, float]) -> float:
    """Return the processor time between two readings."""
    return sum(max(0.0, ms - before.get(pid, 0.0)) for pid, ms in after.items())


def measured(cpu: float, took_s: float, times: list[float]) -> Measured:
    times = sorted(times)
    return Measured(
        cpu / len(times),
        len(times) / took_s,
        times[len(times) // 2],
        times[min(len(times) - 1, int(len(times) * 0.99))],
    )


def _pids(server: Running) -> list[int]:
    database = server.database_pid
    return [*server.pids, *([database, *children(database)] if database else [])]
