#!/usr/bin/env python3
"""Live capture over a veth pair in a network namespace of its own: every record of a
capture arrives, nothing is dropped at the most this machine can send, signals, restart.

usage: live.t YORE SOURCE_ROOT
"""
import os, pwd, re, shutil, signal, subprocess, sys, tempfile, time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import packets, wires
from sensor import Sensor, kept
from tap import done, ok

yore, root = os.path.abspath(sys.argv[1]), sys.argv[2]
if not shutil.which("tcpreplay"):
    print("1..0 # SKIP tcpreplay is missing")
    sys.exit(0)
wires.enter(lambda why: print(f"1..0 # SKIP {why}"))


def send(path, speed="--topspeed"):
    r = subprocess.run(["tcpreplay", "-q", "--preload-pcap", speed, "-i", "v0", path],
                       capture_output=True, text=True, timeout=120)
    rate = re.search(r"([\d.]+) pps", r.stdout)
    sent = re.search(r"Successful packets:\s+(\d+)", r.stdout)
    return int(sent.group(1)), float(rate.group(1)) if rate else 0.0


def names(rows):
    out = {}
    for (name, kind, _), n in rows.items():
        out[(name, kind)] = out.get((name, kind), 0) + n
    return out


def difference(got, want):
    missing = {k: n for k, n in want.items() if got.get(k, 0) < n}
    extra = {k: n for k, n in got.items() if want.get(k, 0) < n}
    return f"missing {list(missing.items())[:5]} extra {list(extra.items())[:5]}"


def settle(sensor, frames, of):
    """Until so many frames came, or none for a second."""
    c, before = {}, -1
    while c.get(of, 0) < frames and c.get(of, 0) != before:
        before = c.get(of, 0)
        time.sleep(0.3)
        c = sensor.counters()
    return c


wires.pair()

