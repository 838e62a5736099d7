#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""The two ends of Istio mutual TLS: a pod's sidecar as server, another's as client.

Both show a certificate of the mesh's authority with a SPIFFE name, and check the other's.

usage: tls_peer.py serve DIR ADDR:PORT VERSION
       tls_peer.py call DIR ADDR:PORT SNI ALPN COUNT    (ALPN `-' for none)
DIR holds ca.pem, cert.pem and key.pem. `call' prints `SOURCE_PORT ANSWER' for each connection;
exit status 0 when all answered.
"""
import os
import socket
import ssl
import sys
import threading

PATIENCE = int(os.environ.get("PATIENCE", 1))
SPIFFE = "spiffe://cluster.local/ns/sample/sa/default"


def context(side, directory):
    ctx = ssl.SSLContext(side)
    ctx.check_hostname = False
    ctx.verify_mode = ssl.CERT_REQUIRED
    ctx.load_verify_locations(f"{directory}/ca.pem")
    ctx.load_cert_chain(f"{directory}/cert.pem", f"{directory}/key.pem")
    return ctx


def peer_name(tls):
    names = [value for kind, value in tls.getpeercert()["subjectAltName"] if kind == "URI"]
    if names != [SPIFFE]:
        raise ssl.SSLError(f"peer is {names}")
    return names[0]


def read_all(tls):
    data = b""
    while chunk := tls.recv(65536):
        data += chunk
    return data


def answer(ctx, sock, version):
    try:
        sock.settimeout(10 * PATIENCE)
        with ctx.wrap_socket(sock, server_side=True) as tls:
            peer_name(tls)
            tls.recv(65536)
            tls.sendall(f"Hello version: {version}, instance: helloworld-{version}\n".encode())
            tls.unwrap()
    except OSError as error:
        print(f"{version}: {error}", flush=True)


def serve(directory, at, version):
    ctx = context(ssl.PROTOCOL_TLS_SERVER, directory)
    ctx.set_alpn_protocols(["istio"])
    family = socket.AF_INET6 if ":" in at[0] else socket.AF_INET
    with socket.create_server(at, family=family, backlog=128) as listener:
        while True:
            sock, _ = listener.accept()
            threading.Thread(target=answer, args=(ctx, sock, version), daemon=True).start()


def call(directory, to, sni, alpn):
    ctx = context(ssl.PROTOCOL_TLS_CLIENT, directory)
    if alpn != "-":
        ctx.set_alpn_protocols([alpn])
    with socket.create_connection(to, timeout=5 * PATIENCE) as sock:
        port = sock.getsockname()[1]
        with ctx.wrap_socket(sock, server_hostname=sni) as tls:
            peer_name(tls)
            tls.sendall(b"GET /hello HTTP/1.0\r\n\r\n")
            print(port, read_all(tls).decode().strip(), flush=True)


def call_all(directory, to, sni, alpn, count):
    failed = 0
    for _ in range(count):
        try:
            call(directory, to, sni, alpn)
        except OSError as error:
            failed = 1
            print(f"- {error}", flush=True)
    return failed


def address(text):
    host, port = text.rsplit(":", 1)
    host = host.strip("[]")
    return host, int(port)


def main(verb=None, *args):
    if verb == "serve" and len(args) == 3:
        serve(args[0], address(args[1]), args[2])
    elif verb == "call" and len(args) == 5:
        sys.exit(call_all(args[0], address(args[1]), args[2], args[3], int(args[4])))
    else:
        sys.exit(__doc__)


main(*sys.argv[1:])
