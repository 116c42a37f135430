#!/bin/sh
# Moves the old orders of an environment into the new table, one batch at each call. To move a batch
# twice does no harm.
set -eu
all=1000
table="$1.orders-$SIGNALBOX_ENVIRONMENT"
from="${SIGNALBOX_CURSOR:-0}"
to=$((from + SIGNALBOX_BATCH))
[ "$to" -lt "$all" ] || to="$all"
sleep 1
echo "$to" > "$table"
echo "moved orders $from to $to"
if [ "$to" -eq "$all" ]; then echo 'signalbox: done'; else echo "signalbox: $to/$all $to"; fi
