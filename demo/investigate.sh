#!/bin/sh
# The investigation of make demo: from a report and a month to the addresses that
# mattered. usage: demo/investigate.sh FOLDER [YORE]
set -eu
cd "$(dirname "$0")/.."
folder=$1
yore=${2:-build/yore}
mkdir -p "$folder"
python3 -B demo/incident.py "$folder"
YORE_DB=$folder/incident-db
export YORE_DB
"$yore" import -q "$folder/incident.pcap"
"$yore" import -q --source archive "$folder/archive.json"
printf '$ yore investigate report.md --from 2015-07-01 --to 2015-07-31\n'
"$yore" investigate "$folder/report.md" --from 2015-07-01 --to 2015-07-31 \
	--wide archive --network "cdn=$folder/cdn.txt" \
	--network "sinkhole=$folder/sinkhole.txt" --case "$folder/case"
