#!/bin/bash
# Live capture over a veth pair at the most this machine can send; see live.py
exec python3 "$(dirname "$0")/live.py" "$@"
