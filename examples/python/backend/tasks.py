"""What the worker does: counts, and says so. `beat` asks for it every second."""

import sys

from celery import Celery

import broker

app = Celery("tasks", broker=broker.URL)
app.conf.update(
    task_ignore_result=True,
    broker_connection_retry_on_startup=False,
    broker_connection_timeout=2,
    beat_schedule={"count": {"task": "tasks.count", "schedule": 1.0}},
)


@app.task(name="tasks.count")
def count():
    client = broker.connect()
    if client is not None:
        print(f"counted {client.incr('count')}", flush=True)


# Only the worker and the beat need a broker to start with; the backend imports this module, too.
if {"worker", "beat"} & set(sys.argv):
    broker.require()
