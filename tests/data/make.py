#!/usr/bin/env python3
"""Makes the captures of this folder, and beside each what an import of it must give.

usage: make.py [FOLDER]   (default: this one; the files in it are committed)

resolver.pcap   a resolver that begins cold, 2015-06-01: referrals from the root down,
                stubs below it, aliases, a server that lies about other zones (poison),
                a server nobody refers to, an answer nobody asked for, a second answer
                that differs, 0x20, TC=1 and TCP, fragments, VLAN, IPv6
older.pcap      the same names two years before
rotated-1.pcap, rotated-2.pcap   one stream in two files, cut between query and answer
resolver.pcapng, resolver.pcap.gz   the first one in other clothes

NAME.expect: TAB-separated rrname, rrtype, rdata, bailiwick (- when not proven), source,
count, first, last of every set that is believed; a set of several records is one line.
"""
import gzip, os, struct, sys

TYPES = {"A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "MX": 15, "TXT": 16, "AAAA": 28}
RESOLVER, ROOT, COM, ORG = "192.0.2.53", "198.41.0.4", "192.5.6.30", "199.19.56.1"
RESOLVER6 = "2001:db8::53"


def name(text):
    out = b""
    for label in text.rstrip(".").split("."):
        if label:
            out += bytes([len(label)]) + label.encode()
    return out + b"\0"


def address(text):
    import ipaddress
    return ipaddress.ip_address(text).packed


def rdata(rrtype, text):
    if rrtype in ("A", "AAAA"):
        return address(text)
    if rrtype in ("NS", "CNAME"):
        return name(text)
    if rrtype == "MX":
        preference, target = text.split()
        return struct.pack(">H", int(preference)) + name(target)
    if rrtype == "TXT":
        return bytes([len(text) - 2]) + text[1:-1].encode()
    mname, rname, *numbers = text.split()
    return name(mname) + name(rname) + struct.pack(">5I", *map(int, numbers))


class RR:
    """zone: the bailiwick that must come out, "-" unproven, None: not believed."""

    def __init__(self, section, owner, ttl, rrtype, text, zone="-"):
        self.section, self.owner, self.ttl = section, owner, ttl
        self.rrtype, self.text, self.zone = rrtype, text, zone

    def wire(self):
        r = rdata(self.rrtype, self.text)
        return (name(self.owner) + struct.pack(">HHIH", TYPES[self.rrtype], 1, self.ttl,
                                               len(r)) + r)


def message(ident, flags, qname, qtype, records):
    counts = [sum(r.section == s for r in records) for s in range(3)]
    out = struct.pack(">HHHHHH", ident, flags, 1, *counts)
    out += name(qname) + struct.pack(">HH", TYPES[qtype], 1)
    return out + b"".join(r.wire() for s in range(3) for r in records if r.section == s)


class Capture:
    def __init__(self, start):
        self.frames, self.now, self.ident, self.ipid = [], start * 1000000, 100, 0
        self.sets = {}

    def add(self, payload, v6=False, vlan=None):
        ether = b"\2\0\0\0\0\1\2\0\0\0\0\2"
        if vlan is not None:
            ether += struct.pack(">HH", 0x8100, vlan)
        ether += struct.pack(">H", 0x86DD if v6 else 0x0800)
        self.frames.append((self.now, ether + payload))
        self.now += 700

    def ip(self, src, dst, protocol, payload, vlan=None, mtu=None):
        s, d = address(src), address(dst)
        self.ipid += 1
        if len(s) == 16:
            head = struct.pack(">IHBB", 6 << 28, len(payload), protocol, 60) + s + d
            self.add(head + payload, True, vlan)
            return
        step = (mtu - 20) // 8 * 8 if mtu else len(payload)
        for at in range(0, len(payload), step):
            part = payload[at:at + step]
            more = 0x2000 if at + step < len(payload) else 0
            head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(part), self.ipid,
                               more | at // 8, 60, protocol, 0) + s + d
            self.add(head + part, False, vlan)

    def udp(self, src, sport, dst, dport, payload, **how):
        self.ip(src, dst, 17, struct.pack(">HHHH", sport, dport, 8 + len(payload), 0)
                + payload, **how)

    def tcp(self, src, sport, dst, dport, seq, flags, payload=b""):
        self.ip(src, dst, 6, struct.pack(">HHIIHHHH", sport, dport, seq, 0,
                                         5 << 12 | flags, 65535, 0, 0) + payload)

    def expect(self, records, source):
        """What one response adds: records of one owner and type are one set."""
        sets = {}
        for r in records:
            if r.zone is not None:
                sets.setdefault((r.owner.lower(), r.rrtype, r.zone), {})[
                    rdata(r.rrtype, r.text)] = r.text.lower()
        second = self.now // 1000000
        for (owner, rrtype, zone), texts in sets.items():
            key = (owner, rrtype, ",".join(texts[k] for k in sorted(texts)), zone, source)
            count, first, last = self.sets.get(key, (0, second, second))
            self.sets[key] = (count + 1, min(first, second), max(last, second))

    def exchange(self, client, server, qname, qtype, records, flags=0x8000, source="above",
                 ask=True, answer_name=None, believed=True, port=None, **how):
        self.ident += 1
        port = port or 20000 + self.ident
        query = message(self.ident, flags & 0x0100, qname, qtype, [])
        if ask:
            self.udp(client, port, server, 53, query)
        self.now += 20000
        reply = message(self.ident, flags, answer_name or qname, qtype, records)
        if believed:
            frames = len(self.frames)
            self.udp(server, 53, client, port, reply, **how)
            last, self.now = self.now, self.frames[-1][0]
            self.expect(records, source)
            self.now = last
            assert len(self.frames) > frames
        else:
            self.udp(server, 53, client, port, reply, **how)
        self.now += 100000

    def exchange_tcp(self, client, server, qname, qtype, records, source="above"):
        """The length prefix cut in two, the message in three segments, one twice."""
        self.ident += 1
        port = 20000 + self.ident
        query = message(self.ident, 0, qname, qtype, [])
        reply = message(self.ident, 0x8000, qname, qtype, records)
        stream = struct.pack(">H", len(reply)) + reply
        self.tcp(client, port, server, 53, 999, 2)
        self.tcp(server, 53, client, port, 4999, 0x12)
        self.tcp(client, port, server, 53, 1000, 0x18, struct.pack(">H", len(query)) + query)
        cuts = [0, 1, 40, len(stream)]
        parts = [(a, stream[a:b]) for a, b in zip(cuts, cuts[1:])]
        self.tcp(server, 53, client, port, 5000 + parts[1][0], 0x10, parts[1][1])
        self.tcp(server, 53, client, port, 5000, 0x10, parts[0][1])
        self.tcp(server, 53, client, port, 5000, 0x10, parts[0][1])
        self.tcp(server, 53, client, port, 5000 + parts[2][0], 0x18, parts[2][1])
        last, self.now = self.now, self.frames[-1][0]
        self.expect(records, source)
        self.now = last + 100000

    def wait(self, seconds):
        self.now += seconds * 1000000


AN, NS, AR = 0, 1, 2


def referrals(c):
    """Down from the root; the answers teach who speaks for what."""
    c.exchange(RESOLVER, ROOT, "www.example.com", "A", [
        RR(NS, "com", 172800, "NS", "a.gtld-servers.net.", "."),
        RR(AR, "a.gtld-servers.net", 172800, "A", COM, ".")])
    c.exchange(RESOLVER, COM, "www.example.com", "A", [
        RR(NS, "example.com", 172800, "NS", "ns1.example.com.", "com."),
        RR(NS, "example.com", 172800, "NS", "ns2.example.com.", "com."),
        RR(AR, "ns1.example.com", 172800, "A", "198.51.100.1", "com."),
        RR(AR, "ns2.example.com", 172800, "A", "198.51.100.2", "com."),
        RR(AR, "ns1.example.com", 172800, "AAAA", "2001:db8:1::1", "com.")])
    c.exchange(RESOLVER, ROOT, "www.example.org", "A", [
        RR(NS, "org", 172800, "NS", "a0.org.afilias-nst.info.", "."),
        RR(AR, "a0.org.afilias-nst.info", 172800, "A", ORG, ".")])
    c.exchange(RESOLVER, ORG, "www.example.org", "A", [
        RR(NS, "example.org", 86400, "NS", "ns.example.org.", "org."),
        RR(AR, "ns.example.org", 86400, "A", "203.0.113.5", "org.")])
    c.exchange(RESOLVER, COM, "login.evil-shop.com", "A", [
        RR(NS, "evil-shop.com", 172800, "NS", "ns.evil-shop.com.", "com."),
        RR(AR, "ns.evil-shop.com", 172800, "A", "203.0.113.66", "com.")])


def answers(c):
    zone = "example.com."
    for _ in range(2):
        c.exchange(RESOLVER, "198.51.100.1", "www.example.com", "A", [
            RR(AN, "www.example.com", 300, "A", "192.0.2.80", zone),
            RR(AN, "www.example.com", 300, "A", "192.0.2.81", zone)], 0x8400)
        c.wait(3600)
    c.exchange(RESOLVER, "198.51.100.2", "WwW.exAmpLE.com", "AAAA", [
        RR(AN, "wWw.ExAmPle.cOm", 300, "AAAA", "2001:db8:80::1", zone)], 0x8400)
    c.exchange(RESOLVER6, "2001:db8:1::1", "example.com", "MX", [
        RR(AN, "example.com", 3600, "MX", "10 mail.example.com.", zone),
        RR(AR, "mail.example.com", 3600, "A", "192.0.2.25", zone)], 0x8400)
    c.exchange(RESOLVER, "198.51.100.1", "example.com", "TXT", [
        RR(AN, "example.com", 3600, "TXT", '"v=spf1 mx -all"', zone)], 0x8600)
    c.exchange_tcp(RESOLVER, "198.51.100.1", "example.com", "TXT", [
        RR(AN, "example.com", 3600, "TXT", '"v=spf1 mx -all"', zone),
        RR(AN, "example.com", 3600, "TXT", '"site=' + "x" * 200 + '"', zone)])
    c.exchange(RESOLVER, "198.51.100.1", "nothing.example.com", "A", [
        RR(NS, "example.com", 900, "SOA",
           "ns1.example.com. hostmaster.example.com. 7 3600 600 86400 900", zone)], 0x8403)
    big = [RR(AN, "pool.example.com", 60, "A", f"192.0.2.{i}", zone) for i in range(100, 200)]
    c.exchange(RESOLVER, "198.51.100.1", "pool.example.com", "A", big, 0x8400, mtu=600)


def lies(c):
    """What must not be believed, and what nobody can prove."""
    evil = "203.0.113.66"
    c.exchange(RESOLVER, evil, "login.evil-shop.com", "A", [
        RR(AN, "login.evil-shop.com", 60, "A", "203.0.113.67", "evil-shop.com."),
        RR(NS, "com", 60, "NS", "ns.evil-shop.com.", None),
        RR(AR, "www.example.org", 60, "A", evil, None)], 0x8400)
    c.exchange(RESOLVER, evil, "go.evil-shop.com", "A", [
        RR(AN, "go.evil-shop.com", 60, "CNAME", "www.example.org.", "evil-shop.com."),
        RR(AN, "www.example.org", 60, "A", evil, None)], 0x8400)
    c.exchange(RESOLVER, "203.0.113.99", "www.unreferred.net", "A", [
        RR(AN, "www.unreferred.net", 60, "A", "203.0.113.98", "-")], 0x8400)
    c.exchange(RESOLVER, "203.0.113.5", "www.example.org", "A", [
        RR(AN, "www.example.org", 60, "A", evil, "example.org.")], 0x8400, ask=False,
        believed=False)
    c.exchange(RESOLVER, "203.0.113.5", "www.example.org", "A", [
        RR(AN, "www.example.org", 60, "A", evil)], 0x8400, answer_name="wWw.example.org",
        believed=False)


def stubs(c):
    resolver = "10.0.0.53"
    for i in range(3):
        c.exchange(f"10.0.1.{i + 1}", resolver, "www.example.com", "A", [
            RR(AN, "www.example.com", 250 - i, "A", "192.0.2.80", "-"),
            RR(AN, "www.example.com", 250 - i, "A", "192.0.2.81", "-")], 0x8180, "below",
            vlan=10 if i == 2 else None)
    c.exchange("10.0.1.9", resolver, "go.evil-shop.com", "A", [
        RR(AN, "go.evil-shop.com", 60, "CNAME", "login.evil-shop.com.", "-"),
        RR(AN, "login.evil-shop.com", 60, "A", "203.0.113.67", "-")], 0x8180, "below")


def second_answer(c):
    """Asked once, answered twice: both count, the difference is told."""
    server = "203.0.113.5"
    c.exchange(RESOLVER, server, "twice.example.org", "A", [
        RR(AN, "twice.example.org", 60, "A", "192.0.2.10", "example.org.")], 0x8400,
        port=31000)
    c.ident -= 1
    c.exchange(RESOLVER, server, "twice.example.org", "A", [
        RR(AN, "twice.example.org", 60, "A", "192.0.2.11", "example.org.")], 0x8400,
        ask=False, port=31000)


def pcap(frames):
    out = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
    for t, f in frames:
        out += struct.pack("<IIII", t // 1000000, t % 1000000, len(f), len(f)) + f
    return out


def pcapng(frames):
    def block(kind, body):
        body += b"\0" * (-len(body) % 4)
        n = struct.pack("<I", 12 + len(body))
        return struct.pack("<I", kind) + n + body + n
    out = block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))
    out += block(1, struct.pack("<HHI", 1, 0, 0))
    for t, f in frames:
        out += block(6, struct.pack("<IIIII", 0, t >> 32, t & 0xFFFFFFFF, len(f), len(f)) + f)
    return out


