"""Where the broker is, and whether it answers: the backend can do without it, the worker and its beat cannot."""

import os
import sys

import redis

URL = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/0")

# sysexits.h: EX_CONFIG. services.yaml says that this exit code is final.
NO_BROKER = 78


def connect():
    """A client, or None where nobody answers."""
    client = redis.Redis.from_url(URL, socket_connect_timeout=1, decode_responses=True)
    try:
        client.ping()
    except redis.exceptions.RedisError:
        return None
    return client


def require():
    """Ends this program with one sentence where there is no broker."""
    if connect() is None:
        print(f"no broker answers on {URL}: there is no work to do without it", file=sys.stderr)
        sys.exit(NO_BROKER)
