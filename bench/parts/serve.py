#!/usr/bin/env python3
"""HTTP look-ups: a server on one processor, wrk on another.

usage: serve.py BUILD SCRATCH

200,000 names in a database; each request asks for one of them at random, as DNSDB's and
CIRCL's clients do. The server runs one thread, bound to one processor. First as fast as
it goes (requests and processor time), then with connections that together ask at half
that rate (latency), then a million requests while its memory is looked at.
"""
import os, re, shutil, subprocess, sys, time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "../../tests/it/server"))
from serving import Server, rows, segment, JULY

build, scratch = sys.argv[1:3]
wrk = shutil.which("wrk")
if wrk is None:
    print("# serve: wrk is not installed", file=sys.stderr)
    sys.exit(0)
NAMES = 200000
SECONDS = int(os.environ.get("YORE_BENCH_SECONDS", "8"))
db = os.path.abspath(os.path.join(scratch, "serve-db"))
shutil.rmtree(db, ignore_errors=True)
script = os.path.join(scratch, "serve.lua")
with open(script, "w") as f:
    f.write("""
local prefix, delay_ms = os.getenv("PREFIX"), tonumber(os.getenv("DELAY_MS") or "0")
function init(args) math.randomseed(os.time()) end
function request()
  return wrk.format("GET", prefix .. "h" .. math.random(0, %d) .. ".example.com",
                    {["X-API-Key"] = "none"})
end
if delay_ms > 0 then function delay() return math.random(0, 2 * delay_ms) end end
local bad = 0
function done(summary, latency, requests)
  io.write(string.format("RESULT %%d %%d %%.1f %%.1f %%d\\n", summary.requests, summary.duration,
           latency:percentile(50), latency:percentile(99),
           summary.errors.status + summary.errors.read + summary.errors.timeout))
end
""" % (NAMES - 1))


def cpu_s(pid):
    with open(f"/proc/{pid}/stat") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def load(s, prefix, connections, seconds, delay_ms=0):
    before = cpu_s(s.process.pid)
    r = subprocess.run(["taskset", "-c", "1", wrk, "-t1", f"-c{connections}", f"-d{seconds}s",
                        "-s", script, s.url], stdout=subprocess.PIPE, text=True, check=True,
                       env=dict(os.environ, PREFIX=prefix, DELAY_MS=str(delay_ms)))
    n, us, p50, p99, bad = (float(x) for x in re.search(r"RESULT (.*)", r.stdout).group(1).split())
    if bad:
        print(f"# serve: {int(bad)} requests failed", file=sys.stderr)
    return n / (us / 1e6), p50, p99, (cpu_s(s.process.pid) - before) / n * 1e6, n


def put(name, value, unit):
    print(f"{name}\t{value}\t{unit}", flush=True)


s = Server(os.path.join(build, "yore"), "--upload", "--threads", "1", db=db)
seed = os.path.join(build, "tests/it/server/seed")
for part in range(4):
    text = rows(*[(f"h{i}.example.com", "A", "above", 2, JULY + i, JULY + i + 60, 1 + i % 9,
                   f"192.0.2.{i % 250}") for i in range(part, NAMES, 4)])
    status, answer = s.post_segment(segment(seed, text, number=part + 1))
    if answer["status"] != "added":
        sys.exit(f"serve: {answer}")
for t in os.listdir(f"/proc/{s.process.pid}/task"):
    os.sched_setaffinity(int(t), {0})
try:
    for name, prefix in (("dnsdb", "/dnsdb/v2/lookup/rrset/name/"), ("circl", "/pdns/query/")):
        load(s, prefix, 16, 2)
        rate, p50, p99, us, n = load(s, prefix, 16, SECONDS)
        put(f"serve_{name}_lookups", int(rate), "per s, one processor")
        put(f"serve_{name}_cpu", f"{us:.1f}", "us of processor a look-up")
        # half of it: so many connections that each ask every 10 ms
        rate2, p50, p99, _, n = load(s, prefix, max(2, int(rate / 2 * 0.010)), SECONDS, 10)
        put(f"serve_{name}_half_rate", int(rate2), "per s")
        put(f"serve_{name}_half_p50", f"{p50 / 1000:.2f}", "ms")
        put(f"serve_{name}_half_p99", f"{p99 / 1000:.2f}", "ms")
    first = s.rss()
    total, began = 0, time.time()
    while total < 1000000 and time.time() - began < 90:
        total += load(s, "/dnsdb/v2/lookup/rrset/name/", 32, 10)[4]
    put("serve_memory_before", first >> 20, "MiB")
    put("serve_memory_after", s.rss() >> 20, f"MiB, {int(total)} requests later")
finally:
    s.stop()
    shutil.rmtree(db, ignore_errors=True)