def write(folder, filename, content):
    with open(os.path.join(folder, filename), "wb") as f:
        f.write(content)


def write_expect(folder, filename, *captures):
    sets = {}
    for c in captures:
        for key, (count, first, last) in c.sets.items():
            n, f, l = sets.get(key, (0, first, last))
            sets[key] = (n + count, min(f, first), max(l, last))
    lines = []
    for (owner, rrtype, rdata_text, zone, source), (n, first, last) in sorted(sets.items()):
        lines.append("\t".join([owner + ".", rrtype, rdata_text, zone, source, str(n),
                                str(first), str(last)]))
    write(folder, filename, ("\n".join(lines) + "\n").encode())


def main():
    folder = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__))
    c = Capture(1433116800)  # 2015-06-01
    for part in (referrals, answers, lies, stubs, second_answer):
        part(c)
        c.wait(86400)
    write(folder, "resolver.pcap", pcap(c.frames))
    write(folder, "resolver.pcapng", pcapng(c.frames))
    write(folder, "resolver.pcap.gz", gzip.compress(pcap(c.frames), mtime=0))
    write_expect(folder, "resolver.expect", c)
    old = Capture(1370044800)  # 2013-06-01
    referrals(old)
    answers(old)
    write(folder, "older.pcap", pcap(old.frames))
    write_expect(folder, "older.expect", old)
    write_expect(folder, "both.expect", c, old)
    half = (len(c.frames) // 2 | 1) + 1  # a query is the last of the first half
    write(folder, "rotated-1.pcap", pcap(c.frames[:half]))
    write(folder, "rotated-2.pcap", pcap(c.frames[half:]))


main()
