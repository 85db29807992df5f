#!/usr/bin/env python3
"""A thousand look-ups a second: alone, beside an import at full speed, and beside that
and a question for everything; by the engine, and over HTTP.

usage: readers.py BUILD SCRATCH
"""
import json, os, re, shutil, subprocess, sys, threading, time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../tests/it/server"))
from serving import Server

build, scratch = sys.argv[1:3]
yore = os.path.join(build, "yore")
SECONDS = int(os.environ.get("YORE_BENCH_SECONDS", "10"))
db = os.path.abspath(os.path.join(scratch, "readers-db"))
shutil.rmtree(db, ignore_errors=True)


def put(name, value, unit):
    print(f"{name}\t{value}\t{unit}", flush=True)


def capture(seed, packets):
    path = os.path.join(scratch, f"readers-{seed}.pcap")
    if not os.path.exists(path):
        subprocess.run([os.path.join(build, "bench/bench-capture"), "-n", str(packets), "-u", str(packets // 4),
                        "-s", str(seed), "-t", str(1420000000 + seed * 1000000), path], check=True)
    return path


subprocess.run([yore, "import", "-q", "--db", db, capture(1, 1000000)], check=True)
names = os.path.join(scratch, "readers-names")
with open(names, "w") as f:
    lines = subprocess.run([yore, "export", "--db", db, "--json"], stdout=subprocess.PIPE, text=True).stdout.splitlines()
    f.write("\n".join(sorted({json.loads(x)["rrname"] for x in lines})[:100000]) + "\n")


class Importing:
    """Captures that are new each time, one after the other, until it is told to end."""
    def __enter__(self):
        self.go = True
        self.files = [capture(s, 1000000) for s in self.seeds]
        loop = "for f in %s; do %s import -q --db %s $f; done" % (" ".join(self.files), yore, db)
        self.p = subprocess.Popen(["setsid", "sh", "-c", loop])
        time.sleep(1)
        return self

    def __exit__(self, *_):
        self.was_running = self.p.poll() is None
        if self.was_running:
            os.killpg(self.p.pid, 9)
        self.p.wait()
        if not self.was_running:
            print("# readers: the import ended before the look-ups", file=sys.stderr)

    def __init__(self, *seeds):
        self.seeds = seeds


class Everything:
    """So many clients that ask for all there is, again and again, and read it."""
    def __init__(self, server, clients):
        self.server, self.answers, self.go = server, 0, True
        self.threads = [threading.Thread(target=self.ask) for _ in range(clients)]

    def ask(self):
        while self.go:
            r = subprocess.run(["curl", "-s", "-m", str(2 * SECONDS), "-o", os.devnull,
                                self.server.url + "/dnsdb/v2/lookup/rrset/name/*?limit=0"])
            self.answers += r.returncode == 0

    def __enter__(self):
        [t.start() for t in self.threads]
        time.sleep(1)
        return self

    def __exit__(self, *_):
        self.go = False
        [t.join() for t in self.threads]


def engine(name, *more):
    r = subprocess.run([os.path.join(build, "bench/bench-readers"), db, names, "1000", str(SECONDS), *more],
                       stdout=subprocess.PIPE, text=True, check=True).stdout.split()
    for part, us in zip(("p50", "p99", "p999", "longest"), r):
        put(f"readers_{name}_{part}", f"{int(us) / 1000:.2f}", "ms, 1,000 look-ups a second")
    put(f"readers_{name}_memory", r[6], "MiB")


engine("alone")
with Importing(2, 3, 4, 5):
    engine("import")
with Importing(6, 7, 8, 9):
    engine("import_huge", "huge")

wrk = shutil.which("wrk")
if wrk:
    script = os.path.join(scratch, "readers.lua")
    with open(script, "w") as f:
        f.write('''
local names, delay_ms = {}, tonumber(os.getenv("DELAY_MS"))
for line in io.lines(os.getenv("NAMES")) do names[#names + 1] = line end
function init(args) math.randomseed(os.time()) end
function request()
  return wrk.format("GET", "/dnsdb/v2/lookup/rrset/name/" .. names[math.random(#names)], {["X-API-Key"] = "none"})
end
function delay() return math.random(0, 2 * delay_ms) end
function done(summary, latency, requests)
  io.write(string.format("RESULT %d %d %.1f %.1f %.1f\\n", summary.requests, summary.duration,
           latency:percentile(50), latency:percentile(99), latency:percentile(99.9)))
end
''')
    s = Server(yore, db=db)
    try:
        for name, seeds in (("alone", None), ("import", (10, 11, 12, 13)), ("huge", None)):
            def load():
                r = subprocess.run([wrk, "-t1", "-c20", f"-d{SECONDS}s", "-s", script, s.url], stdout=subprocess.PIPE,
                                   text=True, check=True, env=dict(os.environ, NAMES=names, DELAY_MS="19"))
                n, us, *p = (float(x) for x in re.search(r"RESULT (.*)", r.stdout).group(1).split())
                put(f"readers_http_{name}_rate", int(n / (us / 1e6)), "per s")
                for part, v in zip(("p50", "p99", "p999"), p):
                    put(f"readers_http_{name}_{part}", f"{v / 1000:.2f}", "ms")
            if seeds:
                with Importing(*seeds):
                    load()
            elif name == "huge":
                with Everything(s, 8) as e:
                    load()
                put("readers_http_huge_answers", e.answers, "of everything meanwhile, by 8 who ask for it")
                put("readers_http_huge_memory", s.rss() >> 20, "MiB")
            else:
                load()
    finally:
        s.stop()
shutil.rmtree(db, ignore_errors=True)
for name in os.listdir(scratch):
    if name.startswith("readers-"):
        os.unlink(os.path.join(scratch, name))
