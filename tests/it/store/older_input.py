"""What the databases in older/ were made from; see older/README. The same octets every time."""
import json
import os
import struct

JULY, MARCH = 1435708800, 1456790400  # 2015-07-01, 2016-03-01
SIZES = 200, 900, 1023, 1024, 1500, 5000, 40000, 60000  # of sets: from 1024 octets on format 1 had other keys


def wire(name):
    return b''.join(bytes([len(p)]) + p.encode() for p in name.split('.') if p) + b'\0'


def text(size, salt):
    """A TXT record of so many octets, the last ones its own."""
    tail = b'%s of %d' % (salt.encode(), size)
    left, out = size, b''
    while left > 0:
        n = min(left, 256) - 1 if left != 257 else 254
        part = b'x' * n
        left -= n + 1
        out += bytes([n]) + (part[:-len(tail)] + tail if left == 0 else part)
    return out


class Answers:
    """Answers of an authoritative server, one packet each."""

    def __init__(self):
        self.frames = []

    def add(self, when, owner, kind, rdata, ttl=300):
        owner = wire(owner)
        dns = struct.pack('>6H', len(self.frames), 0x8400, 1, len(rdata), 0, 0) + owner + struct.pack('>HH', kind, 1)
        for one in rdata:
            dns += owner + struct.pack('>HHIH', kind, 1, ttl, len(one)) + one
        udp = struct.pack('>HHHH', 53, 4000, 8 + len(dns), 0) + dns
        ip = struct.pack('>BBHHHBBH4s4s', 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, b'\xc6\x33\x64\1', b'\xc6\x33\x64\2')
        self.frames.append((when, b'\2\0\0\0\0\1\2\0\0\0\0\2\x08\0' + ip + udp))

    def write(self, path):
        with open(path, 'wb') as out:
            out.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 262144, 1))
            for when, frame in self.frames:
                out.write(struct.pack('<IIII', int(when), 0, len(frame), len(frame)) + frame)


def fill(a, begin, salt):
    for n, size in enumerate(SIZES):
        for host in 'a', 'b':
            when = begin + 86400 * n
            a.add(when, f'{host}{size}.{salt}.example', 16, [text(size, host)])
            a.add(when + 40 * 86400, f'{host}{size}.{salt}.example', 16, [text(size, host)])  # another month
            a.add(when + 1, f'raw{size}.{salt}.example', 65400, [text(size, 'raw')])  # a type without a name
    a.add(begin, f'many.{salt}.example', 16, [text(300, f'part {n}') for n in range(12)])  # large as a set only
    a.add(begin, f'signed.{salt}.example', 46,  # RRSIG: a name within a large record
          [struct.pack('>HBBIIIH', 16, 8, 3, 300, begin + 9, begin, 7) + wire(f'{salt}.example') + b'\x5a' * 2000])
    for n in range(60):
        a.add(begin + n, f'h{n}.{salt}.example', 1, [bytes([192, 0, 2, n]), bytes([198, 51, 100, n % 7])])


def write(folder):
    """history.pcap, stage.pcap and late.pcap, stated.ndjson; who.pcap."""
    for name, begin, salt in (('history', JULY, 'first'), ('stage', MARCH, 'apart'), ('late', MARCH, 'late')):
        a = Answers()
        fill(a, begin, salt)
        if name == 'history':
            fill(a, MARCH, 'second')
        a.write(os.path.join(folder, name + '.pcap'))
    with open(os.path.join(folder, 'stated.ndjson'), 'w') as f:
        for n in (100, 1200, 3000):
            f.write(json.dumps({'rrname': f's{n}.stated.example.', 'rrtype': 'TXT', 'count': n, 'time_first': JULY,
                                'time_last': JULY + n, 'rdata': [' '.join(f'"{n} {"y" * 200} {i}"' for i in range(n // 200 + 1))]}) + '\n')


def write_who(path, capture):
    """Clients below a resolver; capture as in tests/it/who/traffic.py."""
    for day in range(0, 45, 4):
        for n in range(6):
            when = JULY + 86400 * day + 60 * n
            capture.ask(when, f'10.1.0.{n}', f'n{(day + n) % 9}.asked.example', addrs=[f'198.51.100.{n}'])
            capture.ask(when + 1, f'10.1.0.{n}', f'gone{n}.asked.example', rcode=3)
            capture.ask(when + 2, f'2001:db8:1::{n}', 'six.asked.example', qtype=28, answered=n % 2 == 0)
    capture.write(path)
