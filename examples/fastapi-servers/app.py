"""One instance: it says which one it is. stdout is for people, stderr for what is wrong."""

import os
import sys

from fastapi import FastAPI

app = FastAPI()
print(f"instance {os.environ.get('MUSTER_INSTANCE', '').split('/')[1:2]} on {os.environ['PORT']}")
print("warnings go here", file=sys.stderr)


@app.get("/health")
def health():
    return {"ok": True}


@app.get("/")
def root():
    return {"port": int(os.environ["PORT"]), "environment": os.environ.get("NODE_ENV")}
