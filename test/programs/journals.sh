#!/bin/sh
# A service that keeps a journal: writes "+ $NAME" as a line of $JOURNAL when it runs, and "- $NAME" when it gets SIGTERM, whose
# arrival ends it. DELAY seconds after its start it is ready, which it tells by a newline on NOTIFY_FD where there is one.
# TASK=1: then it ends, with exit code ${CODE:-0}. INT=1: it also writes "^ $NAME" for a SIGINT, which does not end it.
trap 'echo "- $NAME" >> "$JOURNAL"; exit 0' TERM
[ "$INT" = 1 ] && trap 'echo "^ $NAME" >> "$JOURNAL"' INT
echo "+ $NAME" >> "$JOURNAL"
# In the background: a shell that gets a signal while it makes a process would wait for that one's end.
if [ -n "$DELAY" ]; then
  sleep "$DELAY" &
  while kill -0 $! 2> /dev/null; do wait $!; done
fi
[ -n "$NOTIFY_FD" ] && echo >&3
[ "$TASK" = 1 ] && exit "${CODE:-0}"
while :; do
  sleep 600 &
  wait
done
