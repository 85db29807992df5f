#!/usr/bin/env python3
"""What is given to others: a smuggler tries to get things through the policy."""
import os, subprocess, sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from serving import *

yore, root, seed = sys.argv[1:4]
here = folder("share")
db = os.path.join(here, "db")
A, T = "above", (JULY, JULY + 9, 3)
good = [
    ("www.good-site.com", "A", A, 2, *T, "93.184.216.34"),
    ("good-site.com", "MX", A, 2, *T, "10 mail.good-site.com."),
    ("good-site.co.uk", "NS", A, 2, *T, "ns1.good-dns.net.", "ns2.good-dns.net."),
    ("v6.good-site.com", "AAAA", A, 2, *T, "2606:2800:220:1::1"),
    ("34.216.184.93.in-addr.arpa", "PTR", A, 2, *T, "www.good-site.com."),
]
bad = [
    ("below.good-site.com", "A", "below", 2, *T, "93.184.216.35"),
    ("zone.good-site.com", "A", "zone", 2, *T, "93.184.216.35"),
    ("circl.good-site.com", "A", "circl", 2, *T, "93.184.216.35"),
    ("unproven.good-site.com", "A", A, "-", *T, "93.184.216.35"),
    ("rfc1918.good-site.com", "A", A, 2, *T, "10.1.2.3"),
    ("half.good-site.com", "A", A, 2, *T, "93.184.216.36", "192.168.7.7"),
    ("loop.good-site.com", "A", A, 2, *T, "127.0.0.1"),
    ("ula.good-site.com", "AAAA", A, 2, *T, "fd00::1"),
    ("mapped.good-site.com", "AAAA", A, 2, *T, "::ffff:10.0.0.1"),
    ("link.good-site.com", "AAAA", A, 2, *T, "fe80::1"),
    ("hint.good-site.com", "HTTPS", A, 2, *T, "1 . ipv4hint=10.9.9.9"),
    ("printer", "A", A, 0, *T, "93.184.216.37"),
    ("server.corp", "A", A, 1, *T, "93.184.216.37"),
    ("nas.local", "A", A, 1, *T, "93.184.216.37"),
    ("hidden.onion", "A", A, 1, *T, "93.184.216.37"),
    ("x.nosuchtopleveldomain", "A", A, 1, *T, "93.184.216.37"),
    ("secret.ours.example.org", "A", A, 2, *T, "93.184.216.37"),
    ("ours.example.org", "NS", A, 2, *T, "ns1.good-dns.net."),
    ("SECRET.Ours.Example.ORG".lower() + ".evil.com", "CNAME", A, 2, *T, "secret.ours.example.org."),
    ("points.good-site.com", "CNAME", A, 2, *T, "intranet.corp."),
    ("srv.good-site.com", "SRV", A, 2, *T, "0 0 443 dc1.ours.example.org."),
    ("soa.good-site.com", "SOA", A, 2, *T,
     "ns1.good-dns.net. admin.ours.example.org. 1 2 3 4 5"),
    ("txt.good-site.com", "TXT", A, 2, *T, '"client 10.0.0.5 asked"'),
    ("private.good-site.com", "TYPE65280", A, 2, *T, "\\# 4 0a000005"),
    ("5.0.0.10.in-addr.arpa", "PTR", A, 2, *T, "www.good-site.com."),
    ("10.in-addr.arpa", "NS", A, 2, *T, "ns1.good-dns.net."),
]
policy = os.path.join(here, "policy")
with open(policy, "w") as f:
    f.write("# to partners\ntlp = amber\nlicence = CC-BY-4.0\nzone = ours.example.org\n")
s = Server(yore, "--upload", db=db)
for year in (0,):
    s.post_segment(segment(seed, rows(*good, *bad)))
s.stop()


def export(*args):
    r = subprocess.run([yore, "export", "--db", db, *args], stdout=subprocess.PIPE,
                       stderr=subprocess.PIPE, text=True, timeout=60)
    return r.returncode, r.stdout, r.stderr


rc, out, err = export("--json")
equal(len(out.splitlines()), len(good) + len(bad), "all of it is in the history")
rc, out, err = export("--share", policy)
lines = [json.loads(x) for x in out.splitlines()]
equal(lines[0], {"share": {"tlp": "amber", "licence": "CC-BY-4.0"}}, "the terms come first")
equal(sorted((x["rrname"], x["rrtype"]) for x in lines[1:]), sorted((g[0], g[1]) for g in good),
      "what is certainly fit to be given, and nothing else")
for word in ("10.", "192.168", "127.", "fd00", "fe80", "ours.example", "corp", "client", "edge",
             "seed.pcap", "sensor", "circl", "below"):
    body = "\n".join(out.splitlines()[1:]).replace("34.216.184.93.in-addr", "")
    ok(word not in body, f"'{word}' is not in it", out)
rc, text, err = export("--share", policy, "--dry-run")
ok("www.good-site.com" in text and "secret" not in text and "share" not in text.splitlines()[0],
   "it can be looked at first", text)
ok(all(w in err for w in ("5 given", "bailiwick not proven", "not globally reachable",
                          "public suffix", "zone of ours", "not seen above")),
   "with what stays, and why", err)
with open(policy, "a") as f:
    f.write("sensors = 2\n")
rc, out, err = export("--share", policy)
equal(len(out.splitlines()), 1, "one sensor is not two")
with open(policy, "a") as f:
    f.write("types = TXT\nsensors = 0\n")
rc, out, err = export("--share", policy)
equal([json.loads(x)["rrname"] for x in out.splitlines()[1:]], ["txt.good-site.com"],
      "types can be named")
for bad_line in ("zone\n", "tlp = purple\n", "zone = a..b\n", "sensors = many\n", "colour = red\n"):
    with open(policy, "w") as f:
        f.write("# x\n" + bad_line)
    rc, out, err = export("--share", policy)
    ok(rc not in (0, 1) and out == "" and ":2:" in err, f"refused, with its line: {bad_line!r}", err)
for more in (["--csv"], ["--negative"], ["--suspicious"]):
    with open(policy, "w") as f:
        f.write("tlp = green\n")
    rc, out, err = export("--share", policy, *more)
    ok(rc == 2 and out == "", f"not together with {more}", rc, out[:200], err)
done()
