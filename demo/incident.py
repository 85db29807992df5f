#!/usr/bin/python3
"""Writes what the demo's investigation starts from.

    incident.py FOLDER

The case of the article that all of this began with, in invented names. A report names
mail.truecrypt-mirror.example and a second name; the incident was in July 2015. What two
years at a resolver show: the name was behind a CDN most of the time, a server was tried
for a day in 2014, in July 2015 it moved between two servers of its own, before that it
slept on 8.8.8.8, and from August on it was in a sinkhole.

    incident.pcap   what the tap at the resolver saw
    archive.json    what a wide archive says of the addresses (COF)
    report.md       the report
    cdn.txt, sinkhole.txt   lists of networks, as a site keeps them
"""
import json
import os
import sys

import story

NAME, ZONE = 'mail.truecrypt-mirror.example', 'truecrypt-mirror.example'
OTHER = 'update.air-post.example'
PHASES = [  # name, from, to, every n days, address
    (NAME, '2014-01-08', '2014-02-09', 3, '203.0.113.10'),
    (NAME, '2014-02-10', '2014-02-12', 1, '198.51.100.7'),
    (NAME, '2014-02-13', '2015-06-10', 3, '203.0.113.11'),
    (NAME, '2014-09-01', '2015-06-10', 5, '203.0.113.12'),
    (NAME, '2015-06-12', '2015-06-30', 2, '8.8.8.8'),
    (NAME, '2015-07-03', '2015-07-20', 1, '198.51.100.91'),
    (NAME, '2015-07-20', '2015-07-30', 1, '192.0.2.45'),
    (NAME, '2015-08-05', '2015-12-20', 2, '192.0.2.201'),
    (OTHER, '2015-07-10', '2015-07-28', 2, '192.0.2.120'),
]
NS = ('ns1.cheap-dns.example', '198.51.100.5')


def main():
    folder = sys.argv[1]
    capture = story.Capture(20150731)
    rng = capture.random
    resolver = story.Resolver(capture)
    for name, first, last, step, address in PHASES:
        zone = name.split('.', 1)[1]
        for time in story.days(first, last, step, rng):
            resolver.resolve(time, zone, NS, name, 'A', [(name, 'A', 300, address)])
    for i in range(30):  # a host of many, where the second name lived
        shop = 'shop%d.example' % i
        for time in story.days('2014-01-10', '2015-12-20', 20, rng):
            resolver.resolve(time, shop, NS, shop, 'A', [(shop, 'A', 3600, '192.0.2.120')])
    capture.write(os.path.join(folder, 'incident.pcap'))

    def stamp(day):
        return int(story.day(day).timestamp())
    with open(os.path.join(folder, 'archive.json'), 'w') as f:
        for first, last, address, count in (('2015-07-02', '2015-07-20', '198.51.100.91', 411),
                                            ('2015-07-20', '2015-07-30', '192.0.2.45', 209)):
            f.write(json.dumps({'rrname': NAME, 'rrtype': 'A', 'rdata': address, 'count': count,
                                'time_first': stamp(first), 'time_last': stamp(last)}) + '\n')
    with open(os.path.join(folder, 'report.md'), 'w') as f:
        f.write('# Operation Mirror\n\nIn July 2015 the implant called\n'
                'hxxps://mail.truecrypt-mirror[.]example/gate and, once,\n'
                'update[.]air-post[.]example. The dropper is setup.exe\n'
                '(8839D3E213717B88A06FFC48827929891A10059E).\n')
    with open(os.path.join(folder, 'cdn.txt'), 'w') as f:
        f.write('# as the operator publishes them\n203.0.113.0/24 Edge of the example\n')
    with open(os.path.join(folder, 'sinkhole.txt'), 'w') as f:
        f.write('192.0.2.200/29 a research sinkhole\n')
    print('%s: %d packets, %s to %s' % (os.path.join(folder, 'incident.pcap'),
          len(capture.packets), capture.packets[0][0].date(), capture.packets[-1][0].date()))


if __name__ == '__main__':
    main()
