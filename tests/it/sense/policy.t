#!/usr/bin/env python3
"""Real resolvers with a response policy zone, watched below: what they put in the place of
the world's answers is evidence, not history.

usage: policy.t YORE SOURCE_ROOT
"""
import json, os, shutil, socket, subprocess, sys, tempfile, time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import packets, wires
from sensor import Sensor
from tap import done, ok, skip

yore = os.path.abspath(sys.argv[1])
wires.enter(lambda why: print(f"1..0 # SKIP {why}"))


ZONE = """$TTL 60
@ IN SOA localhost. root.localhost. 1 3600 600 86400 60
@ IN NS localhost.
*.ready.example CNAME .
nx.evil.example CNAME .
nodata.evil.example CNAME *.
addr.evil.example A 192.0.2.10
"""
NAMES = ("nx", "nodata", "addr")


def ask(server, name):
    """With room for extended errors; None without an answer."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(1)
        s.connect((server, 53))
        q = packets.struct.pack(">6H", 7, 0x0100, 1, 0, 0, 1) + packets.wire_name(name) \
            + packets.struct.pack(">2HB2HIH", 1, 1, 0, 41, 1232, 0, 0)
        try:
            s.send(q)
            return s.recv(4096)
        except OSError:
            return None


with tempfile.TemporaryDirectory() as home:
    os.chmod(home, 0o755)

    def write(name, text):
        with open(os.path.join(home, name), "w") as f:
            f.write(text)
        return os.path.join(home, name)

    write("rpz.zone", ZONE)
    SERVERS = {
        "named": ("127.0.0.11", "named", lambda: ["-g", "-c", write("named.conf", f"""
options {{
    directory "{home}"; listen-on {{ 127.0.0.11; }}; listen-on-v6 {{ none; }};
    recursion yes; pid-file none; session-keyfile none; dnssec-validation no;
    response-policy {{ zone "rpz.site"; }} qname-wait-recurse no;
}};
controls {{}};
zone "rpz.site" {{ type primary; file "{home}/rpz.zone"; }};
""")]),
        "unbound": ("127.0.0.12", "unbound", lambda: ["-d", "-c", write("unbound.conf", f"""
server:
  interface: 127.0.0.12
  do-daemonize: no
  username: ""
  chroot: ""
  directory: "{home}"
  pidfile: ""
  use-syslog: no
  module-config: "respip iterator"
rpz:
  name: rpz.site
  zonefile: {home}/rpz.zone
""")]),
        "pdns-recursor": ("127.0.0.13", "pdns_recursor", lambda: (write("rec.lua", f"""
rpzFile("{home}/rpz.zone", {{policyName="rpz.site", extendedErrorCode=15}})
"""), write("recursor.conf", f"""
local-address=127.0.0.13
socket-dir={home}
lua-config-file={home}/rec.lua
daemon=no
setuid=
setgid=
extended-resolution-errors=yes
security-poll-suffix=
"""), [f"--config-dir={home}"])[2]),
    }
    wires.up("lo")
    for address, _, _ in SERVERS.values(): # named listens where an interface has it only
        wires.ip("addr", "add", address + "/32", "dev", "lo")
    for name, (address, program, arguments) in SERVERS.items():
        path = shutil.which(program, path=os.environ["PATH"] + ":/usr/sbin:/usr/local/sbin")
        if path is None:
            skip(f"{program} is not installed")
            continue
        db = os.path.join(home, "db-" + name)
        with open(os.path.join(home, name + ".log"), "w") as log:
            p = subprocess.Popen([path, *arguments()], stdout=log, stderr=log, cwd=home)
        sensor = None
        try:
            for i in range(100): # a name for each: what came too early is still waited for
                answer = ask(address, f"n{i}.ready.example")
                if answer and answer[3] & 15 == 3:
                    break
                time.sleep(0.1)
            sensor = Sensor(yore, db, "-i", "lo", "--sensor", "below", "--rewrite",
                            "192.0.2.10")
            sensor.ready()
            for n in NAMES:
                ask(address, n + ".evil.example")
            time.sleep(0.5)
            code = sensor.end()
        finally:
            p.terminate()
            p.wait(20)
            if sensor:
                sensor.close()

        def rows(*words):
            out = subprocess.run([yore, "query", "--db", db, "-j", *words], timeout=60,
                                 capture_output=True, text=True).stdout
            return sorted((o["rrname"].split(".")[0], o["source"])
                          for o in map(json.loads, out.splitlines()))

        got = rows("--suspicious", "*.evil.example")
        with open(os.path.join(home, name + ".log")) as log:
            said = log.read()[-1500:]
        ok(code == 0 and got == sorted((n, "below.rewritten") for n in NAMES),
           f"{name}: what its policy zone answers is evidence", got, said)
        ok(rows("*.evil.example") == [] and rows("--negative", "*.evil.example") == [],
           f"{name}: and nothing of it is history", rows("*.evil.example"),
           rows("--negative", "*.evil.example"))
done()
