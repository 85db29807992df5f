"""Captures of clients below a resolver, and running yore on them."""
import json, os, socket, struct, subprocess, sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from tap import done, ok


def wire(name):
    return b"".join(bytes([len(p)]) + p.encode() for p in name.split(".") if p) + b"\0"


def octets(addr):
    return socket.inet_pton(socket.AF_INET6 if ":" in addr else socket.AF_INET, addr)


class Capture:
    """One packet after the other; the resolver is 192.0.2.53 or 2001:db8::53."""

    def __init__(self):
        self.frames = []
        self.id = 0
        self.port = 20000

    def packet(self, at, src, sport, dst, dport, dns):
        u = struct.pack(">4H", sport, dport, 8 + len(dns), 0) + dns
        if ":" in src:
            ip = struct.pack(">IHBB", 0x60000000, len(u), 17, 64) + octets(src) + octets(dst)
            self.frames.append((at, b"\2\0\0\0\0\1\2\0\0\0\0\2\x86\xdd" + ip + u))
            return
        h = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(u), 0, 0, 64, 17, 0)
        h += octets(src) + octets(dst)
        s = sum(struct.unpack(">10H", h))
        while s >> 16:
            s = (s & 0xffff) + (s >> 16)
        h = h[:10] + struct.pack(">H", ~s & 0xffff) + h[12:]
        self.frames.append((at, b"\2\0\0\0\0\1\2\0\0\0\0\2\x08\0" + h + u))

    def ask(self, at, client, name, qtype=1, rcode=0, addrs=(), alias=None, answered=True,
            delay=0.01, rd=True, ra=True, again=0):
        """A question and, unless it stays without one, its answer."""
        self.id = (self.id + 1) & 0xffff
        self.port = 20000 + (self.port + 7) % 40000
        server = "2001:db8::53" if ":" in client else "192.0.2.53"
        flags = 0x0100 if rd else 0
        tail = wire(name) + struct.pack(">2H", qtype, 1)
        q = struct.pack(">6H", self.id, flags, 1, 0, 0, 0) + tail
        for n in range(1 + again):
            self.packet(at + n * 0.001, client, self.port, server, 53, q)
        if not answered:
            return
        rrs, owner = [], b"\xc0\x0c"
        if alias:
            rrs.append(owner + struct.pack(">2HIH", 5, 1, 300, len(wire(alias))) + wire(alias))
            owner = wire(alias)
        for a in addrs:
            r = octets(a)
            rrs.append(owner + struct.pack(">2HIH", 1 if len(r) == 4 else 28, 1, 300, len(r)) + r)
        soa = b""
        if not addrs and not alias:
            rd_ = wire("ns.example") + wire("host.example") + struct.pack(">5I", 1, 2, 3, 4, 60)
            soa = wire("example") + struct.pack(">2HIH", 6, 1, 60, len(rd_)) + rd_
        flags |= 0x8000 | (0x80 if ra else 0) | rcode
        r = struct.pack(">6H", self.id, flags, 1, len(rrs), 1 if soa else 0, 0) + tail
        self.packet(at + delay, server, 53, client, self.port, r + b"".join(rrs) + soa)

    def write(self, path, first=0, last=None):
        with open(path, "wb") as f:
            f.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
            for at, p in self.frames[first:last]:
                us = round(at * 1000000)
                f.write(struct.pack("<4I", us // 1000000, us % 1000000, len(p), len(p)) + p)


class Yore:
    def __init__(self, program):
        self.program = program

    def run(self, *args, **how):
        how.setdefault("timeout", 300)
        return subprocess.run([self.program, *map(str, args)], capture_output=True, text=True,
                              **how)

    def take(self, db, *args):
        return self.run("import", "--db", db, *args)

    def who(self, db, *args, reason="test"):
        """Exit status and rows as short texts."""
        r = self.run("query", "--db", db, "--who-asked", "--reason", reason, "--json", *args)
        out = []
        for line in r.stdout.splitlines():
            o = json.loads(line)
            out.append(" ".join([o["day"], str(o["time_first"] % 86400),
                                 str(o["time_last"] % 86400), str(o["count"]), o["client"],
                                 o["rrname"], o["rrtype"], o["outcome"],
                                 ",".join(o["addresses"])
                                 + ("+" if o.get("more_addresses") else "")
                                 + (" forwarder" if o.get("forwarder") else "")]).strip())
        return r.returncode, out, r.stderr


LONG = "--who-retention=20000d"
DAY = 86400
