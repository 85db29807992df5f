#!/bin/bash
# Who asked: recording it, and 3,000 terms against half a year with five million rows.
# usage: who.sh BUILD SCRATCH
set -u
rm -rf "$2/who-db"
"$1/bench/bench-who" "$2/who-db" 5
rm -rf "$2/who-db"
