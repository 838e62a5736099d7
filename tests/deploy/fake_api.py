#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""An API server that takes Events, and an agent's page of problems: fake_api.py DIRECTORY.

Reads DIRECTORY/{tls.crt,tls.key,problems}, writes DIRECTORY/ports and a line of DIRECTORY/events for each
Event. While DIRECTORY/refuse exists it answers 500; while DIRECTORY/hang exists, not at all."""
import http.server
import json
import os
import ssl
import sys
import threading
import time

directory = sys.argv[1]


def at(name):
    return os.path.join(directory, name)


class Quiet(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Api(Quiet):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        while os.path.exists(at("hang")):
            time.sleep(0.1)
        if os.path.exists(at("refuse")):
            return self.answer(500, b"{}")
        if (self.path, self.headers["Authorization"]) != (
                "/api/v1/namespaces/parallax/events", "Bearer a-token"):
            return self.answer(403, b"{}")
        event = json.loads(body)
        assert event["involvedObject"] == {
            "apiVersion": "v1", "kind": "Pod", "name": "parallax-x", "namespace": "parallax",
            "uid": "a-uid"}, event
        assert event["metadata"] == {"generateName": "parallax-", "namespace": "parallax"}
        assert event["source"] == {"component": "parallaxd", "host": "node1"}
        with open(at("events"), "a", encoding="utf-8") as file:
            file.write(f"{event['type']} {event['reason']} {event['message']}\n")
        return self.answer(201, body)


class Agent(Quiet):
    def do_GET(self):
        with open(at("problems"), "rb") as file:
            self.answer(200 if self.path == "/problems" else 404, file.read())


servers = [http.server.ThreadingHTTPServer(("127.0.0.1", 0), kind) for kind in (Api, Agent)]
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(at("tls.crt"), at("tls.key"))
servers[0].socket = context.wrap_socket(servers[0].socket, server_side=True)
for server in servers:
    threading.Thread(target=server.serve_forever, daemon=True).start()
with open(at("ports.new"), "w", encoding="utf-8") as file:
    print(*(server.server_address[1] for server in servers), file=file)
os.rename(at("ports.new"), at("ports"))
threading.Event().wait()
