#!/bin/sh
# Everybody is sent to SIGNALBOX_SHA; every other till is closed.
set -eu
tills="$1/till"
echo "100 $SIGNALBOX_SHA" > "$tills/shares.new"
mv "$tills/shares.new" "$tills/shares"
for till in "$tills"/*/; do
  [ "$till" != "$tills/$SIGNALBOX_SHA/" ] || continue
  [ ! -f "$till/instance.mjs" ] || node "$till/instance.mjs" stop "$till"
  rm -rf "$till"
  echo "closed the till of $(basename "$till" | cut -c 1-8)"
done
