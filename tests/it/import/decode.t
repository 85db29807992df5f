#!/usr/bin/env python3
"""Compares the DNS responses that come out of every capture of the corpus with its truth.

usage: decode.t FRAMES [CORPUS]

FRAMES is the program of tests/it/frames.c. The corpus (its README explains the truth) is
the second argument, $YORE_CORPUS, or ../shared/corpus beside the source tree; without it
everything is skipped. Compared are all messages with QR=1 from port 53 that are not
copies inside ICMP errors: time of the frame that completed it, addresses, ports,
transport, length.
"""
import collections, csv, glob, gzip, json, os, subprocess, sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from tap import done, ok, tell

# Where we know better than the truth (or the truth better than a frame shows), and why.
# capture -> (how many of the truth's we do not have, how many more we have)
KNOWN = {
    # The truth stops at a hole in a TCP stream; we go on behind it.
    "DNS-OARC_dnscap__src__test__dnso1tcp-bighole.pcap": (0, 36),
    "DNS-OARC_dnscap__src__test__dnso1tcp-midmiss.pcap": (0, 2),
}

frames = sys.argv[1]
here = os.path.dirname(os.path.abspath(__file__))
corpus = (sys.argv[2] if len(sys.argv) > 2 else os.environ.get("YORE_CORPUS")
          or os.path.join(here, "..", "..", "..", "..", "shared", "corpus"))
if not os.path.exists(os.path.join(corpus, "MANIFEST.tsv")):
    print("1..0 # SKIP no corpus (set YORE_CORPUS)")
    sys.exit(0)


def micro(time):
    s, _, f = str(time).partition(".")
    return int(s) * 1000000 + int((f + "000000")[:6])


def truth(base):
    for path, opener in ((base, open), (base + ".gz", gzip.open)):
        if os.path.exists(path):
            with opener(path, "rt") as f:
                for line in f:
                    m = json.loads(line)
                    if m.get("sport53") and not m.get("in_icmp"):
                        yield (micro(m["time"]), m["src"], m["sport"], m["dst"],
                               m["dport"], m["proto"], m["msglen"])


def decoded(path, *options):
    r = subprocess.run([frames, *options, path], capture_output=True, text=True,
                       timeout=120)
    got = collections.Counter()
    for line in r.stdout.splitlines():
        f = line.split()
        if f[8] == "1" and f[3] == "53":
            got[(micro(f[1]), f[2], 53, f[4], int(f[5]), f[6], int(f[7]))] += 1
    return got, r


def compare(name, path, base):
    want = collections.Counter(truth(base))
    got, r = decoded(path)
    missing, extra = want - got, got - want
    less, more = KNOWN.get(name, (0, 0))
    good = (r.returncode == 0 and sum(missing.values()) == less
            and sum(extra.values()) == more)
    notes = [f"missing {m}" for m in list(missing)[:3]]
    notes += [f"extra {m}" for m in list(extra)[:3]]
    if good and name not in KNOWN:
        notes = []
    ok(good, f"{name}: {sum(want.values())} responses, {sum(got.values())} got", notes,
       r.stderr)
    if good:
        tell(notes)


with open(os.path.join(corpus, "MANIFEST.tsv")) as f:
    for row in csv.DictReader(f, delimiter="\t"):
        compare(row["id"], os.path.join(corpus, row["file"]),
                os.path.join(corpus, "truth", row["id"] + ".msgs.ndjson"))

for base in sorted(glob.glob(os.path.join(corpus, "rewrap", "*.msgs.ndjson"))):
    path = base[: -len(".msgs.ndjson")]
    name = os.path.basename(path)
    if name.endswith(".netmon2"):
        _, r = decoded(path)
        ok(r.returncode == 1 and "editcap" in r.stderr, f"{name}: refused, says what to do")
        continue
    compare(name, path, base)

for path in sorted(glob.glob(os.path.join(corpus, "robust", "*"))):
    _, r = decoded(path)
    name = os.path.basename(path)
    if r.returncode not in (0, 1) or (r.returncode == 1 and "not a capture" not in r.stderr):
        ok(False, f"{name}: survives", r.stderr.splitlines()[-3:])
ok(True, "every broken capture was survived")
done()
