#!/usr/bin/env python3
"""dnstap from the real name servers of Debian, all at once, on the loopback of a network
namespace of its own: what each of them answered is in the history, from the right
vantage; yore is restarted and they come back; a producer is restarted and it comes back.

usage: producers.t YORE SOURCE_ROOT
"""
import os, shutil, signal, socket, struct, subprocess, sys, tempfile, time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import packets
from sensor import Sensor, kept
from tap import done, ok, skip

yore = os.path.abspath(sys.argv[1])
os.environ["PATH"] += ":/usr/sbin:/usr/local/sbin"
if "INSIDE_NETNS" not in os.environ:
    if os.geteuid() != 0:
        print("1..0 # SKIP name servers want port 53: run as root")
        sys.exit(0)
    if subprocess.run(["unshare", "-n", "true"], stderr=subprocess.DEVNULL).returncode != 0:
        print("1..0 # SKIP network namespaces are not allowed here")
        sys.exit(0)
    os.environ["INSIDE_NETNS"] = "1"
    os.execvp("unshare", ["unshare", "-n", sys.executable, *sys.argv])


subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
for last in range(10, 15): # named listens on addresses that interfaces have, only
    subprocess.run(["ip", "addr", "add", f"127.0.0.{last}/8", "dev", "lo"], check=True)
scratch = tempfile.TemporaryDirectory()
home = scratch.name
os.chmod(home, 0o755)
TAP = os.path.join(home, "tap.sock")
TCP = "127.0.0.1:6053"
AUTH = "127.0.0.10"


