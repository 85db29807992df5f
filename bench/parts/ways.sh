#!/bin/bash
# dnstap and the logs of other tools; see ways.py
exec python3 "$(dirname "$0")/ways.py" "$@"
