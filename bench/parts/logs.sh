#!/bin/bash
# COF lines to a segment; see logs.c
"$1/bench/bench-logs" "$2"
