#!/bin/sh
# muster-init COMMAND…: runs a command where this would be process 1, as in a container without --init.
# Node waits only for its own children, so whatever loses its parent would stay a zombie for ever under it; a shell that
# waits takes them all. Signals are passed on, and the exit code is that of the command.

child='' early='' asked='' code=''

pass() {
  asked=1
  if [ -n "$child" ]; then kill -s "$1" "$child" 2>/dev/null; else early=$1; fi
}

for signal in TERM HUP USR1 USR2; do
  # shellcheck disable=SC2064
  trap "pass $signal" "$signal"
done
if [ -t 0 ]; then
  # The terminal sends these to everybody in front of it, and twice would mean: hurry.
  trap 'asked=1' INT QUIT
else
  trap 'pass INT' INT
  trap 'pass QUIT' QUIT
fi

# Without this a command in the background would read from /dev/null.
exec 3<&0
"$@" <&3 3<&- &
child=$!
[ -z "$early" ] || kill -s "$early" "$child" 2>/dev/null

while :; do
  asked=''
  wait "$child"
  got=$?
  # A wait that a signal has cut short says nothing; one that comes too late says 127.
  if [ "$got" -ne 127 ] || [ -z "$code" ]; then code=$got; fi
  [ -n "$asked" ] || exit "$code"
done
