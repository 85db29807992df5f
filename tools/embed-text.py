#!/usr/bin/env python3
"""A text file as a C string: embed-text.py FILE NAME HEADER > FILE.c"""
import sys

path, name, header = sys.argv[1:4]
print(f'#include "{header}"\n\nconst char {name}[] =')
with open(path, encoding="utf-8") as f:
    for line in f:
        octets = line.encode()
        print('    "' + "".join(chr(b) if 32 <= b < 127 and chr(b) not in '"\\?'
                                else f"\\{b:03o}" for b in octets) + '"')
print("    ;")
