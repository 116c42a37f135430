#!/bin/sh
# Puts this checkout into service: a copy, a new process that must answer, then the old one goes.
# When the new one does not answer, the old one goes on serving.
set -eu
site="$1/$SIGNALBOX_ENVIRONMENT"
mkdir -p "$1"
rm -rf "$site.new" && mkdir "$site.new"
echo "building $SIGNALBOX_SHA for $SIGNALBOX_ENVIRONMENT"
cp -R ./*.mjs ./*.json features "$site.new/"
[ ! -d migrations ] || cp -R migrations "$site.new/"
echo "$SIGNALBOX_SHA" > "$site.new/version"
sleep 1
echo "starting"
node "$site.new/instance.mjs" start "$site.new" "$SIGNALBOX_ENVIRONMENT" "$SIGNALBOX_SHA"
sleep 1
[ ! -d "$site" ] || node "$site.new/instance.mjs" stop "$site"
rm -rf "$site" && mv "$site.new" "$site"
echo "live: $site"
