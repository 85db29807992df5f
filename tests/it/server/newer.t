#!/usr/bin/env python3
"""A sensor whose program is newer than its centre's: what it sends waits, and comes later."""
import hashlib, http.server, os, subprocess, sys, threading, urllib.parse
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from serving import *
from wire import capture

yore = sys.argv[1]
here = folder("newer")
VERSION = 13  # the octet of a segment that has it

mode = "newer"  # "newer": what passes by is of version 3; "old": the centre is of version 1; "as it is"
sent = []


class Between(http.server.BaseHTTPRequestHandler):
    """Between sensor and centre: segments become those of a newer program."""

    def log_message(self, *args):
        pass

    def answer(self, status, headers, body):
        self.send_response(status)
        for k in ("retry-after", "content-type"):
            if k in headers:
                self.send_header(k, "1" if k == "retry-after" else headers[k])
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.answer(*c.ask(self.path))

    def do_POST(self):
        body = bytearray(self.rfile.read(int(self.headers["Content-Length"])))
        sent.append(len(body))
        if mode == "old":  # as a program says it that knows version 1 only
            text = b'{"status":"bad","message":"segment: its head: made by another version"}\n'
            return self.answer(422, {}, text)
        path = self.path
        if mode == "newer":
            body[VERSION] = 3
            at = urllib.parse.urlsplit(path)
            q = dict(urllib.parse.parse_qsl(at.query), name=hashlib.sha256(body).hexdigest())
            path = at.path + "?" + urllib.parse.urlencode(q)
        self.answer(*c.ask(path, method="POST", body=bytes(body)))


between = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Between)
threading.Thread(target=between.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{between.server_port}"
spool, db = os.path.join(here, "spool"), os.path.join(here, "centre")
pcap = os.path.join(here, "in", "a.pcap")
os.mkdir(os.path.dirname(pcap))
capture(pcap, [(1262304000 + y * 31557600 + i, f"h{i}.example.com", f"192.0.2.{i + 1}")
               for y in range(3) for i in range(20)])
take = ["--bailiwick", "off", "--accept", "all", "--sensor", "s"]


def run(*args):
    env = dict(os.environ, HOME=here, XDG_STATE_HOME=here, TMPDIR=here)
    return subprocess.run([yore, *args], env=env, capture_output=True, text=True, timeout=120)


def export(where):
    return sorted(run("export", "--db", where, "--json").stdout.splitlines())


def files(folder):
    return sorted(os.listdir(os.path.join(spool, folder)))


def send():
    return run("import", "-q", "--to", url, "--spool", spool, "--to-wait", "20s", *take, pcap)


alone = os.path.join(here, "alone")
run("import", "-q", "--db", alone, *take, pcap)
want = export(alone)
c = Server(yore, "--upload", db=db)

# ---- what the centre says of it ----
r = send()
waiting = files("out")
ok(r.returncode == 8 and r.stderr.count("\n") <= 2 and "is replaced" in r.stderr
   and "it is of version 3, and this program reads up to 2" in r.stderr, "it is said in one line",
   r.returncode, r.stderr)
ok(len(waiting) == 3 and files("refused") == [] and files("sent") == [], "all segments wait in the spool",
   waiting, files("refused"), files("sent"))
ok(len(sent) >= 1 and export(db) == [], "the centre was asked, and took none", sent)
with open(os.path.join(spool, "out", waiting[0]), "rb") as f:
    segment = bytearray(f.read())
segment[VERSION] = 200
status, headers, body = c.ask("/api/v1/segments?name=" + hashlib.sha256(segment).hexdigest(),
                              method="POST", body=bytes(segment))
ok(status == 503 and json.loads(body)["status"] == "newer" and int(headers["retry-after"]) > 0,
   "the centre asks to come again later", status, headers, body)
segment[VERSION] = 0
status, _, body = c.ask("/api/v1/segments?name=" + hashlib.sha256(segment).hexdigest(),
                        method="POST", body=bytes(segment))
ok(status == 422 and json.loads(body)["status"] == "bad", "what no program writes it refuses for good", status, body)

# ---- a centre of the time before says it in its own words ----
mode = "old"
r = send()
ok(r.returncode == 8 and "is replaced" in r.stderr and "made by another version" in r.stderr,
   "likewise a centre that cannot say so", r.returncode, r.stderr)
equal((files("out"), files("refused")), (waiting, []), "they go on waiting")

# ---- a sensor that goes on meanwhile, until the centre is a newer one ----
mode, sent[:] = "newer", []
p = subprocess.Popen([yore, "import", "--follow", "--no-sandbox", "-q", "--to", url, "--spool", spool, *take,
                      os.path.dirname(pcap)],
                     env=dict(os.environ, HOME=here, XDG_STATE_HOME=here, TMPDIR=here),
                     stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
atexit.register(p.kill)
end = time.time() + 30
while len(sent) < 2 and time.time() < end:
    time.sleep(0.05)
ok(len(sent) >= 2, "it is tried again and again", sent)
equal((files("out"), files("refused")), (waiting, []), "and stays where it is")
mode = "as it is"
while files("out") and time.time() < end:
    time.sleep(0.05)
equal((files("out"), files("refused"), len(files("sent"))), ([], [], 3), "once the centre is replaced it goes")
p.terminate()
err = p.communicate(timeout=30)[1]
ok(p.returncode == 0 and err.count("is replaced") == 1 and err.count("\n") <= 2, "said once, not each time", err)
equal(export(db), want, "and all of it is there, once")
r = send()
equal((r.returncode, export(db) == want), (0, True), "which sending again does not change")
equal(c.stop(), 0, "the centre ends well")
between.shutdown()
done()
