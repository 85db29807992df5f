#!/bin/bash
# The store's choices beside their alternatives (bench-tuning). Some minutes, so only with
# YORE_BENCH_LONG=1. usage: store-tuning.sh BUILD SCRATCH [MILLIONS]
set -u
[ -n "${YORE_BENCH_LONG:-}" ] || exit 0
folder="$2/tuning"
millions=${3:-2}
rm -rf "$folder"
mkdir -p "$folder"
"$1/bench/bench-store" "$folder/db" "$millions" 512 1000 fill >"$folder/fill" || exit 1
"$1/bench/bench-tuning" "$folder/db" "$millions" "$folder/work" |
	awk -v OFS='\t' '!/^#/ { for (i = 2; i < NF; i += 2)
		if ($(i + 1) != "0.00") print "tuning_" $1 "_" $i, $(i + 1), "" }'
rm -rf "$folder"
