"""A static server for the folder that it runs in, with the backend's address filled into the page."""

import http.server
import os
import signal
import sys

PAGE = open("index.html", encoding="utf-8").read().replace("{{backend}}", os.environ["BACKEND"]).encode()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        found = self.path in ("/", "/index.html")
        body = PAGE if found else b"not here\n"
        self.send_response(200 if found else 404)
        self.send_header("content-type", "text/html; charset=utf-8" if found else "text/plain")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Probes would fill the log."""


signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
port = int(os.environ["PORT"])
print(f"serving {os.path.basename(os.getcwd())} on {port}", flush=True)
http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()
