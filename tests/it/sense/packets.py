"""Captures for the tests of live sensors, built octet by octet: DNS transactions over
everything a wire may put around them, and what each of them must leave in the history.
"""
import socket, struct


def wire_name(name):
    return b"".join(bytes([len(p)]) + p.encode() for p in name.split(".") if p) + b"\0"


def query(qid, name, qtype=1):
    return struct.pack(">6H", qid, 0x0100, 1, 0, 0, 0) + wire_name(name) \
        + struct.pack(">2H", qtype, 1)


def response(qid, name, rdatas, qtype=1, ttl=300):
    out = struct.pack(">6H", qid, 0x8180, 1, len(rdatas), 0, 0) + wire_name(name) \
        + struct.pack(">2H", qtype, 1)
    for r in rdatas:
        out += b"\xc0\x0c" + struct.pack(">2HIH", qtype, 1, ttl, len(r)) + r
    return out


def checksum(octets):
    if len(octets) & 1:
        octets += b"\0"
    s = sum(struct.unpack(f">{len(octets) // 2}H", octets))
    while s >> 16:
        s = (s & 0xffff) + (s >> 16)
    return ~s & 0xffff


def ip4(src, dst, protocol, payload, ident=0, more=False, offset=0, options=b""):
    head = 20 + len(options)
    h = struct.pack(">BBHHHBBH4s4s", 0x40 | head // 4, 0, head + len(payload), ident,
                    (0x2000 if more else 0) | offset >> 3, 64, protocol, 0,
                    socket.inet_aton(src), socket.inet_aton(dst)) + options
    return h[:10] + struct.pack(">H", checksum(h)) + h[12:] + payload


def ip6(src, dst, protocol, payload):
    return struct.pack(">IHBB", 0x60000000, len(payload), protocol, 64) \
        + socket.inet_pton(socket.AF_INET6, src) \
        + socket.inet_pton(socket.AF_INET6, dst) + payload


def udp(sport, dport, payload):
    return struct.pack(">4H", sport, dport, 8 + len(payload), 0) + payload


def tcp(sport, dport, seq, ack, flags, payload=b""):
    return struct.pack(">HHIIBBHHH", sport, dport, seq, ack, 0x50, flags, 8192, 0, 0) \
        + payload


MACS = b"\x02\0\0\0\0\x01\x02\0\0\0\0\x02"


def ether(payload, kind=0x0800, tags=()):
    out = MACS
    for tpid, vlan in tags:
        out += struct.pack(">2H", tpid, vlan)
    return out + struct.pack(">H", kind) + payload


def fragments4(src, dst, protocol, payload, ident, size):
    out = []
    for at in range(0, len(payload), size):
        out.append(ip4(src, dst, protocol, payload[at:at + size], ident,
                       at + size < len(payload), at))
    return out


def fragments6(src, dst, protocol, payload, ident, size):
    out = []
    for at in range(0, len(payload), size):
        more = at + size < len(payload)
        out.append(ip6(src, dst, 44, struct.pack(">BBHI", protocol, 0, at | more, ident)
                       + payload[at:at + size]))
    return out


class Capture:
    """Frames with times 10 us apart, and the RRsets (name, type, count) they hold."""

    def __init__(self):
        self.frames, self.truth, self.serial = [], {}, 0

    def client(self):
        self.serial += 1
        n = self.serial
        return f"10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}", 1024 + n % 60000, n & 0xffff

    def add(self, *frames):
        self.frames += frames

    def record(self, name, kind):
        self.truth[(name, kind)] = self.truth.get((name, kind), 0) + 1

    def transaction(self, name, wrap, rdatas=None):
        """One query and its response over UDP in IPv4, each through wrap(packet)."""
        client, port, qid = self.client()
        rdatas = rdatas or [bytes([192, 0, 2, qid & 255])]
        self.add(*wrap(ip4(client, "192.0.2.53", 17, udp(port, 53, query(qid, name)))))
        self.add(*wrap(ip4("192.0.2.53", client, 17,
                           udp(53, port, response(qid, name, rdatas)))))
        self.record(name, "A")

    def write(self, path, start=1400000000):
        with open(path, "wb") as f:
            f.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144, 1))
            for i, frame in enumerate(self.frames):
                us = i * 10
                f.write(struct.pack("<4I", start + us // 1000000, us % 1000000,
                                    len(frame), len(frame)) + frame)


def gre(packet, kind=0x0800):
    return ip4("198.51.100.1", "198.51.100.2", 47, struct.pack(">2H", 0, kind) + packet)


def vxlan(frame):
    return ip4("198.51.100.1", "198.51.100.2", 17,
               udp(40000, 4789, struct.pack(">II", 0x08000000, 7 << 8) + frame))


