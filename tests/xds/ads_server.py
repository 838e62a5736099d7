#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""An ADS server for tests, in istiod's manner: state-of-the-world and delta, plain or TLS.

It serves what DIR holds, and pushes when that changes: TYPE.MODE.NETWORK.pb, a response byte for
byte; else what model.py makes of mesh.json. Each request goes to DIR/requests, a line of JSON.
DIR/orders holds a misbehaviour, done on each stream when it changes; `refuse' and `stall' concern the
streams to come. See `misbehave`.
"""
import argparse
import json
import os
import queue
import random
import sys
import threading
import time
from concurrent import futures

import grpc

import model
import wire

SERVICE = "/envoy.service.discovery.v3.AggregatedDiscoveryService/"


def read(path):
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return None


class Stream:
    def __init__(self, server, mode, context):
        self.server, self.mode, self.context = server, mode, context
        self.node = None
        self.names = {}  # type -> names asked for; EDS only
        self.sent = {}   # type -> {name: bytes}
        self.asked = []  # types in the order of their first request
        self.out = queue.Queue()
        self.count = 0

    def nonce(self):
        self.count += 1
        return "n%d" % self.count

    def take(self, message):
        request = model.read_request(self.mode, message)
        self.server.note(dict(request, mode=self.mode, stream=id(self)))
        self.node = request["node"] or self.node
        kind = model.NAMES.get(request["type"])
        if not kind:
            return
        new = kind not in self.asked
        if new:
            self.asked.append(kind)
        names = self.names.setdefault(kind, set())
        before = set(names)
        if self.mode == "delta":
            names |= set(request["subscribe"]) | set(request["initial"])
            names -= set(request["unsubscribe"])
        else:
            names.clear()
            names.update(request["subscribe"])
        if new or (kind == "eds" and names - before):
            self.push(kind, None if new else names - before)

    def push(self, kind, only=None):
        raw = read(os.path.join(self.server.dir, "%s.%s.%s.pb" % (
            kind, self.mode, self.node["metadata"].get("NETWORK", ""))))
        if raw:
            self.out.put(raw)
            return
        items = model.resources(self.server.mesh, kind, self.node)
        if kind == "eds":
            wanted = self.names["eds"] if only is None else only
            for name in wanted:  # istiod answers for what does not exist
                items.setdefault(name, model.assignment(name, []))
            items = {n: c for n, c in items.items() if n in wanted}
            if not items:
                return
        old = self.sent.get(kind, {})
        removed = [n for n in old if n not in items] if kind == "cds" else []
        self.sent[kind] = items if only is None else {**old, **items}
        self.out.put(model.response(self.mode, kind, items.items(),
                                    "v%d" % self.server.version, self.nonce(), removed))


class Server:
    def __init__(self, options):
        self.dir, self.token_file = options.dir, options.token
        self.lock = threading.Lock()
        self.streams = set()
        self.version = 0
        self.mesh = {"services": {}}
        self.stamp = None
        # As they are before the first client comes. done: modes whose streams have had the order.
        self.orders, self.done = self.read_orders(), set()
        self.look()

    def read_orders(self):
        return (read(os.path.join(self.dir, "orders")) or b"").decode().split()

    def look(self):
        stamp = sorted((e.name, e.stat().st_mtime_ns) for e in os.scandir(self.dir)
                       if e.name == "mesh.json" or e.name.endswith(".pb"))
        if stamp == self.stamp:
            return False
        try:
            self.mesh = json.loads(read(os.path.join(self.dir, "mesh.json")) or b'{"services": {}}')
        except ValueError:
            return False
        self.stamp = stamp
        self.version += 1
        return True

    def watch(self):
        while True:
            time.sleep(0.02)
            orders = self.read_orders()
            if orders != self.orders:
                self.orders, self.done = orders, {stream.mode for stream in self.streams}
                for stream in list(self.streams) if orders else []:
                    stream.out.put(orders)
            if self.look():
                for stream in list(self.streams):
                    for kind in [k for k in ("cds", "eds", "lds", "nds") if k in stream.asked]:
                        stream.push(kind)

    def note(self, what):
        with self.lock, open(os.path.join(self.dir, "requests"), "a") as file:
            file.write(json.dumps(what) + "\n")

    def check_token(self, context):
        if not self.token_file:
            return
        given = dict(context.invocation_metadata()).get("authorization", "")
        if given != "Bearer " + read(self.token_file).decode().strip():
            context.abort(grpc.StatusCode.UNAUTHENTICATED, "authentication failure: token expired")

    def handle(self, mode, requests, context):
        self.check_token(context)
        stream = Stream(self, mode, context)
        self.note({"open": dict(context.invocation_metadata()), "mode": mode})
        if self.orders[:1] == ["refuse"]:
            context.abort(grpc.StatusCode.UNAVAILABLE, "not now: 100%")
        while self.orders[:1] == ["stall"] and context.is_active():
            time.sleep(0.05)
        self.streams.add(stream)
        if self.orders and self.orders[0] not in ("refuse", "stall") and mode not in self.done:
            self.done.add(mode)
            stream.out.put(self.orders)
        threading.Thread(target=self.listen, args=(stream, requests), daemon=True).start()
        try:
            while (message := stream.out.get()) is not None:
                if isinstance(message, list):
                    if message[0] == "end":
                        return
                    yield from misbehave(message, stream)
                else:
                    yield message
        finally:
            self.streams.discard(stream)

    def listen(self, stream, requests):
        try:
            for message in requests:
                stream.take(message)
        except Exception as error:  # the stream is over, or its client talks nonsense
            if not isinstance(error, grpc.RpcError):
                self.note({"bad request": repr(error)})
        stream.out.put(None)


def misbehave(orders, stream):
    """What is sent besides, or instead of, the truth. ORDER [ARGUMENT]..."""
    order, *arguments = orders
    rng = random.Random(1)
    name = next(iter(model.resources(stream.server.mesh, "cds", {"metadata": {}})), "outbound|1||x")
    good = model.assignment(name, [model.endpoint("10.10.0.90", 5000, "w;;;;")])

    def eds(*items):
        return model.response(stream.mode, "eds", items, "bad", stream.nonce())

    if order == "random":
        yield bytes(rng.randrange(256) for _ in range(1000))
    elif order == "truncated":
        yield eds((name, good))[:-7]
    elif order == "truncated-resource":
        yield eds((name, good[:-9]))
    elif order == "random-resource":
        yield eds((name, bytes(rng.randrange(256) for _ in range(300))))
    elif order == "wrong-type":
        yield model.response(stream.mode, "eds", [(name, good)], "bad", stream.nonce()).replace(
            b"ClusterLoadAssignment", b"ClusterLoadAssignmenX", 1)
    elif order == "unknown-type":
        yield model.response(stream.mode, "type.googleapis.com/x.Y", [(name, good)], "bad", "n")
    elif order == "duplicate":
        yield eds((name, model.resources(stream.server.mesh, "eds", stream.node)[name]),
                  (name, good))
    elif order == "bad-address":
        yield eds((name, model.assignment(name, [model.endpoint("10.10.0.900", 5000, "w;;;;")])))
    elif order == "oversize":
        yield eds((name, good + wire.data(99, b"x" * int(arguments[0]))))
    elif order == "abort":
        stream.context.abort(grpc.StatusCode.INTERNAL, "on purpose")
    elif order == "flood":
        yield from flood(stream, name, float(arguments[0]), int(arguments[1]))


def flood(stream, name, seconds, rate):
    """`rate` assignments a second, or as many as the machine can, until `seconds` times that are
    sent; the truth, in two forms, and the first at the end."""
    began, sent = time.time(), 0
    while sent < seconds * rate:
        for _ in range(max(1, rate // 100)):
            sent += 1
            at = [model.endpoint("10.10.0.90", 5000, "w;sample;h;v;cluster1", 1 + sent % 2),
                  model.endpoint("10.10.0.91", 5000, "w;sample;h;v;cluster1", 1)]
            yield model.response(stream.mode, "eds", [(name, model.assignment(name, at))],
                                 "f", stream.nonce())
        time.sleep(max(0, began + sent / rate - time.time()))
    stream.server.note({"flood": sent})
    stream.push("eds")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--listen", required=True)
    parser.add_argument("--dir", required=True)
    parser.add_argument("--token", help="file with the bearer token clients must bring")
    parser.add_argument("--tls", nargs=2, metavar=("CERTIFICATE", "KEY"))
    parser.add_argument("--client-ca")
    parser.add_argument("--max-age", type=int, help="seconds after which a connection is sent away")
    options = parser.parse_args()
    state = Server(options)
    choices = [("grpc.max_send_message_length", -1), ("grpc.so_reuseport", 0)]
    if options.max_age:
        choices += [("grpc.max_connection_age_ms", options.max_age * 1000),
                    ("grpc.max_connection_age_grace_ms", 1000)]
    server = grpc.server(futures.ThreadPoolExecutor(64), options=choices)

    class Handler(grpc.GenericRpcHandler):
        def service(self, details):
            mode = {SERVICE + "StreamAggregatedResources": "sotw",
                    SERVICE + "DeltaAggregatedResources": "delta"}.get(details.method)
            return mode and grpc.stream_stream_rpc_method_handler(
                lambda requests, context: state.handle(mode, requests, context))

    server.add_generic_rpc_handlers((Handler(),))
    if options.tls:
        pair = (read(options.tls[1]), read(options.tls[0]))
        ca = read(options.client_ca) if options.client_ca else None
        port = server.add_secure_port(options.listen, grpc.ssl_server_credentials(
            [pair], root_certificates=ca, require_client_auth=bool(ca)))
    else:
        port = server.add_insecure_port(options.listen)
    if not port:
        sys.exit("cannot listen on " + options.listen)
    server.start()
    print("listening", flush=True)
    state.watch()


main()
