#!/usr/bin/env python3
"""dnstap files: every message of real producers comes out as its truth says.

usage: dnstap_files.t FRAMES SOURCE_ROOT YORE

FRAMES is the program of tests/it/import/frames.c: what it prints is compared message by
message; what `yore import` keeps, record by record, with counts and times. The corpus is $YORE_CORPUS or
../shared/corpus beside the source tree.
"""
import collections, glob, gzip, json, os, struct, subprocess, sys, tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from tap import done, ok, skip

frames, root, yore = sys.argv[1:4]
corpus = os.path.join(os.environ.get("YORE_CORPUS")
                      or os.path.join(root, "..", "shared", "corpus"), "dnstap")


def decoded(path):
    r = subprocess.run([frames, path], capture_output=True, text=True, timeout=60)
    return [line.split() for line in r.stdout.splitlines()], r


def micro(text):
    s, _, f = text.partition(".")
    return f"{s}.{(f + '000000')[:6]}"


def truth(path):
    opener = gzip.open if path.endswith(".gz") else open
    with opener(path, "rt") as f:
        for line in f:
            m = json.loads(line)
            response = m["type"].endswith("_RESPONSE")
            if not m["has_response" if response else "has_query"]:
                continue
            client = (m["query_address"], m["query_port"])
            server = (m["response_address"], m["response_port"])
            src, dst = (server, client) if response else (client, server)
            time = (m["response_time"] or m["query_time"]) if response else m["query_time"]
            yield (str(m["frame"]), micro(time), src[0], str(src[1] or 0), dst[0],
                   str(dst[1] or 0), "udp" if m["proto"] == "UDP" else "tcp",
                   str(m["msglen"]), str(int(response)))


files = sorted(glob.glob(os.path.join(corpus, "*.fstrm")))
for path in files:
    base = path[:-len("fstrm")] + "frames.ndjson"
    want = collections.Counter(truth(base if os.path.exists(base) else base + ".gz"))
    lines, r = decoded(path)
    got = collections.Counter(tuple(line[:9]) for line in lines)
    missing, extra = want - got, got - want
    ok(r.returncode == 0 and not missing and not extra,
       f"{os.path.basename(path)}: {sum(want.values())} messages, as the truth has them",
       [f"missing {m}" for m in list(missing)[:3]] + [f"extra {m}" for m in list(extra)[:3]])

SOURCES = {"AUTH": "auth", "RESOLVER": "above", "FORWARDER": "above", "CLIENT": "below",
           "STUB": "below", "TOOL": "below"}


def merge(into, key, count, first, last):
    old = into.get(key, (0, first, last))
    into[key] = (old[0] + count, min(old[1], first), max(old[2], last))


def records_of_truth(path):
    found = {}
    with open(path) as f:
        for line in f:
            m = json.loads(line)
            if m["rrtype"] == "OPT":
                continue
            rdata = m["rdata"].rstrip(".")
            if m["rrtype"] == "LOC" and rdata.endswith("0.00m"): # what RFC 1876 leaves out
                rdata += " 1.00m 10000.00m 10.00m"
            merge(found, (SOURCES[m["type"].split("_")[0]], m["rrname"].rstrip("."),
                          m["rrtype"], rdata), m["count"],
                  int(m["time_first"].split(".")[0]), int(m["time_last"].split(".")[0]))
    return found


def records_of(db):
    found = {}
    r = subprocess.run([yore, "export", "--db", db, "--view", "rr"], capture_output=True,
                       text=True, timeout=60)
    for line in r.stdout.splitlines():
        m = json.loads(line)
        rdata = m["rdata"] if isinstance(m["rdata"], str) else m["rdata"][0]
        merge(found, (m["source"], m["rrname"].rstrip("."), m["rrtype"], rdata.rstrip(".")),
              m["count"], m["time_first"], m["time_last"])
    return found


