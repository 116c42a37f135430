#!/bin/sh
# Whether every old order stands in the new table.
set -eu
moved=$(cat "$1.orders-$SIGNALBOX_ENVIRONMENT")
echo "$moved of 1000 orders stand in the new table"
[ "$moved" -eq 1000 ]
