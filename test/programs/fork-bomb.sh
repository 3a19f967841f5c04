#!/bin/sh
# A fork bomb on a leash: every process makes two more, each in a session of its own, until the file $STOP_FILE exists or
# $DEPTH generations were born.
depth=${DEPTH:-6}
[ -e "$STOP_FILE" ] && exit 0
if [ "$depth" -gt 0 ]; then
  DEPTH=$((depth - 1)) setsid "$0" &
  DEPTH=$((depth - 1)) setsid "$0" &
fi
exec sleep 600
