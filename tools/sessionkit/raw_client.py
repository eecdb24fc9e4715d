# SPDX-License-Identifier: Apache-2.0
"""A client that writes what it likes, in what pieces it likes; it runs in the client's namespace
and prints a JSON object for each exchange.

usage: raw_client.py http|tls
"""

from __future__ import annotations

import json
import re
import socket
import ssl
import sys
import time
from typing import Any, Iterable

PATIENCE_SECONDS = 10.0
ENTRY, OTHER = "10.7.1.1", "10.7.1.2"
BOMB_BYTES = 4 * 1024 * 1024


def tell(name: str, **found: Any) -> None:
    """One line of the output."""
    print(json.dumps({"name": name, **found}), flush=True)


def pieces_of(data: bytes, size: int) -> list[bytes]:
    """Cut every `size` bytes."""
    return [data[at : at + size] for at in range(0, len(data), size)]


def dial(address: str, port: int) -> socket.socket:
    """Each write is a segment of its own."""
    peer = socket.create_connection((address, port), PATIENCE_SECONDS)
    peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return peer


def exchange(pieces: Iterable[bytes], pause: float = 0.0) -> dict[str, Any]:
    """What is answered before the server closes, or is silent for a while."""
    peer = dial(ENTRY, 80)
    text = b""
    ended = "silence"
    try:
        for piece in pieces:
            peer.sendall(piece)
            time.sleep(pause)
        peer.settimeout(1.5)
        while received := peer.recv(1 << 16):
            text += received
        ended = "closed"
    except socket.timeout:
        pass
    except OSError as error:
        ended = type(error).__name__
    peer.close()
    shown = text.decode("latin-1")
    return {
        "status": re.findall(r"HTTP/1\.1 (\d+) ", shown),
        "servers": re.findall(r"^Server: shunt/(\S+)", shown, re.MULTILINE),
        "cookies": re.findall(r"^Set-Cookie: SHUNT=([0-9a-f]{56});", shown, re.MULTILINE),
        "ended": ended,
    }


def request(cookie: str = "", target: str = "/bytes/10", more: str = "") -> bytes:
    """A GET, perhaps with a cookie."""
    field = f"Cookie: {cookie}\r\n" if cookie else ""
    return f"GET {target} HTTP/1.1\r\nHost: x\r\n{field}{more}\r\n".encode()


