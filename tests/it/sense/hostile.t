#!/usr/bin/env python3
"""Floods over a veth pair: half-open TCP streams, fragments that never become whole,
answers nobody asked for, messages that would become many times their size; dnstap from
producers that are none; logs with lines of megabytes. The memory ceiling holds, good
traffic between them arrives, and what was dropped is counted.

usage: hostile.t YORE SOURCE_ROOT SENDER

With a sanitized YORE the ceiling is measured with $YORE_PLAIN, the same program without
(tools/check.sh says which). $YORE_LONG: a million half-open streams.
"""
import os, re, socket, struct, subprocess, sys, tempfile, time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import packets, taps, wires
from sensor import Sensor, environment, kept
from tap import done, ok, skip

yore, sender = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[3])
wires.enter(lambda why: print(f"1..0 # SKIP {why}"))


def sanitized(program):
    with open(program, "rb") as f:
        return b"__asan_init" in f.read()


wires.pair()
LONG = bool(os.environ.get("YORE_LONG"))
EACH = int(os.environ.get("HOSTILE_EACH", "100000"))
STREAMS = 1000000 if LONG else EACH
GOOD = 200


def source(i):
    return f"100.{64 + (i >> 16 & 63)}.{i >> 8 & 255}.{i & 255}"


def floods():
    """name -> one hostile packet"""
    half = lambda i: packets.ether(packets.ip4(
        source(i), "192.0.2.53", 6,
        packets.tcp(1024 + i % 60000, 53, i, 1, 0x18, b"\0\xff" + bytes(40))))
    fragment = lambda i: packets.ether(packets.ip4(
        source(i), "192.0.2.54", 17, bytes(256), i & 0xffff, True, (i % 50) * 256))
    forged = lambda i: packets.ether(packets.ip4(
        "192.0.2.53", "10.0.0.1", 17,
        packets.udp(53, 1024, packets.response(i & 0xffff, "www.victim.test", [bytes(4)]))))
    asked = lambda i: packets.ether(packets.ip4(
        source(i), "192.0.2.53", 17,
        packets.udp(1024 + i % 60000, 53, packets.query(i & 0xffff, f"q{i}.flood.test"))))
    return {"half-open TCP streams": half, "fragments of nothing": fragment,
            "forged answers": forged, "questions without answers": asked}

HTTPS = 65


def hints(n, serial, more=0):
    """A service record with n hints, no two alike, and `more` octets of a key unknown."""
    addresses = b"".join(struct.pack(">I", serial << 8 | i) for i in range(n))
    return struct.pack(">HBHH", 1, 0, 4, len(addresses)) + addresses \
        + (struct.pack(">HH", 60000, more) + bytes(more) if more else b"")


def in_tcp(c, name, rdatas):
    """A question and an answer of up to 64 KiB."""
    client, port, qid = c.client()
    q = packets.query(qid, name, HTTPS)
    r = packets.response(qid, name, rdatas, HTTPS)
    q, r = struct.pack(">H", len(q)) + q, struct.pack(">H", len(r)) + r

    def add(out, seq, ack, flags, payload=b""):
        ends = (client, "192.0.2.53") if out else ("192.0.2.53", client)
        ports = (port, 53) if out else (53, port)
        c.add(packets.ether(packets.ip4(*ends, 6, packets.tcp(*ports, seq, ack, flags,
                                                              payload))))
    add(True, 100, 0, 2)
    add(False, 500, 101, 0x12)
    add(True, 101, 501, 0x18, q)
    for at in range(0, len(r), 1400):
        add(False, 501 + at, 101 + len(q), 0x18, r[at:at + 1400])
    add(True, 101 + len(q), 501 + len(r), 4)


def large(c, i):
    """What would grow: a message full of hints (not believed), one record of 60,000 octets
    under many owners, and some with as many hints as are let in."""
    in_tcp(c, f"bomb{i}.test", [hints(64, i * 225 + k) for k in range(225)])
    in_tcp(c, f"large{i}.test", [hints(1, 7, 60000)])
    in_tcp(c, f"hints{i}.test", [hints(32, i * 8 + k) for k in range(8)])


def make(path):
    c = packets.Capture()
    makers = list(floods().values())
    step, streams = EACH // GOOD, STREAMS // GOOD
    for g in range(GOOD):
        for i in range(g * step, g * step + step):
            c.frames += [make(i) for make in makers[1:]]
        c.frames += [makers[0](i) for i in range(g * streams, g * streams + streams)]
        large(c, g)
        c.transaction(f"good{g}.test", packets.WRAPS["plain"])
    c.write(path)
    return len(c.frames)


def memory(s, what):
    with open(f"/proc/{s.p.pid}/status") as f:
        return int(re.search(what + r":\s+(\d+)", f.read()).group(1)) // 1024


def flood(program, path, db, what, threads=1):
    s = Sensor(program, db, "-i", "v1", "--memory", "128M", "--ring", "64M", "--threads",
               str(threads))
    ok(s.ready(), f"{what}: begins", s.errors())
    before = memory(s, "VmHWM")
    sent, rate, _ = wires.send(sender, path, 60000, seconds=300)
    time.sleep(1)
    c = s.counters()
    most = memory(s, "VmHWM")
    print(f"# {what}: {sent} packets at {rate} packets/s; {before} MiB at the start, {most} "
          "MiB at the most")
    if not sanitized(program):
        ok(most < 64 + 128 + 32,
           f"{what}: {most} MiB at the most: ring (64), ceiling (128), the program itself")
    code = s.end()
    ok(code == 0, f"{what}: ends in order", code, s.errors())
    got = {k[0]: n for k, n in kept(yore, db).items()}
    want = {f"{kind}{g}.test": 1 for g in range(GOOD) for kind in ("good", "large", "hints")}
    ok(got == want, f"{what}: every good answer arrived, no forged one, and no bomb",
       [k for k in want if k not in got][:5], [k for k in got if k not in want][:5])
    ok(c.get("live.dropped v1", 0) == 0, f"{what}: the ring never overflowed", c)
    ok(c.get("observe.unmatched", 0) == EACH // GOOD * GOOD,
       f"{what}: forged answers are counted", c)
    ok(c.get("observe.bomb", 0) == GOOD, f"{what}: so are messages that would grow", c)
    ok(c.get("net.tcp_full", 0) > 0 and c.get("net.frag_full", 0) > 0,
       f"{what}: and what the tables had to drop", c)
    s.close()


