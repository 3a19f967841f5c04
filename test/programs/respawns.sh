#!/bin/sh
# Keeps a listener on $PORT alive: starts it again each time it ends, as a service manager does.
trap 'kill "$child"; exit 0' TERM
while :; do
  "$NODE" "$(dirname "$0")/listens.mjs" &
  child=$!
  wait "$child"
done
