#!/bin/bash
# Look-ups beside writers; see readers.py
exec python3 "$(dirname "$0")/readers.py" "$@"
