#!/usr/bin/env python3
"""What is in the history after an import of each capture of the corpus, and its truth.

usage: corpus.t YORE SOURCE_ROOT CANONICAL

For each capture and for --accept matched and all: a database, an import with bailiwick
off, an export of single records; compared are records with count, first and last. The
truth (the corpus' README explains it): undamaged messages from port 53, class IN, every
rcode and section, no pseudo-records, a record once per message, dated not before 1990
(four captures are of 1970: what they hold must not be taken). Then every file of
robust/ must be survived and leave nothing. Without the corpus everything is skipped.
"""
import csv, gzip, json, os, subprocess, sys, tempfile, threading
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from tap import done, ok

yore, root, canonical_program = sys.argv[1:4]
corpus = (os.environ.get("YORE_CORPUS")
          or os.path.join(root, "..", "shared", "corpus"))
if not os.path.exists(os.path.join(corpus, "MANIFEST.tsv")):
    print("1..0 # SKIP no corpus (set YORE_CORPUS)")
    sys.exit(0)

SKIP = {"OPT", "TSIG", "TKEY", "ANY", "AXFR", "IXFR", "MAILA", "MAILB", "TYPE0"}
# Where we know better than the truth, and why: records more or fewer than it has.
KNOWN = {
    # The truth stops at a hole in a TCP stream; we go on behind it.
    "DNS-OARC_dnscap__src__test__dnso1tcp-bighole.pcap",
    "DNS-OARC_dnscap__src__test__dnso1tcp-midmiss.pcap",
}
EARLIEST = 631152000  # 1990


def lines(base):
    for path, opener in ((base, open), (base + ".gz", gzip.open)):
        if os.path.exists(path):
            with opener(path, "rt") as f:
                for line in f:
                    yield json.loads(line)
            return


class Canonical:
    """(name, type, rdata text) -> canonical octets as text: one program, each text once."""

    def __init__(self):
        self.lock, self.known = threading.Lock(), {}
        self.program = subprocess.Popen([canonical_program], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)

    def tell(self, keys):
        for k in keys:
            self.program.stdin.write("\t".join(k).replace("\n", " ") + "\n")
        self.program.stdin.flush()

    def __call__(self, keys):
        with self.lock:
            new = [k for k in dict.fromkeys(keys) if k not in self.known]
            teller = threading.Thread(target=self.tell, args=(new,))
            teller.start()
            for k in new:
                line = self.program.stdout.readline()
                if not line:
                    raise RuntimeError(f"{canonical_program} ended at one of {new[:3]}")
                self.known[k] = line.rstrip("\n")
            teller.join()
            return [self.known[k] for k in keys]

    def end(self):
        self.program.stdin.close()
        return self.program.wait(60)


canonical = Canonical()


def counts(r):
    if not r["sport53"] or r["opcode"] != "QUERY" or r["msg_error"] or r["error"]:
        return False
    if float(r["time"]) < EARLIEST:
        return False
    return r["rrclass"] == "IN" and r["rrtype"] not in SKIP and r["rdata_canon"] is not None


def truth(base):
    icmp = {m["frame"] for m in lines(base + ".msgs.ndjson") if m.get("in_icmp")}
    rows = [r for r in lines(base + ".rrs.ndjson") if counts(r) and r["frame"] not in icmp]
    keys = canonical([(r["rrname"], f"TYPE{r['rrtype_num']}", r["rdata_canon"])
                      for r in rows])
    bad = [i for i, k in enumerate(keys) if k == "bad"]
    raw = canonical([(rows[i]["rrname"], f"TYPE{rows[i]['rrtype_num']}",
                      f"\\# {len(rows[i]['rdata_wire']) // 2} {rows[i]['rdata_wire']}")
                     for i in bad])
    for i, k in zip(bad, raw):
        keys[i] = k
    return list(zip(keys, rows))


def expected(rows, policy):
    out, seen = {}, set()
    for key, r in rows:
        if policy == "matched" and r["match"] == "none":
            continue
        t = int(r["time"].split(".")[0])
        c, first, last = out.get(key, (0, t, t))
        once = (r["frame"], r["qname"], r["qtype"], key)
        out[key] = (c + (once not in seen), min(first, t), max(last, t))
        seen.add(once)
    return out


