#!/bin/sh
# A service that watches over being the only one of its name. It writes its pid as a line of $WITNESS/starts.$NAME, and, when
# another one of them lives at that moment, "$NAME <other> <own>" as a line of $WITNESS/doubles.
# DELAY seconds later it is ready, which it tells by a newline on NOTIFY_FD where there is one. TASK=1: then it ends.
# DEAF=1: it ignores SIGTERM. COUNTS=1: it prints "<pid> 1", "<pid> 2", … for as long as it lives.
[ "$DEAF" = 1 ] && trap '' TERM
echo $$ >> "$WITNESS/starts.$NAME"
while read -r pid; do
  [ "$pid" = $$ ] && continue
  [ -r "/proc/$pid/stat" ] || continue
  { read -r stat < "/proc/$pid/stat"; } 2> /dev/null || continue
  case "${stat##*) }" in [ZX]*) continue ;; esac
  # The number may be another process by now.
  grep -qa "WITNESS=$WITNESS" "/proc/$pid/environ" 2> /dev/null || continue
  grep -qa "NAME=$NAME" "/proc/$pid/environ" && echo "$NAME $pid $$" >> "$WITNESS/doubles"
done < "$WITNESS/starts.$NAME"
[ -n "$DELAY" ] && sleep "$DELAY"
[ -n "$NOTIFY_FD" ] && echo >&3
[ "$TASK" = 1 ] && exit 0
[ "$COUNTS" = 1 ] || [ "$DEAF" = 1 ] || exec sleep 600
count=0
while :; do
  count=$((count + 1))
  [ "$COUNTS" = 1 ] && echo "$$ $count"
  sleep 0.1
done
