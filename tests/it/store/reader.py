"""A reader of a database written from docs/design/store.md alone, without a line of the
program's: Debian's sst_dump gives the keys and values of the sorted files."""
import calendar
import glob
import os
import re
import struct
import subprocess
import time

import xxhash

SOURCES = {1: 'above', 2: 'below', 3: 'auth', 4: 'zone'}


def sorted_file(path):
    """(key, type, value) of each row; type 1: plain, 2: merge operand, 0: removed."""
    out = subprocess.run(['sst_dump', '--file=' + path, '--command=scan', '--output_hex'],
                         stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True, timeout=120).stdout
    for line in out.decode().splitlines():
        m = re.match(r"'([0-9A-F]+)' seq:(\d+), type:(\d+) => ([0-9A-F]*)$", line)
        if m:
            yield bytes.fromhex(m[1]), int(m[3]), bytes.fromhex(m[4])


def shelf_rows(folder):
    for path in sorted(glob.glob(os.path.join(folder, '*.sst'))):
        yield from sorted_file(path)


class Octets:
    def __init__(self, data, at=0):
        self.data, self.at = data, at

    def take(self, n):
        if self.at + n > len(self.data):
            raise ValueError('too short')
        self.at += n
        return self.data[self.at - n:self.at]

    def number(self, n):
        return int.from_bytes(self.take(n), 'big')

    def signed(self, n):
        return int.from_bytes(self.take(n), 'big', signed=True)

    def varint(self):
        value = shift = 0
        while True:
            o = self.number(1)
            value |= (o & 127) << shift
            shift += 7
            if o < 128:
                return value

    def text(self):
        return self.take(self.number(1)).decode()

    def labels(self):
        found = []
        while True:
            n = self.number(1)
            if n == 0:
                return found
            found.append(self.take(n))

    def source(self):
        n = self.number(1)
        return SOURCES[n] if n < 0x20 else self.take(n - 0x20).decode()

    def sized(self):
        """What stands behind two octets of length, or behind a digest from 1024 on."""
        n = self.number(2)
        if n != 0xffff:
            return self.take(n)
        self.digest = self.take(8)
        return self.take(self.number(4))

    def large_or_small(self):
        """Of an `r` head: the octets, or of large ones digest and length."""
        n = self.number(2)
        return self.take(n) if n != 0xffff else (self.take(8), self.number(4))

    def rest(self):
        return self.data[self.at:]


def name_text(labels):
    return b'.'.join(labels).decode('latin-1') if labels else '.'


def packed(octets):
    r, found = Octets(octets), []
    while r.rest():
        found.append(r.take(r.number(2)))
    return tuple(found)


def base_of(shelf, table, month):
    if not re.match(r'y\d{4}$', shelf):
        return 0
    year = int(shelf[1:])
    return calendar.timegm((year, month if table in b'RD' else 1, 1, 0, 0, 0))


def span(value, base):
    r = Octets(value)
    head = r.number(1)
    more = r.number(1) if head & 128 else 0
    once = head & 1
    s = {'proven': bool(head & 64), 'interval': bool(more & 4), 'partial': bool(more & 1)}
    first = None
    if not more & 8:
        n = r.varint()
        first = base - n if more & 32 else base + n
    last = None
    if once:
        last = first
    elif not more & 16:
        n = r.varint()
        behind = first if first is not None else base
        last = behind - n if more & 64 else behind + n
    s['first'], s['last'] = first, last
    s['count'] = 1 if once else r.varint()
    kind = head >> 1 & 3
    if kind == 3:
        mask = r.varint()
        days = {d for d in range(1, 32) if mask >> (d - 1) & 1}
    elif kind:
        a, b = (time.gmtime(t).tm_mday for t in (first, last))
        days = {a, b} if kind == 1 else set(range(a, b + 1))
    else:
        days = set()
    s['days'] = days
    ttl = head >> 3 & 3
    s['ttl'] = None
    if ttl:
        low = r.varint()
        s['ttl'] = (low, low + (r.varint() if ttl == 2 else 0))
    s['sensors'] = {r.number(4) for _ in range(r.number(1))} if head & 32 else set()
    if more & 128:
        s['places'] = [(r.take(4), r.varint()) for _ in range(r.number(1))]
    if r.rest():
        raise ValueError('octets behind a span')
    return s


