#!/usr/bin/env python3
"""One capture in three dozen encapsulations and file formats: the same records each time.

usage: rewrap.t YORE SOURCE_ROOT

The corpus is $YORE_CORPUS or ../shared/corpus beside the source tree.
"""
import collections, glob, json, os, subprocess, sys, tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from tap import done, ok

yore, root = os.path.abspath(sys.argv[1]), sys.argv[2]
corpus = os.path.join(os.environ.get("YORE_CORPUS")
                      or os.path.join(root, "..", "shared", "corpus"), "rewrap")

# What gives nothing, and what is said.
NOTHING = {
    "dev-fmt-netmon2.netmon2": "Network Monitor", # refused, with a way out
    "dev-fmt-snap128.pcap": "", # every answer is cut: a message counts whole or not at all
}


def truth(path):
    found = collections.Counter()
    with open(path) as f:
        for line in f:
            m = json.loads(line)
            found[(m["rrname"].rstrip("."), m["rrtype"], m["rdata"].rstrip("."))] += m["count"]
    return found


def kept(db):
    found = collections.Counter()
    r = subprocess.run([yore, "export", "--db", db, "--view", "rr"], capture_output=True,
                       text=True, timeout=60)
    for line in r.stdout.splitlines():
        m = json.loads(line)
        rdata = m["rdata"] if isinstance(m["rdata"], str) else m["rdata"][0]
        found[(m["rrname"].rstrip("."), m["rrtype"], rdata.rstrip("."))] += m["count"]
    return found


wanted = sorted(glob.glob(os.path.join(corpus, "*.reduced.ndjson")))
if not wanted:
    print("1..0 # SKIP no corpus (set YORE_CORPUS)")
    sys.exit(0)
for path in wanted:
    capture = path[:-len(".reduced.ndjson")]
    name = os.path.basename(capture)
    with tempfile.TemporaryDirectory() as scratch:
        db = os.path.join(scratch, "db")
        r = subprocess.run([yore, "import", "-q", "--accept", "all", "--db", db, capture],
                           capture_output=True, text=True, timeout=60)
        got = kept(db)
    if name in NOTHING:
        ok(not got and NOTHING[name] in r.stderr, f"{name}: gives nothing", got, r.stderr)
        continue
    want = truth(path)
    ok(r.returncode == 0 and got == want, f"{name}: {sum(want.values())} records",
       f"missing {list((want - got).items())[:3]}", f"extra {list((got - want).items())[:3]}",
       r.stderr)
done()