def bad_taps(path):
    """Producers that are none, as open sockets."""
    out = []
    for i in range(20):
        s = taps.connect(path)
        s.sendall(struct.pack(">I", 0xfffffff0) + bytes(1000)) # a frame of 4 GiB
        out.append(s)
        s = taps.connect(path, greet=False)
        s.sendall(os.urandom(4096))
        out.append(s)
        s = taps.connect(path, greet=False) # says nothing, ever
        out.append(s)
    s = taps.connect(path)
    for i in range(200): # the longest there may be, of nothing
        s.sendall(struct.pack(">I", 256 << 10) + bytes(256 << 10))
    out.append(s)
    s = taps.connect(path)
    s.sendall(struct.pack(">I", 200 << 10) + bytes(100)) # begins one and stops there
    out.append(s)
    return out


def tap_flood(program, scratch, what):
    db, path = os.path.join(scratch, "tap " + what), os.path.join(scratch, "tap.sock")
    s = Sensor(program, db, "--dnstap", "unix:" + path, "--memory", "64M")
    ok(s.ready(), f"{what}: a listener begins", s.errors())
    good = taps.connect(path)
    bad = []
    for i in range(10):
        bad += bad_taps(path) if i % 5 == 0 else []
        for k in range(i * 100, i * 100 + 100):
            good.sendall(taps.frame(packets.response(k, f"tap{k}.test", [bytes(4)]),
                                    int(time.time())))
    ok(taps.finish(good), f"{what}: the good producer is served to its end")
    c = s.counters()
    most = memory(s, "VmHWM")
    if not sanitized(program):
        ok(most < 64 + 32, f"{what}: {most} MiB at the most with --memory 64M")
    total = lambda n: sum(v for k, v in c.items() if k.startswith(n))
    ok(total("dnstap.absurd") == 40 and total("dnstap.malformed") >= 440,
       f"{what}: absurd lengths, streams that are none, and messages that are none", c)
    for b in bad:
        b.close()
    code = s.end()
    ok(code == 0 and {k[0]: n for k, n in kept(yore, db).items()} ==
       {f"tap{k}.test": 1 for k in range(1000)}, f"{what}: all of its answers are kept",
       code, s.errors())
    s.close()


def log_flood(program, scratch, what):
    """Lines of megabytes between good ones."""
    path, db = os.path.join(scratch, "hostile.log"), os.path.join(scratch, "log " + what)
    with open(path, "w") as f:
        for i in range(200):
            f.write(f"{1420070400 + i}||10.0.0.1||9.9.9.9||IN||l{i}.test.||A||192.0.2.1||60||1\n")
            if i % 20 == 10:
                f.write("x" * (8 << 20) + "\n")
            if i % 20 == 11: # with the beginning of a good one
                f.write("1420070400||1||2||IN||" + "a" * (4 << 20) + "||A||192.0.2.1||60||1\n")
    said = os.path.join(scratch, "said")
    with open(said, "w") as f:
        p = subprocess.Popen([program, "import", "--memory", "64M", "--db", db, path],
                             stdout=f, stderr=f, env=environment())
    most = 0
    while p.poll() is None:
        try:
            with open(f"/proc/{p.pid}/status") as f:
                m = re.search(r"VmHWM:\s+(\d+)", f.read())
                most = max(most, int(m.group(1)) >> 10 if m else 0)
        except OSError:
            pass
        time.sleep(0.01)
    with open(said) as f:
        text = f.read()
    ok(p.returncode == 0 and {k[0] for k in kept(yore, db)} ==
       {f"l{i}.test" for i in range(200)},
       f"{what}: a log with lines of megabytes: the others are kept", text[:1500])
    ok("line 12 skipped: longer than a line may be" in text
       and re.search(r"\b20\b.*skipped", text),
       f"{what}: these told by their numbers, and counted", text[:1500])
    if not sanitized(program):
        ok(0 < most < 96, f"{what}: {most} MiB at the most with --memory 64M")


with tempfile.TemporaryDirectory() as scratch:
    path = os.path.join(scratch, "flood.pcap")
    make(path)
    flood(yore, path, os.path.join(scratch, "db"), "floods")
    tap_flood(yore, scratch, "dnstap")
    log_flood(yore, scratch, "logs")
    plain = os.environ.get("YORE_PLAIN")
    if not sanitized(yore):
        plain = yore
    elif plain:
        flood(plain, path, os.path.join(scratch, "plain"), "without sanitizers")
        tap_flood(plain, scratch, "dnstap, without sanitizers")
        log_flood(plain, scratch, "logs, without sanitizers")
    else:
        skip("the ceiling of memory", "sanitizers need memory of their own, and $YORE_PLAIN "
             "names no other program")
    if plain:
        flood(plain, path, os.path.join(scratch, "threads"), "two threads", 2)
done()
