#!/usr/bin/env python3
"""yore import --follow: rotated captures as they appear and grow.

usage: follow.t YORE SOURCE_ROOT
"""
import gzip, json, os, shutil, signal, subprocess, sys, tempfile, time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import packets
from sensor import environment, kept
from tap import done, ok

yore = os.path.abspath(sys.argv[1])


class Follower:
    def __init__(self, db, *places):
        self.err = tempfile.TemporaryFile("w+")
        self.p = subprocess.Popen([yore, "import", "--db", db, "--follow", "--every", "1s",
                                   *places], stderr=self.err, env=environment())

    def errors(self):
        return os.pread(self.err.fileno(), 1 << 20, 0).decode()

    def end(self, how=signal.SIGTERM):
        self.p.send_signal(how)
        try:
            return self.p.wait(30)
        except subprocess.TimeoutExpired:
            self.p.kill()
            self.p.wait()
            return "hung"


def names(db):
    out = {}
    for (name, kind, _), n in kept(yore, db).items():
        out[(name, kind)] = out.get((name, kind), 0) + n
    return out


def becomes(db, want, seconds=20):
    got = None
    for _ in range(seconds * 5):
        got = names(db)
        if got == want:
            return True
        time.sleep(0.2)
    print(f"# missing {[k for k in want if got.get(k) != want[k]][:4]}")
    print(f"# extra {[(k, got[k]) for k in got if want.get(k) != got[k]][:4]}")
    return False


