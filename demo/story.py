#!/usr/bin/python3
"""Writes the sample capture of `make demo`: two years at a resolver, in one pcap.

    story.py FILE

The story. bank-login.example is a phishing name. It is parked on 8.8.8.8 when it is
registered, works from two addresses of its own, hides for some weeks behind a CDN that
it shares with honest sites, is parked again while its owner is away, and ends in a
sinkhole. pay-update.example shares the second address and nothing else. Around them
live shop.example, news.example and others, which the addresses of the CDN and of a
shared host have in common.

What the tap sees is the resolver asking authoritative servers (root, top level, zone),
so that every answer can be proven. Names are reserved ones (RFC 2606), addresses are of
the documentation blocks (RFC 5737, 3849) but for 8.8.8.8 and the root servers'. The
same file comes out every time.
"""

import random
import struct
import sys
from datetime import datetime, timedelta, timezone

TYPES = {'A': 1, 'NS': 2, 'CNAME': 5, 'SOA': 6, 'MX': 15, 'TXT': 16, 'AAAA': 28, 'HTTPS': 65}
RESOLVER = '203.0.113.250'
ROOT = ('a.root-servers.net', '198.41.0.4')
TLD = ('a.nic.example', '192.0.2.2')


def octets(address):
    if ':' not in address:
        return bytes(int(part) for part in address.split('.'))
    head, _, tail = address.partition('::')
    left = [int(p, 16) for p in head.split(':') if p]
    right = [int(p, 16) for p in tail.split(':') if p]
    words = left + [0] * (8 - len(left) - len(right)) + right
    return struct.pack('>8H', *words)


def name(text):
    wire = b''.join(bytes([len(p)]) + p.encode() for p in text.rstrip('.').split('.') if p)
    return wire + b'\0'


def rdata(kind, value):
    if kind in ('A', 'AAAA'):
        return octets(value)
    if kind in ('NS', 'CNAME'):
        return name(value)
    if kind == 'MX':
        preference, host = value.split()
        return struct.pack('>H', int(preference)) + name(host)
    if kind == 'TXT':
        return bytes([len(value)]) + value.encode()
    if kind == 'HTTPS':  # alias mode
        return struct.pack('>H', 0) + name(value)
    raise ValueError(kind)


def records(rrs):
    out = b''
    for owner, kind, ttl, value in rrs:
        data = rdata(kind, value)
        out += name(owner) + struct.pack('>HHIH', TYPES[kind], 1, ttl, len(data)) + data
    return out


class Capture:
    def __init__(self, seed):
        self.packets = []
        self.random = random.Random(seed)

    def packet(self, time, source, destination, sport, dport, payload):
        udp = struct.pack('>HHHH', sport, dport, 8 + len(payload), 0) + payload
        ip = struct.pack('>BBHHHBBH4s4s', 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0,
                         octets(source), octets(destination))
        total = sum(struct.unpack('>10H', ip))
        total = (total & 0xffff) + (total >> 16)
        total = (total & 0xffff) + (total >> 16)
        ip = ip[:10] + struct.pack('>H', ~total & 0xffff) + ip[12:]
        self.packets.append((time, b'\2\0\0\0\0\1\2\0\0\0\0\2\x08\0' + ip + udp))

    def ask(self, time, server, qname, qtype, answer=(), authority=(), additional=(), aa=True):
        """One question of the resolver to a server, and the reply 20 ms later."""
        ident, port = self.random.randrange(65536), self.random.randrange(1024, 65536)
        question = name(qname) + struct.pack('>HH', TYPES[qtype], 1)
        self.packet(time, RESOLVER, server, port, 53,
                    struct.pack('>6H', ident, 0, 1, 0, 0, 0) + question)
        flags = 0x8400 if aa else 0x8000
        reply = struct.pack('>6H', ident, flags, 1, len(answer), len(authority), len(additional))
        reply += question + records(answer) + records(authority) + records(additional)
        self.packet(time + timedelta(milliseconds=20), server, RESOLVER, 53, port, reply)

    def write(self, path):
        self.packets.sort(key=lambda p: p[0])
        with open(path, 'wb') as out:
            out.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
            for time, frame in self.packets:
                seconds = int(time.timestamp())
                out.write(struct.pack('<IIII', seconds, time.microsecond, len(frame), len(frame)))
                out.write(frame)


class Resolver:
    """Asks from the root down, and goes back to the root once a day for each zone."""

    def __init__(self, capture):
        self.capture = capture
        self.known = {}  # zone: day of the last referral

    def resolve(self, time, zone, server, qname, qtype, answer):
        host, address = server
        if self.known.get(zone) != time.date():
            self.known[zone] = time.date()
            if self.known.get('') != time.date().isocalendar()[1]:
                self.known[''] = time.date().isocalendar()[1]
                self.capture.ask(time, ROOT[1], qname, qtype, aa=False,
                                 authority=[('example', 'NS', 172800, TLD[0])],
                                 additional=[(TLD[0], 'A', 172800, TLD[1])])
            self.capture.ask(time + timedelta(milliseconds=40), TLD[1], qname, qtype, aa=False,
                             authority=[(zone, 'NS', 86400, host)],
                             additional=[(host, 'A', 86400, address)])
        self.capture.ask(time + timedelta(milliseconds=80), address, qname, qtype, answer)