WRAPS = {
    "plain": lambda p: [ether(p)],
    "vlan": lambda p: [ether(p, tags=[(0x8100, 7)])],
    "qinq": lambda p: [ether(p, tags=[(0x88a8, 7), (0x8100, 8)])],
    "vlan3": lambda p: [ether(p, tags=[(0x8100, 7), (0x8100, 8), (0x8100, 9)])],
    "qinq9100": lambda p: [ether(p, tags=[(0x9100, 7), (0x8100, 8)])],
    "gre": lambda p: [ether(gre(p))],
    "vlan-gre": lambda p: [ether(gre(p), tags=[(0x8100, 7)])],
    "vxlan": lambda p: [ether(vxlan(ether(p)))],
    "ipip": lambda p: [ether(ip4("198.51.100.1", "198.51.100.2", 4, p))],
    "ip4in6": lambda p: [ether(ip6("2001:db8::1", "2001:db8::2", 4, p), 0x86dd)],
    "mpls": lambda p: [ether(struct.pack(">I", 16 << 12 | 0x1ff) + p, 0x8847)],
    "pppoe": lambda p: [ether(struct.pack(">BBHHH", 0x11, 0, 1, len(p) + 2, 0x21) + p,
                              0x8864)],
}


def over_ip6(c, name, hops=False):
    _, port, qid = c.client()
    pad = struct.pack(">BBHI", 17, 0, 0x0104, 0) if hops else b""

    def packet(src, dst, payload):
        return ether(ip6(src, dst, 0 if hops else 17, pad + payload), 0x86dd)
    c.add(packet("2001:db8::9", "2001:db8::53", udp(port, 53, query(qid, name, 28))),
          packet("2001:db8::53", "2001:db8::9",
                 udp(53, port, response(qid, name, [b"\x20\x01" + bytes(14)], 28))))
    c.record(name, "AAAA")


def in_fragments(c, name, version, tags=()):
    client, port, qid = c.client()
    rdatas = [bytes([10, i, 0, 1]) for i in range(100)]
    q, r = udp(port, 53, query(qid, name)), udp(53, port, response(qid, name, rdatas))
    if version == 4:
        c.add(ether(ip4(client, "192.0.2.53", 17, q), tags=tags))
        parts = fragments4("192.0.2.53", client, 17, r, qid, 512)
    else:
        c.add(ether(ip6("2001:db8::9", "2001:db8::53", 17, q), 0x86dd, tags))
        parts = fragments6("2001:db8::53", "2001:db8::9", 17, r, qid, 512)
    c.add(*[ether(p, 0x0800 if version == 4 else 0x86dd, tags) for p in parts])
    c.record(name, "A")


def over_tcp(c, name, tags=()):
    client, port, qid = c.client()
    q, r = query(qid, name), response(qid, name, [bytes([192, 0, 2, 1])])
    q, r = struct.pack(">H", len(q)) + q, struct.pack(">H", len(r)) + r

    def out(seq, ack, flags, payload=b""):
        c.add(ether(ip4(client, "192.0.2.53", 6, tcp(port, 53, seq, ack, flags, payload)),
                    tags=tags))

    def back(seq, ack, flags, payload=b""):
        c.add(ether(ip4("192.0.2.53", client, 6, tcp(53, port, seq, ack, flags, payload)),
                    tags=tags))
    out(100, 0, 2)
    back(500, 101, 0x12)
    out(101, 501, 0x10)
    out(101, 501, 0x18, q)
    for at in range(0, len(r), 20): # the length prefix in the first segment, split
        back(501 + at, 101 + len(q), 0x18, r[at:at + 20])
    back(501 + len(r), 101 + len(q), 0x11)
    out(101 + len(q), 502 + len(r), 0x11)
    c.record(name, "A")


def noise(c):
    client, port, _ = c.client()
    c.add(ether(ip4(client, "192.0.2.80", 6, tcp(port, 443, 1, 1, 0x18, bytes(60)))),
          ether(ip4(client, "192.0.2.80", 17, udp(port, 123, bytes(48)))),
          ether(bytes(28), 0x0806),
          ether(ip4(client, "192.0.2.80", 1, bytes(16))))


def everything(rounds):
    """Every kind of packet, `rounds` times."""
    c = Capture()
    for i in range(rounds):
        for kind, wrap in WRAPS.items():
            c.transaction(f"{kind}.r{i}.test", wrap)
        over_ip6(c, f"ip6.r{i}.test")
        over_ip6(c, f"hops.r{i}.test", hops=True)
        in_fragments(c, f"frag4.r{i}.test", 4)
        in_fragments(c, f"frag6.r{i}.test", 6)
        in_fragments(c, f"vlan-frag.r{i}.test", 4, [(0x8100, 7)])
        over_tcp(c, f"tcp.r{i}.test")
        over_tcp(c, f"vlan-tcp.r{i}.test", [(0x8100, 7)])
        noise(c)
    return c


def plain(transactions):
    """Small packets only, for the highest rate."""
    c = Capture()
    wrap = WRAPS["plain"]
    for i in range(transactions):
        c.transaction(f"n{i % 50000}.zone{i % 97}.test", wrap)
    return c
