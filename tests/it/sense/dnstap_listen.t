#!/usr/bin/env python3
"""The dnstap listener: both handshakes, many producers, and those that misbehave.

usage: dnstap_listen.t WIRE SOURCE_ROOT
"""
import os, socket, struct, subprocess, sys, tempfile, time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from tap import done, ok

wire = sys.argv[1]


def control(kind, content=b"protobuf:dnstap.Dnstap"):
    body = struct.pack(">I", kind)
    if content is not None:
        body += struct.pack(">II", 1, len(content)) + content
    return struct.pack(">II", 0, len(body)) + body


ACCEPT, START, STOP, READY, FINISH = (control(1), control(2), control(3, None),
                                      control(4), control(5, None))


def varint(v):
    out = b""
    while v > 127:
        out, v = out + bytes([v & 127 | 128]), v >> 7
    return out + bytes([v])


def field(number, value):
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def message(n, pad=0):
    dns = struct.pack(">HHHHHH", n & 0xffff, 0x8180, 1, 0, 0, 0) + b"\1a\4test\0\0\1\0\1"
    exchange = (field(1, 6) + field(2, 1) + field(3, 1) + field(4, b"\x7f\0\0\1")
                + field(5, b"\x7f\0\0\2") + field(6, 4000) + field(7, 53)
                + field(12, 1400000000) + field(14, dns + bytes(pad)))
    m = field(14, exchange) + field(15, 1)
    return struct.pack(">I", len(m)) + m


def connect(where):
    if where.startswith("unix:"):
        s = socket.socket(socket.AF_UNIX)
        s.connect(where[5:])
    else:
        s = socket.create_connection(("127.0.0.1", int(where.rsplit(":", 1)[1])))
    s.settimeout(10)
    return s


def expect(s, octets):
    got = b""
    while len(got) < len(octets):
        part = s.recv(len(octets) - len(got))
        if not part:
            break
        got += part
    return got == octets


def gone(s):
    """The other side has closed."""
    try:
        return s.recv(1) == b""
    except ConnectionError:
        return True


def begin(where):
    s = connect(where)
    s.sendall(READY)
    if not expect(s, ACCEPT):
        raise RuntimeError("no ACCEPT")
    s.sendall(START)
    return s


class Listener:
    def __init__(self, where, quiet="1.5"):
        self.p = subprocess.Popen([wire, "-d", quiet, where], stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, text=True)
        self.ready = self.p.stderr.readline()

    def end(self):
        out, err = self.p.communicate(timeout=60)
        counters = {}
        for line in err.splitlines():
            n, name = line.split(" ", 1)
            counters[name] = int(n)
        return len(out.splitlines()), counters


with tempfile.TemporaryDirectory() as scratch:
    path = os.path.join(scratch, "tap.sock")
    port = socket.socket()
    port.bind(("127.0.0.1", 0))
    tcp = f"tcp:127.0.0.1:{port.getsockname()[1]}"
    port.close()

    for where in ("unix:" + path, tcp):
        name = where[:4].rstrip(":")
        listener = Listener(where)
        s = begin(where)
        s.sendall(message(1) * 3 + STOP)
        ok(expect(s, FINISH) and gone(s), f"{name}: READY, ACCEPT, START, data, STOP, FINISH")
        s = connect(where)
        s.sendall(START + message(2))
        s.close()
        octets = message(3)
        a, b = begin(where), begin(where)
        for i in range(len(octets)):
            a.sendall(octets[i:i + 1])
            b.sendall(octets[i:i + 1])
        a.sendall(message(4, 65000) * 40)
        a.close()
        b.close()
        bad = {"a frame of 4 GiB": START + b"\xff\xff\xff\xff", "HTTP": b"GET / HTTP/1.1\r\n\r\n",
               "something else": control(4, b"protobuf:other")}
        for what, octets in bad.items():
            s = connect(where)
            s.sendall(octets)
            ok(gone(s), f"{name}: {what} loses its connection")
        got, c = listener.end()
        ok(got == 3 + 1 + 2 + 40, f"{name}: every message of four producers", f"{got} {c}")
        ok((c["accepted"], c["ended"], c["broken_off"], c["malformed"], c["absurd"],
            c["other_content"], c["connected"]) == (7, 1, 3, 1, 1, 1, 0),
           f"{name}: each end is counted by its reason", c)

    # a flood of idle connections leaves room for who has something to say
    listener = Listener("unix:" + path, "2")
    steady = begin("unix:" + path)
    steady.sendall(message(1))
    idle = []
    for i in range(200):
        idle.append(connect("unix:" + path))
        if i % 10 == 0:
            time.sleep(0.02)
    late = begin("unix:" + path)
    late.sendall(message(2) * 5)
    steady.sendall(message(3))
    got, c = listener.end()
    ok(got == 7 and c["full"] >= 130 and c["connected"] <= 64,
       "200 idle connections: those that talk are served", f"{got} {c}")
    for s in idle + [steady, late]:
        s.close()

    first = Listener("unix:" + path)
    second = Listener("unix:" + path)
    ok("somebody listens" in second.ready, "a socket in use is not taken away", second.ready)
    second.p.communicate(timeout=10)
    ok(os.stat(path).st_mode & 0o777 == 0o660, "the socket is for its owner and group only")
    first.p.kill()
    first.p.communicate()
    third = Listener("unix:" + path)
    ok(third.ready == "ready\n", "a socket left over by a crash is replaced", third.ready)
    third.p.kill()
    third.p.communicate()
    os.unlink(path)
    with open(path, "w"):
        pass
    other = Listener("unix:" + path)
    ok("no socket" in other.ready and os.path.exists(path), "a file is never replaced", other.ready)
    other.p.communicate(timeout=10)
done()
