#!/bin/bash
# The store: a million made-up RRs through the commit path, then questions.
# usage: store.sh BUILD SCRATCH; YORE_BENCH_LONG=1: ten million
set -u
folder="$2/store"
rm -rf "$folder"
"$1/bench/bench-store" "$folder" "$([ -n "${YORE_BENCH_LONG:-}" ] && echo 10 || echo 1)" |
	awk -v OFS='\t' '
	/_us p50/ { print "store_" $1 "_p50", $3, "us"; print "store_" $1 "_p99", $5, "us"; next }
	/rows_per_cpu_s/ { print "store_" $1, $NF, "rows/CPU-s"; next }
	/^octets_per_rr/ { print "store_" $1, $2, "octets"; next }
	NF == 2 { print "store_" $1, $2, "" }'
rm -rf "$folder"
