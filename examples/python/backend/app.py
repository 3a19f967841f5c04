"""The backend: a counter that the worker keeps where there is a broker, and the backend itself where there is none."""

from fastapi import FastAPI

import broker

app = FastAPI()
own = {"count": 0}


@app.get("/health")
def health():
    return {"ok": True, "broker": broker.connect() is not None}


@app.get("/count")
def count():
    client = broker.connect()
    if client is not None:
        return {"count": int(client.get("count") or 0), "kept_by": "worker"}
    own["count"] += 1
    return {"count": own["count"], "kept_by": "backend"}
