#!/bin/bash
# HTTP look-ups; see serve.py
exec python3 "$(dirname "$0")/serve.py" "$@"
