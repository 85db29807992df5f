#!/usr/bin/env python3
"""Keys, quotas, the audit log, TLS, going down in order, and what operators look at."""
import base64, os, shutil, ssl, subprocess, sys, threading
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from serving import *

yore, root, seed = sys.argv[1:4]
here = folder("keys")
keys = os.path.join(here, "keys")
audit = os.path.join(here, "audit.log")


def add(name, *options):
    r = subprocess.run([yore, "key", "add", "--keys", keys, *options, name],
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if r.returncode:
        ok(False, f"key add {name}", r.stderr)
    return r.stdout.strip()


alice = add("alice")
few = add("few", "--quota", "3")
slow = add("slow", "--rate", "1", "--burst", "2")
short = add("short", "--rows", "5")
away = add("away", "--from", "203.0.113.0/24")
sensor = add("sensor", "--scope", "upload")
admin = add("admin", "--scope", "admin,query,upload")
wide = add("wide", "--scope", "query,providers")
named = add("named", "--source", "circl")
text = open(keys).read()
ok(len(alice) == 64 and all(k[8:] not in text for k in (alice, few, slow)),
   "the file holds no secret")
equal(os.stat(keys).st_mode & 0o777, 0o600, "and is its owner's alone")
r = subprocess.run([yore, "key", "list", "--keys", keys], stdout=subprocess.PIPE, text=True)
equal(len(r.stdout.splitlines()), 9, "key list")
for bad in (["--scope", "nothing", "x"], ["--from", "nowhere", "x"], ["a b"]):
    r = subprocess.run([yore, "key", "add", "--keys", keys, *bad], stderr=subprocess.PIPE,
                       stdout=subprocess.PIPE, text=True)
    ok(r.returncode == 2 and r.stdout == "", f"key add {bad} is refused", r.stderr)

s = Server(yore, "--upload", "--audit", audit, keys=keys)
key = lambda k: {"X-API-Key": k}
try:
    got = s.post_segment(segment(seed, USUAL + MANY), headers=key(sensor))
    equal(got[1]["status"], "added", "a sensor's key uploads")
    s.post_segment(segment(seed, rows(("www.example.com", "A", "circl", "-", JULY, JULY + 9, 2,
                                       "192.0.2.66")), year=0, number=2), headers=key(sensor))
    target = "/dnsdb/v2/lookup/rrset/name/www.example.com"
    equal(s.ask(target, headers=key(alice))[0], 200, "X-API-Key")
    equal(s.ask(target, headers={"x-api-key": alice})[0], 200, "in any spelling")
    basic = base64.b64encode(f"anybody:{alice}".encode()).decode()
    equal(s.ask("/pdns/query/example.com", headers={"Authorization": "Basic " + basic})[0], 200,
          "Basic")
    equal(s.ask("/pdns/query/example.com", headers={"Authorization": "Bearer " + alice})[0], 200,
          "Bearer")
    equal(s.ask("/pdns/query/example.com", headers={"Authorization": alice})[0], 200, "a bare token")
    wrong = alice[:-1] + ("0" if alice[-1] != "0" else "1")
    for path, absent, bad in ((target, 401, 403), ("/lookup/rrset/name/x.example", 401, 403),
                              ("/pdns/query/x.example", 401, 401),
                              ("/api/v1/records?term=x.example", 401, 401)):
        equal((s.ask(path)[0], s.ask(path, headers=key(wrong))[0],
               s.ask(path, headers=key("x" * 5000))[0]), (absent, bad, bad),
              f"without a key, or a wrong one: {path}")
    equal(s.ask("/dnsdb/v2/ping", headers=key("bad"))[0], 200, "ping works with a bad key")
    equal(s.ask("/dnsdb/v2/rate_limit", headers=key("bad"))[0], 403, "rate_limit does not")
    equal(s.ask(target, headers=key(away))[0], 403, "a key that is not for this address")
    equal(s.ask(target, headers=key(sensor))[0], 403, "a sensor's key may not ask")
    equal(s.ask("/api/v1/segments?name=" + "0" * 64, method="POST", body=b"x",
                headers=key(alice))[0], 403, "an analyst's may not upload")
    status, h, b = s.ask(target, headers=key(few))
    equal((h["x-ratelimit-limit"], h["x-ratelimit-remaining"]), ("3", "2"), "what is left")
    rate = json.loads(s.text("/dnsdb/v2/rate_limit", headers=key(few)))["rate"]
    equal((rate["limit"], rate["remaining"]), (3, 2), "asking for it costs nothing")
    s.ask(target, headers=key(few)), s.ask(target, headers=key(few))
    status, h, b = s.ask(target, headers=key(few))
    ok(status == 429 and 0 < int(h["retry-after"]) <= 86400, "the quota of the day is over", h)
    got = [s.ask(target, headers=key(slow))[0] for _ in range(4)]
    equal(got.count(200), 2, "a burst of two at one a second")
    time.sleep(1.1)
    equal(s.ask(target, headers=key(slow))[0], 200, "and a second later one more")
    got = s.lines("/dnsdb/v2/lookup/rrset/name/many.example.net?limit=0", headers=key(short))
    equal((len(got), got[-1]["cond"]), (7, "limited"), "a ceiling of rows")
    equal(json.loads(s.text("/dnsdb/v2/rate_limit", headers=key(short)))["rate"]["results_max"], 5,
          "which rate_limit shows")
    have = lambda k: {x["source"] for x in
                      s.lines("/api/v1/records?term=www.example.com", headers=key(k))[:-1]}
    equal((have(alice), have(wide), have(named)),
          ({"above", "below"}, {"above", "below", "circl"}, {"above", "below", "circl"}),
          "what providers said is hidden unless granted")
    equal(s.ask("/api/v1/records?term=www.example.com&source=circl", headers=key(alice))[0], 403,
          "also when asked for")
    s.post_segment(segment(seed, rows(("www.example.com", "A", "circl.tlp-red", "-", JULY, JULY + 9,
                                       2, "192.0.2.67")), year=0, number=3), headers=key(sensor))
    equal((have(alice), have(wide)), ({"above", "below"}, {"above", "below", "circl"}),
          "what a provider marked TLP:RED is shown to nobody")
    equal([x["source"] for x in s.lines("/api/v1/records?term=www.example.com&source=circl.tlp-red",
                                        headers=key(wide))[:-1]], ["circl.tlp-red"],
          "who does not name it")
    equal(s.ask("/api/v1/records?term=www.example.com&source=circl.tlp-red", headers=key(alice))[0],
          403, "and may")
    equal((s.ask("/metrics", headers=key(alice))[0], s.ask("/metrics", headers=key(admin))[0]),
          (403, 200), "metrics are the operator's")
    for path in ("/healthz", "/readyz", "/openapi.json"):
        equal(s.ask(path)[0], 200, f"{path} needs no key")

    # ---- revoked while it runs ----
    subprocess.run([yore, "key", "revoke", "--keys", keys, "alice"], stderr=subprocess.DEVNULL,
                   check=True)
    os.rename(audit, audit + ".1")
    s.process.send_signal(signal.SIGHUP)
    end = time.time() + 5
    while s.ask(target, headers=key(alice))[0] == 200 and time.time() < end:
        time.sleep(0.05)
    equal(s.ask(target, headers=key(alice))[0], 403, "a revoked key ends with SIGHUP")
    shutil.copy(keys, keys + ".good")
    with open(keys, "a") as f:
        f.write("rubbish\n")
    s.process.send_signal(signal.SIGHUP)
    time.sleep(0.5)
    equal(s.ask(target, headers=key(wide))[0], 200, "a broken file of keys changes nothing")
    ok("rubbish" not in s.said() and "old keys stay" in s.said(), "and is complained about", s.said())

    # ---- logs ----
    lines = [json.loads(x) for x in open(audit + ".1")] + [json.loads(x) for x in open(audit)]
    one = [x for x in lines if x["target"] == target and x["name"] == "alice"]
    ok(one and one[0]["client"] == "127.0.0.1" and one[0]["status"] == 200 and
       one[0]["records"] == 2 and one[0]["key"] == alice[:8], "the audit log says who asked what")
    ok(os.path.getsize(audit) > 0, "it goes on in a new file after SIGHUP")
    equal(os.stat(audit).st_mode & 0o777, 0o600, "which is its owner's alone")
    everything = open(audit).read() + open(audit + ".1").read()
    ok(all(k[8:] not in everything and k[8:] not in s.said() for k in (alice, wide, sensor)),
       "no log holds a secret")
    ok("example" not in s.said() and "127.0.0.1 " not in s.said(),
       "the ordinary log holds no names and no clients", s.said())
    metrics = s.text("/metrics", headers=key(admin))
    ok("example" not in metrics and "alice" not in metrics, "no names in the metrics")
    ok(re.search(r"yore_http_keys_refused_total [1-9]", metrics) and
       re.search(r"yore_http_quota_refused_total [1-9]", metrics), "refusals are counted")
    with open(os.path.join(root, "packaging/grafana/yore.json")) as f:
        board = json.load(f)
    asked = set(re.findall(r"(?:yore|process)_[a-z0-9_]+",
                           " ".join(t["expr"] for p in board["panels"] for t in p["targets"])))
    have = set(re.findall(r"^((?:yore|process)_[a-z0-9_]+)", metrics, re.M))
    equal(sorted(asked - have), [], "the dashboard asks for metrics that there are")
    promtool = shutil.which("promtool")
    if promtool:
        r = subprocess.run([promtool, "check", "metrics"], input=metrics.encode(),
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        ok(r.returncode == 0 and r.stdout == b"", "promtool has nothing to say", r.stdout.decode())
    else:
        ok(True, "promtool # SKIP it is not installed (apt-get install prometheus)")
finally:
    equal(s.stop(), 0, "the server ends well")

# ---- a quota outlives the server, however it ends ----
used = os.path.join(here, "used")
with open(keys, "w") as f:
    f.write(open(keys + ".good").read())
for how in (signal.SIGKILL, signal.SIGTERM, signal.SIGKILL):
    s = Server(yore, "--quota-file", used, keys=keys)
    got = [s.ask(target, headers=key(few))[0] for _ in range(1)]
    rate = json.loads(s.text("/dnsdb/v2/rate_limit", headers=key(few)))["rate"]
    s.stop(how)
equal((got, rate["remaining"]), ([200], 0), "each of three servers, two of them killed, knew "
      "what the one before it had given")
s = Server(yore, "--quota-file", used, keys=keys)
equal(s.ask(target, headers=key(few))[0], 429, "so the fourth gives nothing")
r = subprocess.run([yore, "serve", "--db", "mem:", "--listen", "127.0.0.1:0", "--keys", keys,
                    "--quota-file", used], text=True, timeout=20, stderr=subprocess.PIPE)
ok(r.returncode >= 5 and "another server" in r.stderr, "two servers do not share the file", r.stderr)
s.stop(signal.SIGKILL)
db = os.path.join(here, "db")
with open(os.path.join(here, "one.lines"), "w") as f:
    f.write('{"rrname":"a.example.com","rrtype":"A","rdata":["192.0.2.1"],"time_first":1435708800,'
            '"time_last":1435708900,"count":1}\n')
subprocess.run([yore, "import", "-q", "--db", db, f.name], check=True, stderr=subprocess.DEVNULL)
for n in (2, 1):
    s = Server(yore, db=db, keys=keys)
    s.ask(target, headers=key(few))
    rate = json.loads(s.text("/dnsdb/v2/rate_limit", headers=key(few)))["rate"]
    equal(rate["remaining"], n, "beside the database when nobody says where")
    s.stop(signal.SIGKILL)
equal(os.stat(os.path.join(db, "QUOTAS")).st_mode & 0o777, 0o600, "its owner's alone")
r = subprocess.run([yore, "db", "verify", "--db", db], stdout=subprocess.PIPE,
                   stderr=subprocess.STDOUT, text=True)
equal(r.returncode, 0, "which the database does not mind")

# ---- where it may listen ----
r = subprocess.run([yore, "serve", "--db", "mem:", "--listen", "0.0.0.0:0"], text=True,
                   env={"HOME": here, "PATH": os.environ["PATH"]}, timeout=20,
                   stderr=subprocess.PIPE)
ok(r.returncode == 2 and "keys" in r.stderr, "without keys on loopback only, and it says so", r.stderr)
for bad in ("nonsense", "127.0.0.1:99999999", "300.1.1.1:80"):
    r = subprocess.run([yore, "serve", "--db", "mem:", "--listen", bad], text=True, timeout=20,
                       stderr=subprocess.PIPE)
    ok(r.returncode in (2, 5) and r.stderr.count("\n") <= 2, f"--listen {bad}", r.stderr)
r = subprocess.run([yore, "serve", "--db", os.path.join(here, "nothing")], text=True, timeout=20,
                   stderr=subprocess.PIPE)
ok(r.returncode == 6, "no database", r.stderr)

# ---- TLS, and another certificate while it runs ----
def certificate(name):
    pair = os.path.join(here, "pair.pem")
    r = subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
                        f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout",
                        pair + ".key", "-out", pair + ".crt"], stderr=subprocess.DEVNULL)
    with open(pair + ".new", "wb") as f:
        for part in (".crt", ".key"):
            f.write(open(pair + part, "rb").read())
    os.rename(pair + ".new", pair)
    return pair