for path in files:
    with tempfile.TemporaryDirectory() as scratch:
        db = os.path.join(scratch, "db")
        subprocess.run([yore, "import", "-q", "--db", db, path], timeout=60)
        want, got = records_of_truth(path[:-len("fstrm")] + "reduced.ndjson"), records_of(db)
        differ = [(k, want.get(k), got.get(k)) for k in want.keys() | got.keys()
                  if want.get(k) != got.get(k)]
        ok(not differ and want, f"{os.path.basename(path)}: {len(want)} records, each with "
           "its source, count, first and last", differ[:4])
if not files:
    skip("no corpus (set YORE_CORPUS)")


# Streams made here: what a file may do wrong, and what it may lack.
def control(kind, content=b"protobuf:dnstap.Dnstap"):
    body = struct.pack(">I", kind)
    if content is not None:
        body += struct.pack(">II", 1, len(content)) + content
    return struct.pack(">II", 0, len(body)) + body


def data(message):
    return struct.pack(">I", len(message)) + message


def field(number, value):
    def varint(v):
        out = b""
        while v > 127:
            out, v = out + bytes([v & 127 | 128]), v >> 7
        return out + bytes([v])
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


DNS = bytes.fromhex("123481800001000100000000") + b"\1a\4test\0\0\1\0\1" \
    + b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\1"
EXCHANGE = (field(1, 6) + field(2, 1) + field(3, 1) + field(4, b"\x7f\0\0\1")
            + field(5, b"\x7f\0\0\2") + field(6, 4000) + field(7, 53)
            + field(12, 1400000000) + field(14, DNS))
GOOD = data(field(14, EXCHANGE) + field(15, 1))
START, STOP = control(2), control(3, None)

with tempfile.TemporaryDirectory() as scratch:
    path = os.path.join(scratch, "made")

    def made(octets):
        with open(path, "wb") as f:
            f.write(octets)
        lines, r = decoded(path)
        return len(lines), r

    def row(octets, want, note, text):
        n, r = made(octets)
        ok(n == want and note in r.stderr, f"{text}: {want} messages" +
           (f", '{note}'" if note else ""), [f"got {n}", r.stderr])

    row(START + GOOD * 3 + STOP, 3, "dnstap, 3 frames", "a whole file")
    row(START + GOOD * 3, 3, "", "a file without STOP")
    n, r = made(START + GOOD * 3)
    ok("damaged" not in r.stderr, "a file without STOP is not called damaged")
    row(START + GOOD + STOP + START + GOOD + STOP, 2, "", "two files behind one another")
    row(control(2, None) + GOOD, 1, "", "a stream that names no content")
    row(control(2, b"protobuf:other") + GOOD, 0, "does not carry dnstap",
        "a stream of something else")
    row(START + GOOD + GOOD[:20], 1, "cut inside a frame", "a cut frame")
    row(START + GOOD + b"\xff\xff\xff\xff" + GOOD, 1, "absurd length", "a frame of 4 GiB")
    row(START + GOOD + data(b"\xff" * 40) + GOOD, 2, "", "a frame that is no protobuf")
    row(START + data(b"\xa0\x06\x01" * 80000) + GOOD, 1, "",
        "a frame of nothing but unknown fields")
    row(START + data(field(14, field(1, 77)) + field(15, 1)) + GOOD, 1, "",
        "a message type of the future")
    row(START + GOOD + START, 1, "not a frame", "START twice")
    row(START + GOOD + b"\0\0\0\0\0\0\xff\xff", 1, "not a frame", "a control frame of 64 KiB")
    with open(path + ".zst", "wb") as f:
        f.write(subprocess.run(["gzip", "-c"], input=START + GOOD * 5 + STOP,
                               capture_output=True, check=True).stdout)
    lines, r = decoded(path + ".zst")
    ok(len(lines) == 5 and "dnstap (gzip)" in r.stderr, "a compressed file", [r.stderr])
done()