def merged(a, b):
    def least(x, y, pick):
        known = [v for v in (x, y) if v is not None]
        return pick(known) if known else None
    count = a['count'] + b['count']
    if a['interval'] or b['interval']:
        count = max(a['count'], b['count']) if a['interval'] == b['interval'] else \
            (a if a['interval'] else b)['count']
    ttls = [s['ttl'] for s in (a, b) if s['ttl']]
    return {'first': least(a['first'], b['first'], min), 'last': least(a['last'], b['last'], max), 'count': count,
            'days': a['days'] | b['days'], 'ttl': (min(t[0] for t in ttls), max(t[1] for t in ttls)) if ttls else None,
            'sensors': set(sorted(a['sensors'] | b['sensors'])[:6]), 'proven': a['proven'] or b['proven'],
            'partial': a['partial'] or b['partial'], 'interval': a['interval'] or b['interval']}


def owner_of(r):
    return name_text(list(reversed(r.labels())))


def month_of(shelf, r):
    """The suffix: a month on a year's shelf, five octets of time elsewhere."""
    return r.number(1) if re.match(r'y\d{4}$', shelf) else r.number(5)


def read_key(shelf, key):
    """(table, what the row is of, suffix)."""
    r = Octets(key)
    table = r.take(1)
    if table == b'R':
        what = (owner_of(r), r.number(2), r.number(1), r.source(), packed(r.sized()))
    elif table == b'D':
        kind = r.take(1)
        if kind in b'\4\6':
            head = r.take(4 if kind == b'\4' else 16)
        elif kind == b'n':
            head = tuple(reversed(r.labels()))
        else:
            head = (r.number(2), r.large_or_small())
        what = (kind, head, owner_of(r), r.number(2), r.source(), r.sized())
    elif table == b'N':
        what = (name_text(r.labels()),)
    elif table == b'B':
        what = (r.take(r.number(1)), owner_of(r))
    else:
        return table, (r.rest(),), None
    suffix = month_of(shelf, r) if table in b'RD' else None
    if r.rest():
        raise ValueError('octets behind a key')
    return table, what, suffix


def read_shelf(folder):
    """{table: {(what, suffix): span}} and the ledger {key: value}."""
    shelf = os.path.basename(folder)
    tables, ledger = {b'R': {}, b'D': {}, b'N': {}, b'B': {}}, {}
    for key, kind, value in shelf_rows(folder):
        table, what, suffix = read_key(shelf, key)
        if table == b'L':
            if kind == 1:
                ledger[what[0]] = value
            continue
        s = span(value, base_of(shelf, table[0], suffix or 1))
        rows = tables[table]
        rows[what, suffix] = merged(rows[what, suffix], s) if (what, suffix) in rows else s
    return tables, ledger


def ledger_entry(value):
    r = Octets(value)
    e = {'version': r.number(1), 'origin': r.take(16), 'sequence': r.varint(), 'from': r.varint(),
         'packets': r.varint(), 'octets': r.varint(), 'chain': r.take(8)}
    e['checkpoints'] = [r.take(8) for _ in range(r.number(1))]
    e['first_us'], e['last_us'] = r.signed(8), r.signed(8)
    e['name'], e['sensor'], e['kind'], e['program'] = r.text(), r.text(), r.text(), r.text()
    e['counters'] = dict(line.split('=') for line in r.take(r.varint()).decode().splitlines())
    if r.rest():
        raise ValueError('octets behind an entry')
    return e


def segment_header(octets):
    r = Octets(octets)
    h = {'magic': r.take(7), 'version': r.number(1), 'shelf': r.text(), 'origin': r.take(16)}
    for field in ('sequence', 'rows', 'octets', 'hole', 'hash', 'erased'):
        h[field] = r.number(8)
    h['inputs'] = [(r.take(r.number(2)), r.take(r.number(2))) for _ in range(r.number(4))]
    h['sound'] = xxhash.xxh3_64_intdigest(octets[:r.at]) == r.number(8) and not r.rest()
    return h


def hash_of_rows(data, hole):
    """A chain of pieces of 1 MiB, begun anew behind the hole."""
    h = len(data)
    for part in (data[:hole], data[hole + 8:]):
        for at in range(0, len(part), 1 << 20):
            h = xxhash.xxh3_64_intdigest(part[at:at + (1 << 20)], seed=h)
    return h