with tempfile.TemporaryDirectory() as scratch:
    db = lambda n: os.path.join(scratch, n)
    mixed = packets.everything(60)
    path = os.path.join(scratch, "mixed.pcap")
    mixed.write(path)
    subprocess.run([yore, "import", "-q", "--db", db("file"), path], check=True, timeout=60)
    imported = kept(yore, db("file"))
    ok(names(imported) == mixed.truth, "the capture itself imports as it was made",
       difference(names(imported), mixed.truth))

    # every kind of packet, one interface
    s = Sensor(yore, db("one"), "-i", "v1", "--sensor", "lab", "--commit", "3600s")
    ok(s.ready(), "READY=1 is said", s.errors())
    sent, _ = send(path, "--pps=20000")
    c = settle(s, sent, "live.frames v1")
    ok(kept(yore, db("one")) == {}, "nothing is committed before its time")
    ok(s.reload(), "SIGHUP: reloading, then ready again", s.errors())
    time.sleep(1)
    got = kept(yore, db("one"))
    ok(got == imported, "SIGHUP commits what was seen: the records of the file",
       difference(names(got), mixed.truth))
    ok(c.get("live.dropped v1", 0) == 0 and c["net.frames"] == c["live.frames v1"],
       "counters on SIGUSR1 add up", c)
    noise = 3 * 60 # ports that are not ours and ARP never leave the kernel; ICMP neither
    ok(c["live.frames v1"] <= sent - noise, "the kernel's filter keeps noise away",
       f"sent {sent}", c)
    code = s.end()
    ok(code == 0, "SIGTERM ends it in order", code, s.errors())
    ok(kept(yore, db("one")) == imported, "and adds nothing twice")
    s.close()
    cover = subprocess.run([yore, "coverage", "--db", db("one"), "-j"], capture_output=True,
                           text=True)
    ok('"sensor":"lab"' in cover.stdout and cover.returncode == 0,
       "yore coverage names the sensor", cover.stdout, cover.stderr)

    # the same packet seen on two interfaces, and on all of them
    several = ["--threads", "3"]
    for what, options in (("both ends", ["-i", "v0", "-i", "v1"]), ("any", ["-i", "any"]),
                          ("three threads", ["-i", "v1", *several]),
                          ("any, three threads", ["-i", "any", *several])):
        s = Sensor(yore, db(what), *options)
        s.ready()
        send(path, "--pps=20000")
        time.sleep(0.5)
        code = s.end()
        got = kept(yore, db(what))
        ok(code == 0 and got == imported, f"{what}: each packet counts once",
           code, difference(names(got), mixed.truth), s.errors())
        s.close()

    # somebody else, with nothing left; in a user namespace there is nobody else
    mapped = open("/proc/self/uid_map").read().split()
    user = ["--user", "nobody"] if mapped[2] == "4294967295" else []
    os.chmod(scratch, 0o755)
    s = Sensor(yore, db("nobody"), "-i", "v1", *user)
    ok(s.ready(), "--user: begins", s.errors())
    with open(f"/proc/{s.p.pid}/status") as f:
        status = dict(line.rstrip("\n").split(":\t", 1) for line in f if ":\t" in line)
    if user:
        uid = str(pwd.getpwnam("nobody").pw_uid)
        ok(status["Uid"].split() == [uid] * 4 and not status["Groups"].strip(),
           "--user: is that user, in no other group", status["Uid"], status["Groups"])
    capabilities = [status[k].strip("0") for k in ("CapEff", "CapPrm", "CapInh", "CapAmb",
                                                   "CapBnd")]
    ok(capabilities == [""] * 5 and status["NoNewPrivs"] == "1" and status["Seccomp"] == "2",
       "no capabilities, no new privileges, few system calls", status)
    send(path, "--pps=20000")
    time.sleep(0.5)
    ok(s.end() == 0 and kept(yore, db("nobody")) == imported, "and it works as before",
       s.errors())
    s.close()

    # without tunnels the kernel keeps them out
    s = Sensor(yore, db("outer"), "-i", "v1", "--outer-only")
    s.ready()
    send(path, "--pps=20000")
    time.sleep(0.5)
    s.end()
    inner = ("gre.", "vlan-gre.", "vxlan.", "ipip.", "ip4in6.")
    want = {k: n for k, n in mixed.truth.items() if not k[0].startswith(inner)}
    got = names(kept(yore, db("outer")))
    ok(got == want, "--outer-only: what is outside of tunnels", difference(got, want))
    s.close()

    # who begins to ask in TLS or QUIC is counted, and no more of it leaves the kernel
    hidden = packets.Capture()
    for i in range(10):
        for flags in (0x02, 0x12, 0x10, 0x18, 0x11): # SYN, SYN ACK, ...
            hidden.add(packets.ether(packets.ip4(f"10.0.1.{i}", "9.9.9.9", 6, packets.tcp(
                4000, 853, i, 0, flags, b"x" * 40 if flags & 8 else b""))))
        for first in (0xc0, 0x40): # long header, short header
            hidden.add(packets.ether(packets.ip4(f"10.0.1.{i}", "9.9.9.9", 17, packets.udp(
                4000, 853, bytes([first]) + bytes(1230)))))
        hidden.add(packets.ether(packets.ip4("9.9.9.9", f"10.0.1.{i}", 17, packets.udp(
            853, 4000, bytes([0xc0]) + bytes(1230)))))
    path853 = os.path.join(scratch, "hidden.pcap")
    hidden.write(path853)
    ports = [w for port in range(5300, 5316) for w in ("--port", str(port))]
    for what, options in (("one", ["-i", "v1"]), ("sixteen ports", ["-i", "v1", *ports]),
                          ("any", ["-i", "any"]), ("any3", ["-i", "any", *several])):
        s = Sensor(yore, db("853" + what), *options, "--sensor", "lab")
        s.ready()
        send(path853, "--pps=5000")
        time.sleep(0.5)
        c = s.counters()
        s.end()
        ok((c.get("net.dot"), c.get("net.doq")) == (10, 10),
           f"DNS over TLS and QUIC, {what}: the beginnings are counted, once", c, s.errors())
        if what == "one":
            ok(c.get("live.frames v1") == 20, "and only these leave the kernel", c)
        s.close()
    cover = subprocess.run([yore, "coverage", "--db", db("853one")], capture_output=True,
                           text=True)
    ok("past           10  connections, DNS over TLS" in cover.stdout,
       "coverage tells of them", cover.stdout, cover.stderr)

    # a crash loses only what was not committed; a new run is a new input
    s = Sensor(yore, db("crash"), "-i", "v1", "--commit", "1s")
    s.ready()
    send(path, "--pps=20000")
    time.sleep(2.5)
    s.end(signal.SIGKILL)
    s.close()
    s = Sensor(yore, db("crash"), "-i", "v1", "--commit", "1s")
    ok(s.ready(), "starts again after kill -9", s.errors())
    got = kept(yore, db("crash"))
    ok(got == imported, "what was committed survived", difference(names(got), mixed.truth))
    send(path, "--pps=20000")
    time.sleep(0.5)
    s.end()
    twice = {k: 2 * n for k, n in imported.items()}
    ok(kept(yore, db("crash")) == twice, "seen again by a new run: counted again")
    s.close()

    # the most this machine can send
    fast = packets.plain(int(os.environ.get("LIVE_TRANSACTIONS", "150000")))
    path = os.path.join(scratch, "fast.pcap")
    fast.write(path)
    s = Sensor(yore, db("fast"), "-i", "v1", "--ring", "128M")
    s.ready()
    began = time.time()
    sent, rate = send(path)
    c = settle(s, sent, "live.frames v1")
    code = s.end()
    lost = c.get("live.dropped v1", 0)
    print(f"# sent {sent} packets at {rate:.0f} packets/s, captured "
          f"{c.get('live.frames v1', 0)}, dropped {lost}")
    ok(sent == len(fast.frames) and c["live.frames v1"] == sent and lost == 0,
       "at top speed nothing is dropped", c, s.errors())
    got = names(kept(yore, db("fast")))
    ok(code == 0 and got == fast.truth, "and every record arrives, with its count",
       code, difference(got, fast.truth))
    s.close()

    # the interface hears everything, or only what is meant for it; afterwards it is as before
    def promiscuity():
        r = subprocess.run(["ip", "-d", "link", "show", "v1"], capture_output=True, text=True)
        return int(re.search(r"promiscuity (\d+)", r.stdout).group(1))

    for options, want in ((["--threads", "2"], 2), ([], 1), (["--no-promiscuous"], 0)):
        s = Sensor(yore, db("ear"), "-i", "v1", *options)
        s.ready()
        ok(promiscuity() == want, f"promiscuous: {' '.join(options) or 'usually'}",
           promiscuity(), s.errors())
        s.end()
        s.close()
    ok(promiscuity() == 0, "and no more when it has ended", promiscuity())

    # losses: the reader sleeps, the ring is small; what is missing is counted, and kept
    for threads in ("1", "2"):
        s = Sensor(yore, db("loss" + threads), "-i", "v1", "--ring", "4M", "--sensor", "deaf",
                   "--threads", threads)
        s.ready()
        s.p.send_signal(signal.SIGSTOP)
        sent, _ = send(path)
        s.p.send_signal(signal.SIGCONT)
        c = settle(s, sent, "live.frames v1")
        lost = c.get("live.dropped v1", 0)
        ok(lost > 0 and c["live.frames v1"] + lost == sent and
           c["net.frames"] == c["live.frames v1"],
           f"{threads} thread(s): {lost} lost, every one counted", c, sent)
        code = s.end()
        r = subprocess.run([yore, "coverage", "--db", db("loss" + threads), "-j"],
                           capture_output=True, text=True)
        ok(code == 0 and f'"live.dropped":{lost}' in r.stdout,
           "and yore coverage knows", r.stdout, s.errors())
        s.close()

    # what cannot work says why
    r = subprocess.run([yore, "sense", "-i", "nosuch0", "--db", db("none")],
                       capture_output=True, text=True, timeout=20)
    ok(r.returncode != 0 and "no such interface" in r.stderr, "an interface that is not there",
       r.stderr)
    r = subprocess.run([yore, "sense", "--db", db("none")], capture_output=True, text=True,
                       timeout=20)
    ok(r.returncode == 2, "nothing to watch is wrong usage", r.stderr)
    s = Sensor(yore, db("gone"), "-i", "v1")
    s.ready()
    send(os.path.join(scratch, "mixed.pcap"), "--pps=20000")
    time.sleep(0.3)
    wires.ip("link", "set", "v1", "down")
    time.sleep(0.3)
    wires.ip("link", "set", "v1", "up")
    time.sleep(0.3)
    send(os.path.join(scratch, "mixed.pcap"), "--pps=20000")
    time.sleep(0.3)
    ok(s.reload() and s.p.poll() is None, "an interface that goes down and comes back",
       s.errors())
    wires.ip("link", "del", "v0")
    try:
        code = s.p.wait(20)
    except subprocess.TimeoutExpired:
        code = "hung"
    got = names(kept(yore, db("gone")))
    # the same TCP segments again are retransmissions
    want = {k: n if "tcp." in k[0] else 2 * n for k, n in mixed.truth.items()}
    ok(got == want, "what came before and after it is there", difference(got, want))
    ok(code not in (0, "hung") and "has gone" in s.errors(), "an interface that vanishes",
       code, s.errors())
    s.close()
done()
