#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""An Istio ingress gateway in AUTO_PASSTHROUGH mode, as far as a client can tell.

Its filter chain matches an exact SNI together with one of Istio's ALPN names; anything else finds
no chain and is closed. Bytes are forwarded still encrypted. Each decision is one line of output.

usage: stock_gateway.py ADDR:PORT SNI BACKEND_ADDR:PORT
"""
import asyncio
import sys

ISTIO_ALPN = {"istio", "istio-peer-exchange", "istio-http/1.0", "istio-http/1.1", "istio-h2"}
HANDSHAKE, CLIENT_HELLO = 22, 1
EXT_SERVER_NAME, EXT_ALPN = 0, 16


class NotTls(Exception):
    """The first bytes are no ClientHello."""


class Reader:
    """A cursor over bytes with TLS's length-prefixed vectors."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, n):
        if self.at + n > len(self.data):
            raise NotTls("truncated")
        self.at += n
        return self.data[self.at - n:self.at]

    def number(self, n):
        return int.from_bytes(self.take(n), "big")

    def vector(self, length_bytes):
        return Reader(self.take(self.number(length_bytes)))

    def left(self):
        return len(self.data) - self.at


async def read_client_hello(stream):
    """The raw bytes read, and the handshake message in them (RFC 8446 sections 4 and 5.1)."""
    raw, message = b"", b""
    while len(message) < 4 or len(message) < 4 + int.from_bytes(message[1:4], "big"):
        header = await stream.readexactly(5)
        if header[0] != HANDSHAKE or header[1] != 3:
            raise NotTls("no TLS handshake")
        body = await stream.readexactly(int.from_bytes(header[3:5], "big"))
        raw, message = raw + header + body, message + body
    if message[0] != CLIENT_HELLO:
        raise NotTls("no ClientHello")
    return raw, Reader(message[4:])


def names_of(hello):
    """Server name and set of application protocols of a ClientHello."""
    sni, alpn = None, set()
    hello.take(2 + 32)
    for length_bytes in (1, 2, 1):  # session id, cipher suites, compression methods
        hello.vector(length_bytes)
    extensions = hello.vector(2)
    while extensions.left():
        kind, body = extensions.number(2), extensions.vector(2)
        if kind == EXT_SERVER_NAME:
            entry = body.vector(2)
            entry.take(1)
            sni = entry.vector(2).data.decode()
        elif kind == EXT_ALPN:
            entries = body.vector(2)
            while entries.left():
                alpn.add(entries.vector(1).data.decode())
    return sni, alpn


async def copy(reader, writer):
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.write_eof()
    except OSError:
        writer.close()


async def serve(reader, writer, want_sni, backend):
    peer = "%s:%d" % writer.get_extra_info("peername")[:2]
    try:
        raw, hello = await asyncio.wait_for(read_client_hello(reader), 10)
        sni, alpn = names_of(hello)
        if sni != want_sni or not alpn & ISTIO_ALPN:
            raise NotTls(f"no filter chain for SNI {sni} ALPN {','.join(sorted(alpn)) or '-'}")
    except (NotTls, OSError, asyncio.IncompleteReadError, asyncio.TimeoutError) as error:
        print(f"refused {peer}: {error}", flush=True)
        writer.close()
        return
    print(f"forwarded {peer} to {backend[0]}:{backend[1]}", flush=True)
    to_reader, to_writer = await asyncio.open_connection(*backend)
    to_writer.write(raw)
    await asyncio.gather(copy(reader, to_writer), copy(to_reader, writer))
    to_writer.close()
    writer.close()


def address(text):
    host, port = text.rsplit(":", 1)
    host = host.strip("[]")
    return host, int(port)


async def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    listen, sni, backend = address(sys.argv[1]), sys.argv[2], address(sys.argv[3])
    server = await asyncio.start_server(lambda r, w: serve(r, w, sni, backend), *listen)
    async with server:
        await server.serve_forever()


asyncio.run(main())
