"""A capture of floods beside ordinary traffic: random names below a wildcard, a tunnel of
texts and one of addresses, and a storm of names that do not exist."""
import random
import struct

LABEL = 'abcdefghijklmnopqrstuvwxyz0123456789'
CARRIED = 0xc6120000  # 198.18.0.0 and so on


def frames(path):
    """(seconds, microseconds, octets) of a pcap file."""
    with open(path, 'rb') as f:
        octets = f.read()
    order = '<' if octets[:4] in (b'\xd4\xc3\xb2\xa1', b'\x4d\x3c\xb2\xa1') else '>'
    part = 1000 if octets[:4] in (b'\x4d\x3c\xb2\xa1', b'\xa1\xb2\x3c\x4d') else 1
    at = 24
    while at + 16 <= len(octets):
        s, us, n, _ = struct.unpack_from(order + 'IIII', octets, at)
        yield s, us // part, octets[at + 16:at + 16 + n]
        at += 16 + n


def wire(name):
    return b''.join(bytes([len(x)]) + x.encode() for x in name.split('.')) + b'\0'


def frame(dns):
    udp = struct.pack('>HHHH', 53, 4000, 8 + len(dns), 0) + dns
    ip = struct.pack('>BBHHHBBH4s4s', 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, b'\xc6\x33\x64\1', b'\xc6\x33\x64\2')
    return b'\2\0\0\0\0\1\2\0\0\0\0\2\x08\0' + ip + udp


def answer(name, kind, rdata):
    n = wire(name)
    return frame(struct.pack('>6H', 1, 0x8400, 1, 1, 0, 0) + n + struct.pack('>HH', kind, 1) +
                 b'\xc0\x0c' + struct.pack('>HHIH', kind, 1, 60, len(rdata)) + rdata)


def missing(name, zone):
    soa = wire('ns.' + zone) + wire('root.' + zone) + struct.pack('>5I', 1, 2, 3, 4, 60)
    return frame(struct.pack('>6H', 1, 0x8403, 1, 0, 1, 0) + wire(name) + struct.pack('>HH', 1, 1) +
                 wire(zone) + struct.pack('>HHIH', 6, 1, 60, len(soa)) + soa)


def floods(each, begin, end):
    dice = random.Random(5)

    def label(n):
        return ''.join(dice.choice(LABEL) for _ in range(n))
    for i in range(each):
        when = begin + (end - begin) * i // each
        yield when, 0, answer(label(9) + '.flood.example', 1, b'\xc0\0\2\x63')
        yield when, 1, answer(label(50) + '.' + label(20) + '.t.tunnel.example', 16, b'\x28' + label(40).encode())
        yield when, 3, answer(label(40) + '.c.carrier.example', 1, struct.pack('>I', CARRIED + i))
        yield when, 2, missing(label(9) + '.storm.example', 'storm.example')


def mix(ordinary, out, each):
    """The ordinary capture with so many frames of each flood spread over it."""
    all_of_it = list(frames(ordinary))
    with open(ordinary, 'rb') as f:
        link = struct.unpack('<I', f.read(24)[20:24])[0]
    all_of_it += floods(each, all_of_it[0][0], all_of_it[-1][0])
    all_of_it.sort(key=lambda x: (x[0], x[1]))
    with open(out, 'wb') as f:
        f.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 262144, link))
        for s, us, octets in all_of_it:
            f.write(struct.pack('<IIII', s, us, len(octets), len(octets)) + octets)