whole = packets.everything(40)
HEAD, START = 24, 1400000000
with tempfile.TemporaryDirectory() as scratch:
    inbox = os.path.join(scratch, "raw")
    deep = os.path.join(inbox, "2014", "05")
    os.makedirs(deep)
    db = os.path.join(scratch, "db")
    everything = os.path.join(scratch, "all.pcap")
    whole.write(everything)
    with open(everything, "rb") as f:
        octets = f.read()
    # where records begin
    cuts, at = [HEAD], HEAD
    while at < len(octets):
        at += 16 + int.from_bytes(octets[at + 8:at + 12], "little")
        cuts.append(at)
    frames = len(cuts) - 1
    # thirds that end between a question and its answer
    a, b = cuts[frames // 3 | 1], cuts[2 * frames // 3 | 1]
    parts = [octets[:a], octets[:HEAD] + octets[a:b], octets[:HEAD] + octets[b:]]

    def arkime(n):
        return os.path.join(inbox, f"moloch01-140513-{n:08d}.pcap")

    def put(path, content, mode="wb"):
        with open(path, mode) as f:
            f.write(content)

    put(arkime(1), parts[0])
    put(os.path.join(inbox, "moloch01-140513-00000001.index"), b"\0\1\2\3 no capture")
    put(os.path.join(inbox, ".hidden"), parts[1])
    follower = Follower(db, inbox)
    single = os.path.join(scratch, "single")
    subprocess.run([yore, "import", "-q", "--db", single, arkime(1)], check=True)
    ok(becomes(db, names(single)), "what was there when it began is taken",
       follower.errors())
    ok(follower.errors().count("00000001.index") == 1, "what is no capture is told of once",
       follower.errors())

    # the next one grows, and stops in the middle of a record for a while
    half = len(parts[1]) // 2
    put(arkime(2), parts[1][:half])
    taken, end = names(db), time.monotonic() + 30
    while len(taken) <= len(names(single)) and time.monotonic() < end:
        time.sleep(0.2)
        taken = names(db)
    ok(len(taken) > len(names(single)) and sum(taken.values()) <= sum(whole.truth.values()),
       "a growing file is taken while it grows", len(taken), follower.errors())
    put(arkime(2), parts[1][half:], "ab")
    two = os.path.join(scratch, "two")
    subprocess.run([yore, "import", "-q", "--db", two, arkime(1), arkime(2)], check=True)
    ok(becomes(db, names(two)), "and to its end, also what begins in the file before it",
       follower.errors())
    ok("damaged" not in follower.errors() and "cut" not in follower.errors(),
       "nobody calls a growing file damaged", follower.errors())

    # finished elsewhere and moved in, in a folder below
    put(os.path.join(scratch, "third"), parts[2])
    os.rename(os.path.join(scratch, "third"),
              os.path.join(deep, "moloch01-140513-00000003.pcap"))
    ok(becomes(db, whole.truth), "three files give what one gives, answers across ends too",
       follower.errors())

    # the same content again, in every disguise
    os.rename(arkime(1), os.path.join(inbox, "moloch01-140513-00000001.pcap.1"))
    shutil.copy(arkime(2), os.path.join(inbox, "copy.pcap"))
    with gzip.open(os.path.join(inbox, "packed.pcap.gz"), "wb") as f:
        f.write(parts[2])
    put(os.path.join(inbox, "cut.pcap"), parts[2][:cuts[50]])
    time.sleep(3)
    ok(names(db) == whole.truth, "renamed, copied, compressed or cut: nothing is added",
       follower.errors())

    # another capture under an old name
    other = packets.Capture()
    other.transaction("fresh.test", packets.WRAPS["plain"])
    other.write(os.path.join(scratch, "fresh"), START + 5000)
    with open(os.path.join(scratch, "fresh"), "rb") as f:
        put(arkime(2), f.read())
    more = dict(whole.truth)
    more[("fresh.test", "A")] = 1
    ok(becomes(db, more), "another capture under an old name is a new one", follower.errors())
    follower.p.send_signal(signal.SIGUSR1)
    time.sleep(0.5)
    ok("passes" in follower.errors(), "SIGUSR1 says how it goes", follower.errors())
    code = follower.end()
    ok(code == 0, "SIGTERM ends it in order", code, follower.errors())

    # restart: by the note, and without it
    follower = Follower(db, inbox)
    time.sleep(2)
    ok(names(db) == more and follower.errors().strip().count("\n") <= 1,
       "started again it has nothing to do", follower.errors())
    follower.end(signal.SIGKILL)
    shutil.rmtree(os.path.join(db, "follow"))
    follower, second = Follower(db, inbox), Follower(db, inbox)
    other.transaction("second.test", packets.WRAPS["plain"])
    other.write(os.path.join(inbox, "grown.pcap"), START + 5000)
    more[("second.test", "A")] = 1
    ok(becomes(db, more), "after kill -9, without its note, two at once: counted once",
       follower.errors(), second.errors())
    ok((follower.end(), second.end()) == (0, 0), "both end in order", follower.errors(),
       second.errors())

    # as often as somebody calls it
    third = os.path.join(scratch, "once")
    for i in range(2):
        r = subprocess.run([yore, "import", "--db", third, "--follow", "--once", inbox],
                           capture_output=True, text=True, timeout=60, env=environment())
        ok(r.returncode == 0 and names(third) == more, f"--once, call {i + 1}", r.stderr)
    r = subprocess.run([yore, "import", "--db", third, "--follow", scratch + "/nosuch"],
                       capture_output=True, text=True, timeout=20, env=environment())
    ok(r.returncode not in (0, -11) and "nosuch" in r.stderr, "a folder that is not there",
       r.stderr)

    # another tool's log, growing by half lines
    logs = os.path.join(scratch, "logs")
    os.makedirs(logs)
    line = ("1400000000.5||192.0.2.9||192.0.2.53||IN||www%d.log.test.||A||192.0.2.%d||300||1\n")
    fourth = os.path.join(scratch, "logdb")
    put(os.path.join(logs, "passivedns.log"), (line % (1, 1)).encode() + b"14000000")
    follower = Follower(fourth, logs)
    first = {("www1.log.test", "A"): 1}
    good = becomes(fourth, first)
    put(os.path.join(logs, "passivedns.log"), (line % (2, 2)).encode()[8:], "ab")
    first[("www2.log.test", "A")] = 1
    ok(good and becomes(fourth, first), "a log that grows by half lines", follower.errors())
    os.rename(os.path.join(logs, "passivedns.log"), os.path.join(logs, "passivedns.log.1"))
    put(os.path.join(logs, "passivedns.log"), (line % (3, 3)).encode())
    first[("www3.log.test", "A")] = 1
    ok(becomes(fourth, first), "and is rotated", follower.errors())
    follower.end()

    # each format, rotated in each way, a crash in between: every line once
    def pdns(n):
        return line % (n, n)

    def zeek(n):
        return f"{1400000000 + n}.5\tC1\t192.0.2.9\t4000\t192.0.2.53\t53\tudp\t7\tz{n}.log.test" \
               f"\tA\tNOERROR\tT\t192.0.2.{n}\t300.0\n"

    def zeek_json(n):
        return json.dumps({"ts": 1400000000.5 + n, "uid": "C1", "id.orig_h": "192.0.2.9",
                           "id.orig_p": 4000, "id.resp_h": "192.0.2.53", "id.resp_p": 53,
                           "proto": "udp", "trans_id": 7, "query": f"j{n}.log.test", "qtype_name": "A", "qclass": 1,
                           "rcode_name": "NOERROR", "RA": True, "answers": [f"192.0.2.{n}"],
                           "TTLs": [300.0]}) + "\n"

    def eve(n):
        return json.dumps({"timestamp": f"2014-05-13T16:53:{20 + n}.000000+0000", "event_type": "dns",
                           "src_ip": "192.0.2.9", "dest_ip": "192.0.2.53", "proto": "UDP",
                           "dns": {"version": 2, "type": "answer", "id": 7, "rrname": f"e{n}.log.test",
                                   "rrtype": "A", "rcode": "NOERROR", "flags": "8180", "qr": True,
                                   "answers": [{"rrname": f"e{n}.log.test", "rrtype": "A", "ttl": 300,
                                                "rdata": f"192.0.2.{n}"}]}}) + "\n"

    ZEEK = ("#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tdns\n"
            "#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\ttrans_id\tquery"
            "\tqtype_name\trcode_name\tRA\tanswers\tTTLs\n"
            "#types\ttime\tstring\taddr\tport\taddr\tport\tenum\tcount\tstring"
            "\tstring\tstring\tbool\tvector[string]\tvector[interval]\n")
    for kind, letter, head, make in (("passivedns", "www", "", pdns), ("zeek", "z", ZEEK, zeek),
                                     ("zeek as JSON", "j", "", zeek_json), ("eve", "e", "", eve)):
        inbox = os.path.join(scratch, "rotating", letter)
        os.makedirs(inbox)
        log, db = os.path.join(inbox, "the.log"), os.path.join(scratch, "rotating-" + letter)
        want = {}

        def expect(*numbers):
            for n in numbers:
                want[(f"{letter}{n}.log.test", "A")] = 1
            return becomes(db, want)

        put(log, (head + make(1) + make(2)).encode())
        follower = Follower(db, inbox)
        good = expect(1, 2)
        put(log, make(3).encode(), "ab")
        good &= expect(3)
        follower.end(signal.SIGKILL)
        # what came while nobody looked: more lines, then renamed, a new one begun
        put(log, make(4).encode(), "ab")
        os.rename(log, log + ".1")
        put(log, (head + make(5)).encode())
        follower = Follower(db, inbox)
        ok(good and expect(4, 5), f"{kind}: grown, killed, renamed: each line once", follower.errors())
        # copied and truncated, as logrotate does where a writer cannot be told
        put(log, make(6).encode(), "ab")
        shutil.copy(log, log + ".2")
        put(log, (head + make(7)).encode())
        ok(expect(6, 7), f"{kind}: copied and truncated", follower.errors())
        with gzip.open(log + ".1.gz", "wb") as packed:
            with open(log + ".1", "rb") as plain:
                packed.write(plain.read())
        os.unlink(log + ".1")
        put(log, make(8).encode(), "ab")
        good = expect(8)
        time.sleep(1.5)
        ok(good and names(db) == want, f"{kind}: the old one compressed: nothing is added",
           names(db), follower.errors())
        ok(follower.end() == 0, f"{kind}: SIGTERM")

# SIGHUP: lists, the configuration and the list of indicators are read again
with tempfile.TemporaryDirectory() as scratch:
    inbox, db = os.path.join(scratch, "in"), os.path.join(scratch, "db")
    os.mkdir(inbox)
    lists = {n: os.path.join(scratch, n) for n in ("skip", "conf", "watch")}

    def write(**content):
        for n, text in content.items():
            with open(lists[n], "w") as f:
                f.write(text)

    def capture(n):
        c = packets.Capture()
        for name in ("left", "led", "kept"):
            c.transaction(f"{name}{n}.test", packets.WRAPS["plain"],
                          [bytes([203, 0, 113, 7 if name == "led" else 8])])
        c.write(os.path.join(inbox, f"{n}.pcap"), START + n)

    write(skip="nothing.test\n", conf="[local]\nrewrite = 198.51.100.1\n", watch="no.test\n")
    os.environ["YORE_CONF"] = lists["conf"]
    capture(0)
    f = Follower(db, "--skip", lists["skip"], "--watch", lists["watch"], inbox)
    first = {(f"{n}0.test", "A"): 1 for n in ("left", "led", "kept")}
    ok(becomes(db, first), "followed with the lists as they were", f.errors())
    write(skip="left1.test\n", conf="[local]\nrewrite = 203.0.113.7\n",
          watch="no.test\nkept1.test\n")
    f.p.send_signal(signal.SIGHUP)
    for _ in range(50):
        if "reloaded" in f.errors():
            break
        time.sleep(0.1)
    capture(1)
    ok(becomes(db, {**first, ("kept1.test", "A"): 1}), "SIGHUP: with the lists as they are",
       f.errors())
    ok(f.end() == 0, "and ends in order", f.errors())
    with open(os.path.join(db, "watch", "alerts.ndjson")) as journal:
        ok('"kept1.test"' in journal.read(), "the list of indicators, too")
    del os.environ["YORE_CONF"]
done()
