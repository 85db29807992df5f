#!/bin/bash
# Floods; see junk.py
exec python3 "$(dirname "$0")/junk.py" "$@"
