"""Answers with what the first instance says."""

import http.server
import os
import signal
import sys
import urllib.request


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        with urllib.request.urlopen(os.environ["FIRST"], timeout=2) as answer:
            body = answer.read()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Probes would fill the log."""


signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
host = "0.0.0.0" if os.environ.get("NODE_ENV") == "production" else "127.0.0.1"
http.server.ThreadingHTTPServer((host, int(os.environ["PORT"])), Handler).serve_forever()