def http() -> None:
    """The session is that of s2; who is asked is s1."""
    first = exchange([request(target="/s2/who.txt")])
    tell("first", **first)
    cookie = "SHUNT=" + first["cookies"][0]
    whole = request(cookie)
    tell("whole", **exchange([whole]))
    tell("eight pieces", **exchange(pieces_of(whole, len(whole) // 8 + 1), 0.005))
    tell("single bytes", **exchange(pieces_of(whole, 1), 0.001))
    tell("pipelined", **exchange([whole + request() * 3]))
    many = "a=1; " * 50 + cookie + "; b=2" * 50
    tell("amid others", **exchange([request(many)]))
    last = cookie[:-1] + ("0" if cookie[-1] != "0" else "1")
    tell("forged", **exchange([request(last)]))
    tell("cut", **exchange([request(cookie[:-1])]))
    tell("upper case", **exchange([request("SHUNT=" + cookie[6:].upper())]))
    tell("another server's id", **exchange([request("SHUNT=00000003" + cookie[14:])]))
    tell("malformed", **exchange([b"\x00\x01 this is not HTTP\r\n\r\n"]))
    tell("no head", **exchange([b"GET / HTTP/1.1\r\nHost"]))
    tell("long target", **exchange([request(cookie, "/" + "a" * 100 * 1024)]))
    tell("many fields", **exchange([request(more="X-Field: 0123456789\r\n" * 2_000)]))
    endless = (b"X-Field: " + b"y" * 1_000 + b"\r\n" for _ in range(BOMB_BYTES // 1_000))
    tell("endless head", **exchange([b"GET / HTTP/1.1\r\n", *endless]))
    tell("afterwards", **exchange([whole]))


def records_of(hello: bytes, size: int) -> bytes:
    """The same handshake message in records of that many bytes (RFC 5246 6.2.1)."""
    out = b""
    for piece in pieces_of(hello[5:], size):
        out += hello[:3] + len(piece).to_bytes(2, "big") + piece
    return out


def say_goodbye(engine: ssl.SSLObject, outgoing: ssl.MemoryBIO, peer: socket.socket) -> None:
    """And wait until the server has closed."""
    try:
        engine.unwrap()
    except ssl.SSLWantReadError:
        pass
    peer.sendall(outgoing.read())
    while peer.recv(1 << 14):
        pass


class Tls:
    """TLS 1.2 whose first flight can be cut at will."""

    def __init__(self) -> None:
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.context.check_hostname = False
        self.context.verify_mode = ssl.CERT_NONE
        self.context.maximum_version = ssl.TLSVersion.TLSv1_2
        self.context.options |= ssl.OP_NO_TICKET
        with self.context.wrap_socket(dial(OTHER, 443)) as peer:
            self.session = peer.session
            # Who does not say goodbye has its session forgotten (RFC 5246 7.2.1).
            peer.unwrap()

    def hello(self) -> tuple[ssl.SSLObject, ssl.MemoryBIO, ssl.MemoryBIO, bytes]:
        """An engine that has written its ClientHello with the session's id."""
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        engine = self.context.wrap_bio(incoming, outgoing, session=self.session)
        try:
            engine.do_handshake()
        except ssl.SSLWantReadError:
            pass
        return engine, incoming, outgoing, outgoing.read()

    def handshake(self, cuts: list[int], record: int = 0) -> str:
        """reused, new, or what went wrong; the hello goes in pieces, cut at these places."""
        engine, incoming, outgoing, hello = self.hello()
        flight = records_of(hello, record) if record else hello
        places = [0, *cuts, len(flight)]
        peer = dial(ENTRY, 443)
        try:
            for begin, end in zip(places, places[1:]):
                peer.sendall(flight[begin:end])
                time.sleep(0.004)
            while True:
                try:
                    engine.do_handshake()
                    break
                except ssl.SSLWantReadError:
                    peer.sendall(outgoing.read())
                    received = peer.recv(1 << 14)
                    if not received:
                        return "closed"
                    incoming.write(received)
            say_goodbye(engine, outgoing, peer)
        except OSError as error:
            return f"{type(error).__name__}: {error}"
        finally:
            peer.close()
        return "reused" if engine.session_reused else "new"

    def beginning(self, size: int) -> None:
        """The client says no more than that, and goes."""
        hello = self.hello()[3]
        peer = dial(ENTRY, 443)
        peer.sendall(hello[:size])
        time.sleep(0.25)
        peer.close()


def tls() -> None:
    """The session is that of s2; who is asked is s1."""
    client = Tls()
    length = len(client.hello()[3])
    tell("whole", found=client.handshake([]))
    found = {cut: client.handshake([cut]) for cut in range(1, min(length, 90))}
    wrong = {cut: what for cut, what in found.items() if what != "reused"}
    tell("cut in two", tried=len(found), wrong=wrong)
    tell("eight pieces", found=client.handshake([length * i // 8 for i in range(1, 8)]))
    for record in (1, 5, 40):
        tell(f"records of {record}", found=client.handshake([], record))
    for size in (1, 5, 6, 43, 44, 60, 75, length - 1):
        client.beginning(size)
    peer = dial(ENTRY, 443)
    peer.sendall(b"\x16\x03\x01\xff\xff" + b"\xff" * 20_000)
    peer.close()
    tell("afterwards", found=client.handshake([]))


def main() -> None:
    """One of the two."""
    {"http": http, "tls": tls}[sys.argv[1]]()


if __name__ == "__main__":
    main()
