"""Captures for tests: queries to a server and its answers, as a pcap file."""
import struct


def name(text):
    return b"".join(bytes([len(x)]) + x.encode() for x in text.rstrip(".").split(".")) + b"\0"


def udp(src, dst, sport, dport, payload):
    total = 28 + len(payload)
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, total, 0, 0, 64, 17, 0, src, dst)
    s = sum(struct.unpack("!10H", ip))
    s = (s & 0xffff) + (s >> 16)
    s = ~((s & 0xffff) + (s >> 16)) & 0xffff
    ip = ip[:10] + struct.pack("!H", s) + ip[12:]
    return b"\x02" * 12 + b"\x08\x00" + ip + struct.pack("!HHHH", sport, dport, 8 + len(payload), 0) + payload


def capture(path, answers, client=b"\x0a\x00\x00\x01", server=b"\xc0\x00\x02\x35"):
    """answers: (time, owner, address) each a query and a response of one A record"""
    with open(path, "wb") as f:
        f.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
        for i, (when, owner, address) in enumerate(answers):
            ident, port = (i * 7 + 1) & 0xffff, 20000 + i % 30000
            q = name(owner) + b"\0\1\0\1"
            query = struct.pack("!HHHHHH", ident, 0x0000, 1, 0, 0, 0) + q
            rr = b"\xc0\x0c\0\1\0\1\0\0\1\x2c\0\4" + bytes(int(x) for x in address.split("."))
            reply = struct.pack("!HHHHHH", ident, 0x8400, 1, 1, 0, 0) + q + rr
            for at, frame in ((0, udp(client, server, port, 53, query)),
                              (1000, udp(server, client, 53, port, reply))):
                f.write(struct.pack("<IIII", when, at, len(frame), len(frame)) + frame)
