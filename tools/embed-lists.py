#!/usr/bin/env python3
"""Turns the text lists under data/ into one C file, so that the program needs no path.

usage: embed-lists.py OUT.c LIST.txt...   each becomes a row (folder/name, its octets)
"""
import os
import sys


def main():
    out, paths = sys.argv[1], sorted(sys.argv[2:])
    rows = ['#include "intel/lists.h"\n']
    table = []
    for i, path in enumerate(paths):
        with open(path, 'rb') as f:
            data = f.read()
        name = os.path.join(os.path.basename(os.path.dirname(path)),
                            os.path.basename(path)[:-len('.txt')])
        rows.append('static const uint8_t list_%d[] = {' % i)
        for at in range(0, len(data), 16):
            rows.append('\t' + ', '.join('%d' % c for c in data[at:at + 16]) + ',')
        rows.append('};\n')
        table.append('\t{"%s", {list_%d, %d}},' % (name, i, len(data)))
    rows += ['const struct list list_table[] = {'] + table + ['};']
    rows.append('const size_t list_count = %d;' % len(paths))
    with open(out, 'w') as f:
        f.write('\n'.join(rows) + '\n')


main()