def subject(port):
    c = ssl.create_default_context(cafile=os.path.join(here, "pair.pem"))
    with socket.create_connection(("127.0.0.1", port), 10) as raw:
        with c.wrap_socket(raw, server_hostname="127.0.0.1") as t:
            t.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            got = t.recv(100)
            name = dict(x[0] for x in t.getpeercert()["subject"])["commonName"]
            return name, got[:15]


if shutil.which("openssl"):
    pair = certificate("one")
    s = Server(yore, "--tls-cert", pair, db="mem:", env={}, )
    try:
        equal(subject(s.port), ("one", b"HTTP/1.1 200 OK"), "TLS")
        certificate("two")
        s.process.send_signal(signal.SIGHUP)
        end = time.time() + 10
        name = None
        while time.time() < end and name != "two":
            try:
                name = subject(s.port)[0]
            except (ssl.SSLError, OSError):
                time.sleep(0.1)
        equal(name, "two", "another certificate after SIGHUP, without a restart")
        with open(pair, "w") as f:
            f.write("rubbish\n")
        s.process.send_signal(signal.SIGHUP)
        time.sleep(0.7)
        ok("old certificate stays" in s.said(), "a broken one changes nothing", s.said())
    finally:
        equal(s.stop(), 0, "the server ends well")

    # ---- a centre that wants certificates of its sensors ----
    import wire
    pair = certificate("centre")
    for who in ("sensor", "stranger"):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
                        f"/CN={who}", "-keyout", f"{here}/{who}.key", "-out",
                        f"{here}/{who}.crt"], stderr=subprocess.DEVNULL)
    wire.capture(f"{here}/c.pcap", [(JULY + i, f"h{i}.example.com", "192.0.2.1")
                                    for i in range(20)])
    s = Server(yore, "--upload", "--tls-cert", pair, "--client-ca", f"{here}/sensor.crt")
    try:
        def ship(who):
            more = ["--to-cert", f"{here}/{who}.crt", "--to-cert-key", f"{here}/{who}.key"]
            r = subprocess.run([yore, "import", "-q", "--accept", "all", "--bailiwick", "off",
                                "--to", f"https://127.0.0.1:{s.port}", "--to-ca", pair,
                                "--spool", f"{here}/spool-{who}", "--to-wait", "4s",
                                *(more if who else []), f"{here}/c.pcap"],
                               stderr=subprocess.PIPE, text=True, timeout=60,
                               env=dict(os.environ, HOME=here))
            return r.returncode, r.stderr
        rc, err = ship("")
        ok(rc == 8, "without a certificate no segment is taken", rc, err)
        rc, err = ship("stranger")
        ok(rc == 8, "nor with one of a stranger", rc, err)
        rc, err = ship("sensor")
        ok(rc == 0, "with one that is known it is", rc, err)
        equal(subject(s.port)[1], b"HTTP/1.1 200 OK", "others need none")
    finally:
        equal(s.stop(), 0, "the server ends well")