def write(name, text):
    path = os.path.join(home, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as f:
        f.write(text)
    return path


write("zones/yard.test.zone", """$TTL 300
@ SOA ns admin 1 3600 600 86400 60
@ NS ns
ns A 127.0.0.10
* A 192.0.2.77
""")

# name -> (program, where it listens, command line, sources its answers are seen under)
SERVERS = {
    "knot": ("knotd", AUTH, lambda: ["knotd", "-c", write("knot.conf", f"""
server:
    listen: {AUTH}@53
    rundir: {home}/run-knot
    user: root:root
database:
    storage: {home}/run-knot
mod-dnstap:
  - id: tap
    sink: unix:{TAP}
    log-queries: on
    log-responses: on
template:
  - id: default
    storage: {home}/zones
    file: "%s.zone"
    global-module: mod-dnstap/tap
    zonefile-sync: -1
    journal-content: none
zone:
  - domain: yard.test
""")], {"auth"}),
    "unbound": ("unbound", "127.0.0.11", lambda: ["unbound", "-d", "-c", write(
        "unbound.conf", f"""
server:
    interface: 127.0.0.11
    username: ""
    chroot: ""
    directory: "{home}"
    pidfile: "{home}/unbound.pid"
    use-syslog: no
    do-daemonize: no
    do-not-query-localhost: no
    module-config: "iterator"
    local-zone: "test." nodefault
remote-control:
    control-enable: no
stub-zone:
    name: "yard.test"
    stub-addr: {AUTH}
dnstap:
    dnstap-enable: yes
    dnstap-ip: "{TCP.replace(':', '@')}"
    dnstap-tls: no
    dnstap-log-client-query-messages: yes
    dnstap-log-client-response-messages: yes
    dnstap-log-resolver-query-messages: yes
    dnstap-log-resolver-response-messages: yes
""")], {"above", "below"}),
    "named": ("named", "127.0.0.12", lambda: ["named", "-g", "-c", write("named.conf", f"""
options {{
    directory "{home}/run-named";
    listen-on port 53 {{ 127.0.0.12; }};
    listen-on-v6 {{ none; }};
    pid-file "{home}/run-named/pid";
    session-keyfile "{home}/run-named/key";
    recursion yes;
    allow-query {{ any; }};
    allow-recursion {{ any; }};
    dnssec-validation no;
    empty-zones-enable no;
    dnstap {{ all; }};
    dnstap-output unix "{TAP}";
}};
controls {{ }};
zone "yard.test" {{ type forward; forward only; forwarders {{ {AUTH}; }}; }};
""")], {"above", "below"}),
    "recursor": ("pdns_recursor", "127.0.0.13", lambda: [
        "pdns_recursor", "--config-dir=" + os.path.dirname(write("run-rec/recursor.conf",
                                                                 f"""
local-address=127.0.0.13
local-port=53
socket-dir={home}/run-rec
daemon=no
disable-syslog=yes
setuid=
setgid=
security-poll-suffix=
dnssec=off
hint-file=no
dont-query=
forward-zones=yard.test={AUTH}
lua-config-file={write("run-rec/tap.lua", 'dnstapFrameStreamServer({"' + TAP
                       + '"}, {logQueries=true, logResponses=true})')}
"""))], {"above"}),
    "dnsdist": ("dnsdist", "127.0.0.14", lambda: [
        "dnsdist", "--supervised", "-C", write("dnsdist.conf", f"""
setLocal("127.0.0.14:53")
newServer({{address="127.0.0.11:53", checkName="ns.yard.test.", checkType="A"}})
setSecurityPollSuffix("")
tap = newFrameStreamUnixLogger("{TAP}")
addAction(AllRule(), DnstapLogAction("dnsdist", tap))
addResponseAction(AllRule(), DnstapLogResponseAction("dnsdist", tap))
""")], {"below"}),
}
for d in ("run-knot", "run-named", "run-rec"):
    os.makedirs(os.path.join(home, d), exist_ok=True)
running = {}


def start(name):
    with open(os.path.join(home, name + ".log"), "a") as log:
        running[name] = subprocess.Popen(SERVERS[name][2](), stdout=log, stderr=log,
                                         stdin=subprocess.DEVNULL, cwd=home)


def stop(name):
    p = running.pop(name, None)
    if p is None:
        return
    p.terminate()
    try:
        p.wait(10)
    except subprocess.TimeoutExpired:
        p.kill()
        p.wait()


def asked(where, name, seconds=1.0):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.settimeout(seconds)
    try:
        s.sendto(packets.query(os.getpid() & 0xffff, name), (where, 53))
        reply = s.recv(4096)
        return struct.unpack(">H", reply[6:8])[0] > 0
    except OSError:
        return False
    finally:
        s.close()


def answers(name, seconds=20):
    """The server is up once it answers."""
    for i in range(int(seconds * 5)):
        if running[name].poll() is not None:
            return False
        if asked(SERVERS[name][1], f"up{i}.{name}.yard.test", 0.2):
            return True
        time.sleep(0.2)
    return False


def log_of(name):
    with open(os.path.join(home, name + ".log"), errors="replace") as f:
        return f.read()[-1500:]


def has(db, owner, source):
    rows = kept(yore, db, owner, "--source", source)
    return rows.get((owner, "A", ("192.0.2.77",)), 0)


def arrives(sensor, db, name, owner, seconds=25):
    """Asks the server now and then until its answers are in the history."""
    where, sources = SERVERS[name][1], SERVERS[name][3]
    for i in range(seconds):
        asked(where, f"{owner}{i}.{name}.yard.test")
        time.sleep(0.6)
        sensor.reload()
        time.sleep(0.4)
        if all(any(has(db, f"{owner}{n}.{name}.yard.test", s) for n in range(i + 1))
               for s in sources):
            return True
    return False


def connected(sensor):
    return sum(n for k, n in sensor.counters().items() if k.startswith("dnstap.connected"))


def begin(db):
    s = Sensor(yore, db, "--dnstap", "unix:" + TAP, "--dnstap", "tcp:" + TCP,
               "--dnstap-group", "root", "--sensor", "yard", "--commit", "1s")
    if not s.ready():
        print("# " + s.errors())
    return s


try:
    db = os.path.join(home, "db")
    sensor = begin(db)
    present = [n for n in SERVERS if shutil.which(SERVERS[n][0])]
    if "knot" not in present:
        print("1..0 # SKIP knot is missing: the others have nobody to ask")
        sys.exit(0)
    os.chmod(TAP, 0o666)
    for n in present:
        start(n)
        if not answers(n):
            ok(False, f"{n} starts", log_of(n))
    for n in SERVERS:
        text = f"{n}: its answers arrive, seen from {' and '.join(sorted(SERVERS[n][3]))}"
        if n in present:
            ok(arrives(sensor, db, n, "first"), text, log_of(n), sensor.errors(),
               sensor.counters())
        else:
            skip(text, SERVERS[n][0] + " is not installed")
    ok(connected(sensor) >= len(present), f"{len(present)} producers at once",
       sensor.counters())
    c = sensor.counters()
    bad = {k: v for k, v in c.items() if "malformed" in k or "absurd" in k or "no_addr" in k}
    ok(not bad, "and nothing of theirs was malformed", bad)

    # each asked 20 times for a name of its own: exactly what it said, nothing else. A cache
    # asks above itself once (on a busy machine perhaps again: then both say so); dnsdist
    # asks unbound each time, which says so, too.
    ASKED = 20
    EXACT = {"knot": (ASKED, 0, 0), "unbound": (1, 1, ASKED), "named": (1, 1, ASKED),
             "recursor": (1, 1, 0), "dnsdist": (1, 1, 2 * ASKED)}

    def counted(n):
        owner = f"exact.{n}.yard.test"
        auth, above, below = (has(db, owner, s) for s in ("auth", "above", "below"))
        again = n != "knot" and 1 <= auth == above <= 3
        return (1, 1, below) if again else (auth, above, below)

    for n in present:
        for i in range(ASKED):
            asked(SERVERS[n][1], f"exact.{n}.yard.test")
    for i in range(30):
        time.sleep(0.5)
        sensor.reload()
        if all(counted(n) == EXACT[n] for n in present):
            break
    for n in present:
        ok(counted(n) == EXACT[n],
           f"{n}: asked {ASKED} times: {EXACT[n]} at the server, above and below", counted(n))

    # yore restarts
    code = sensor.end()
    ok(code == 0, "SIGTERM ends it in order with producers connected", code, sensor.errors())
    sensor.close()
    sensor = begin(db)
    os.chmod(TAP, 0o666)
    for n in present:
        ok(arrives(sensor, db, n, "again"), f"{n}: comes back after yore was restarted",
           log_of(n), sensor.counters())
    ok(all(counted(n) == EXACT[n] for n in present),
       "what was counted before is not counted again", [counted(n) for n in present])

    # a producer restarts
    for n in present:
        stop(n)
        start(n)
        answers(n)
        ok(arrives(sensor, db, n, "anew"), f"{n}: is restarted and comes back", log_of(n))
    code = sensor.end()
    ok(code == 0, "the end", code, sensor.errors())
    sensor.close()
    r = subprocess.run([yore, "coverage", "--db", db, "-j"], capture_output=True, text=True)
    ok('"sensor":"yard"' in r.stdout and '"permyriad":10000' in r.stdout,
       "yore coverage knows when they were listened to", r.stdout)
finally:
    for n in list(running):
        stop(n)
    sensor.close()
    scratch.cleanup()
done()
