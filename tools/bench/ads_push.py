#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""A control plane of one service that is told by standard input what to say.

usage: ads_push.py ADDRESS:PORT HOST PORT

A line of JSON, [[address, port, weight?], ...], becomes the service's endpoints, and is answered by
the CLOCK_MONOTONIC ns at which the response, encoded before, was handed to gRPC. Delta ADS, in the
clear, for the loopback of a namespace."""
import json
import os
import queue
import sys
import threading
import time
from concurrent import futures

import grpc

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../tests/xds"))
import model  # noqa: E402
import wire   # noqa: E402

METHOD = "/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources"
WORKLOAD = "w;ns;s;v;cluster1"


class Plane:
    def __init__(self, host, port):
        self.name = "outbound|%s||%s" % (port, host)
        self.endpoints, self.queues, self.version = [], [], 0

    def response(self, kind):
        """CDS names the service, EDS its endpoints; there is nothing of other types."""
        self.version += 1
        items = {"cds": [(self.name, model.cluster(self.name))],
                 "eds": [(self.name, self.assignment())]}.get(kind, [])
        return model.response("delta", kind, items, "v%d" % self.version, "n%d" % self.version)

    def assignment(self):
        endpoints = [model.endpoint(e[0], e[1], WORKLOAD, *e[2:]) for e in self.endpoints]
        return model.assignment(self.name, endpoints) if endpoints else wire.data(1, self.name)

    def handle(self, requests, _):
        out = queue.Queue()
        threading.Thread(target=self.listen, args=(requests, out), daemon=True).start()
        while (message := out.get()) is not None:
            yield message

    def listen(self, requests, out):
        asked = set()
        try:
            for message in requests:
                kind = model.NAMES.get(model.read_request("delta", message)["type"])
                if kind not in asked:
                    asked.add(kind)
                    out.put(self.response(kind))
                    if kind == "eds":
                        self.queues.append(out)
        except grpc.RpcError:
            pass  # the stream is over
        if out in self.queues:
            self.queues.remove(out)
        out.put(None)

    def push(self, endpoints):
        self.endpoints = endpoints
        message = self.response("eds")
        at = time.monotonic_ns()
        for out in list(self.queues):
            out.put(message)
        return at


class Handler(grpc.GenericRpcHandler):
    def __init__(self, plane):
        self.plane = plane

    def service(self, details):
        if details.method != METHOD:
            return None
        return grpc.stream_stream_rpc_method_handler(self.plane.handle)


def main():
    address, host, port = sys.argv[1:]
    plane = Plane(host, port)
    server = grpc.server(futures.ThreadPoolExecutor(4),
                         options=[("grpc.max_send_message_length", -1)])
    server.add_generic_rpc_handlers((Handler(plane),))
    if not server.add_insecure_port(address):
        sys.exit("cannot listen on " + address)
    server.start()
    for line in sys.stdin:
        print(plane.push(json.loads(line)), flush=True)


main()