def day(text):
    return datetime.strptime(text, '%Y-%m-%d').replace(tzinfo=timezone.utc)


def days(first, last, step, rng):
    """Moments in working hours, about every `step` days."""
    at = day(first) + timedelta(hours=9)
    while at < day(last):
        yield at + timedelta(minutes=rng.randrange(8 * 60), seconds=rng.randrange(60))
        at += timedelta(days=step + rng.randrange(2))


OWN_NS = ('ns1.cheap-dns.example', '198.51.100.5')
SINK_NS = ('ns1.sinkhole.example', '192.0.2.65')
CDN_NS = ('ns1.cdn.example', '203.0.113.2')
HOST_NS = ('ns1.webhost.example', '192.0.2.10')
EDGES = ['203.0.113.%d' % n for n in (10, 11, 12, 13)]
PHISH, TWIN = 'bank-login.example', 'pay-update.example'


def phishing(resolver, rng):
    phases = [  # zone, from, to, every n days, server, address
        (PHISH, '2014-02-03', '2014-05-12', 9, OWN_NS, '8.8.8.8'),
        (PHISH, '2014-05-13', '2014-12-07', 3, OWN_NS, '198.51.100.23'),
        (PHISH, '2015-01-19', '2015-06-28', 2, OWN_NS, '198.51.100.77'),
        (PHISH, '2015-07-02', '2015-08-30', 12, OWN_NS, '8.8.8.8'),
        (PHISH, '2015-09-08', '2016-01-31', 5, SINK_NS, '192.0.2.66'),
        (TWIN, '2015-02-10', '2015-05-30', 4, OWN_NS, '198.51.100.77'),
        (TWIN, '2015-09-20', '2016-01-20', 11, SINK_NS, '192.0.2.66'),
    ]
    for zone, first, last, step, server, address in phases:
        for time in days(first, last, step, rng):
            resolver.resolve(time, zone, server, zone, 'A', [(zone, 'A', 300, address)])
    for time in days('2014-05-20', '2014-11-30', 16, rng):
        resolver.resolve(time, PHISH, OWN_NS, PHISH, 'MX', [(PHISH, 'MX', 3600, '10 mail.' + PHISH)])
        resolver.resolve(time + timedelta(seconds=1), PHISH, OWN_NS, 'mail.' + PHISH, 'A',
                         [('mail.' + PHISH, 'A', 300, '198.51.100.23')])


def edge(resolver, time, rng, zone, server):
    """www of a zone behind the CDN: an alias, and two of its edges."""
    www, target = 'www.' + zone, zone.split('.')[0] + '.edge.cdn.example'
    pair = sorted(rng.sample(EDGES, 2))
    resolver.resolve(time, zone, server, www, 'A', [(www, 'CNAME', 300, target)])
    resolver.resolve(time + timedelta(seconds=1), 'cdn.example', CDN_NS, target, 'A',
                     [(target, 'A', 60, a) for a in pair])


def honest(resolver, rng):
    for zone, step in (('shop.example', 4), ('news.example', 3), ('weather.example', 6)):
        for time in days('2014-01-06', '2016-02-01', step, rng):
            edge(resolver, time, rng, zone, HOST_NS)
    for zone, address in (('blog.example', '192.0.2.80'), ('club.example', '192.0.2.80'),
                          ('choir.example', '192.0.2.80')):
        for time in days('2014-01-10', '2016-02-01', 8, rng):
            resolver.resolve(time, zone, HOST_NS, zone, 'A', [(zone, 'A', 3600, address)])
    for time in days('2014-06-01', '2016-02-01', 15, rng):
        resolver.resolve(time, 'news.example', HOST_NS, 'news.example', 'AAAA',
                         [('news.example', 'AAAA', 3600, '2001:db8::80')])
        resolver.resolve(time + timedelta(seconds=2), 'news.example', HOST_NS, 'news.example',
                         'TXT', [('news.example', 'TXT', 3600, 'v=spf1 mx -all')])


def main():
    capture = Capture(20150730)
    rng = capture.random
    resolver = Resolver(capture)
    phishing(resolver, rng)
    for time in days('2014-10-06', '2014-11-20', 2, rng):
        edge(resolver, time, rng, PHISH, OWN_NS)
    honest(resolver, rng)
    capture.write(sys.argv[1])
    print('%s: %d packets, %s to %s' % (sys.argv[1], len(capture.packets),
          capture.packets[0][0].date(), capture.packets[-1][0].date()))


if __name__ == '__main__':
    main()