else:
    ok(True, "TLS # SKIP openssl is not installed")

# ---- going down while answers are under way ----
s = Server(yore, "--upload")
big = rows(*[(f"h{i}.big.example", "TXT", "above", 2, JULY, JULY, 1, '"' + "x" * 200 + '"')
             for i in range(60000)])
s.post_segment(segment(seed, big))
c = socket.create_connection(("127.0.0.1", s.port))
c.sendall(b"GET /dnsdb/v2/lookup/rrset/name/*.big.example?limit=0 HTTP/1.1\r\nHost: x\r\n\r\n")
time.sleep(0.3)
s.process.send_signal(signal.SIGTERM)
time.sleep(0.3)
try:
    socket.create_connection(("127.0.0.1", s.port), 2).close()
    refused = False
except OSError:
    refused = True
ok(refused, "no new connections while it goes down")
got = b""
c.settimeout(20)
while True:
    try:
        part = c.recv(1 << 16)
    except OSError:
        break
    if not part:
        break
    got += part
ok(b'"succeeded"' in got and got.count(b'"obj"') == 60000, "what was under way is finished",
   len(got), got[-100:])
equal(s.process.wait(20), 0, "then it ends well")

# ---- a socket handed over ----
with socket.socket() as listening:
    listening.bind(("127.0.0.1", 0))
    listening.listen(8)
    port = listening.getsockname()[1]
    starter = ("import os,sys; os.dup2(int(sys.argv[1]), 3); os.set_inheritable(3, True);"
               "os.environ['LISTEN_PID'] = str(os.getpid()); os.environ['LISTEN_FDS'] = '1';"
               "os.execv(sys.argv[2], sys.argv[2:])")
    p = subprocess.Popen([sys.executable, "-c", starter, str(listening.fileno()), yore, "serve",
                          "--db", "mem:"], pass_fds=[listening.fileno()],
                         env={"HOME": here, "PATH": os.environ["PATH"]},
                         stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    atexit.register(p.kill)
    import http.client as hc
    conn = hc.HTTPConnection("127.0.0.1", port, timeout=10)
    conn.request("GET", "/healthz")
    equal(conn.getresponse().status, 200, "socket activation")
    p.terminate()
    equal(p.wait(20), 0, "and its end")
done()
