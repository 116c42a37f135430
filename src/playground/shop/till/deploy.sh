#!/bin/sh
# Sends SIGNALBOX_TRAFFIC percent of the customers to this till, and the others to the one that was
# live before. That one stays ready, so a way back only has to send everybody there.
set -eu
tills="$1/till"
mine="$tills/$SIGNALBOX_SHA"
if [ ! -d "$mine" ]; then
  rm -rf "$mine.new" && mkdir -p "$mine.new"
  cp -R till/*.mjs till/rules instance.mjs "$mine.new/"
  cp listen.mjs "$tills/" # beside them, as it is beside the till in the repository
  mv "$mine.new" "$mine"
fi
echo "starting"
node "$mine/instance.mjs" start "$mine" "$SIGNALBOX_ENVIRONMENT" "$SIGNALBOX_SHA"
sleep 1
if [ "$SIGNALBOX_KIND" = rollback ]; then exec sh till/retire.sh "$1"; fi
echo "$SIGNALBOX_TRAFFIC $SIGNALBOX_SHA" > "$tills/shares.new"
if [ -d "$tills/${SIGNALBOX_BASE_SHA:-none}" ] && [ "$SIGNALBOX_BASE_SHA" != "$SIGNALBOX_SHA" ]; then
  echo "$((100 - SIGNALBOX_TRAFFIC)) $SIGNALBOX_BASE_SHA" >> "$tills/shares.new"
fi
mv "$tills/shares.new" "$tills/shares"
echo "$SIGNALBOX_TRAFFIC % of the customers are sent to the till of $(echo "$SIGNALBOX_SHA" | cut -c 1-8)"