def run(*args):
    return subprocess.run([yore, *args], capture_output=True, text=True, timeout=300)


def crashed(r):
    return (not 0 <= r.returncode < 128 or "Sanitizer" in r.stderr
            or "runtime error:" in r.stderr)


def stored(path, policy):
    with tempfile.TemporaryDirectory(prefix="yore-corpus-") as d:
        db = os.path.join(d, "db")
        i = run("import", "--db", db, "--accept", policy, "--bailiwick", "off", path)
        e = run("export", "--db", db, "--view", "rr", "--json")
    rows = []
    for line in e.stdout.splitlines():
        o = json.loads(line)
        rdata = o["rdata"] if isinstance(o["rdata"], list) else [o["rdata"]]
        rows += [((o["rrname"], str(o["rrtype"]), x), o) for x in rdata]
    out = {}
    for key, (_, o) in zip(canonical([k for k, _ in rows]), rows):
        c, first, last = out.get(key, (0, o["time_first"], o["time_last"]))
        out[key] = (c + o.get("count", 0), min(first, o["time_first"]),
                    max(last, o["time_last"]))
    return out, i, e


def compare(row):
    path = os.path.join(corpus, row["file"])
    rows = truth(os.path.join(corpus, "truth", row["id"]))
    results = []
    for policy in ("matched", "all"):
        want = expected(rows, policy)
        have, i, e = stored(path, policy)
        missing, extra = want.keys() - have.keys(), have.keys() - want.keys()
        differ = [k for k in want.keys() & have.keys() if want[k] != have[k]]
        good = (not crashed(i) and not crashed(e)
                and (not (missing or extra or differ) or row["id"] in KNOWN))
        notes = [f"missing {k}" for k in sorted(missing)[:3]]
        notes += [f"extra {k}" for k in sorted(extra)[:3]]
        notes += [f"differs {k} want {want[k]} have {have[k]}" for k in differ[:3]]
        notes += i.stderr.splitlines()[-2:] + e.stderr.splitlines()[-2:]
        results.append((good, f"{row['id']} | {policy} | expected {len(want)} | got "
                        f"{len(have)}", [] if good else notes, len(want),
                        len(want) - len(missing) - len(differ)))
    return results


def survived(files):
    """-> those that are not, what they leave; each file by itself only to say which."""
    with tempfile.TemporaryDirectory(prefix="yore-robust-") as d:
        take = ("import", "--db", os.path.join(d, "db"), "--accept", "all", "--bailiwick", "off")
        r = run(*take, *files)
        wrong = [f"{files[0]} and {len(files) - 1} more: {r.returncode} {r.stdout[:60]}"]
        all_of_them = len(files) == 1 or f"{len(files)} of {len(files)} files" in r.stdout
        if r.returncode in (0, 3) and all_of_them:
            wrong = []
        elif len(files) > 1:
            wrong += [w for f in files for w in survived([f])[0]]
        e = run("export", "--db", os.path.join(d, "db"), "--view", "rr", "--json")
        return wrong + [e.stderr] * crashed(e), e.stdout.splitlines()


with open(os.path.join(corpus, "MANIFEST.tsv")) as f:
    manifest = list(csv.DictReader(f, delimiter="\t"))
total = right = 0
with ThreadPoolExecutor(max_workers=os.cpu_count() or 2) as pool:
    for results in pool.map(compare, manifest):
        for good, text, notes, n, n_right in results:
            ok(good, text, notes)
            total += n
            right += n_right
print(f"# {right} of {total} records as in the truth, {len(manifest)} captures")
ok(canonical.end() == 0, "the program that compares them ends well")
robust = os.path.join(corpus, "robust")
files = sorted(os.path.join(robust, f) for f in os.listdir(robust))
with ThreadPoolExecutor(max_workers=os.cpu_count() or 2) as pool:
    runs = list(pool.map(survived, [files[i::10] for i in range(min(10, len(files)))]))
ok(not any(w for w, _ in runs), f"{len(files)} broken captures are survived",
   [x for w, _ in runs for x in w][:5])
ok(not any(left for _, left in runs), "and leave nothing", [x for _, l in runs for x in l][:5])
done()
