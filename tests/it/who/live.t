#!/usr/bin/env python3
"""A sensor in its sandbox keeps who asked, under pseudonyms whose keys are elsewhere."""
import os, shutil, signal, socket, struct, subprocess, sys, tempfile, time
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from traffic import *

yore = Yore(sys.argv[1])
if os.geteuid() != 0:
    print("1..0 # SKIP needs the right to open an interface")
    sys.exit(0)
PORT = 15353  # on loopback, of nobody
server, client = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
try:
    server.bind(("127.0.0.1", PORT))
except OSError:
    print("1..0 # SKIP the port is taken")
    sys.exit(0)
client.bind(("127.0.0.1", 0))
client.connect(("127.0.0.1", PORT))
tmp = tempfile.mkdtemp(prefix="yore-wholive-")
db, keys = os.path.join(tmp, "db"), os.path.join(tmp, "keys")
# the leak finder needs system calls that the sandbox has taken away
environment = dict(os.environ, ASAN_OPTIONS=os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0")
p = subprocess.Popen([yore.program, "sense", "-i", "lo", "--port", str(PORT), "--db", db,
                      "--commit", "1s", "--who-asked", "--who-retention", "30d",
                      "--who-pseudonyms", keys], stderr=subprocess.PIPE, text=True, env=environment)
try:
    end = time.time() + 20
    while time.time() < end and not os.path.exists(os.path.join(db, "who", "retention")):
        time.sleep(0.05)
        if p.poll() is not None:
            break
    time.sleep(1)
    if p.poll() is not None:
        said = p.communicate()[1]
        if "not permitted" in said or "EPERM" in said:
            print("1..0 # SKIP an interface cannot be opened here")
            sys.exit(0)
        ok(False, "the sensor runs", [said])
        done()
    tail = wire("live.example") + struct.pack(">2H", 1, 1)
    for i in range(5):
        client.send(struct.pack(">6H", 100 + i, 0x0100, 1, 0, 0, 0) + tail)
        octets_, peer = server.recvfrom(512)
        if i < 3:
            server.sendto(struct.pack(">6H", 100 + i, 0x8183, 1, 0, 0, 0) + tail, peer)
        time.sleep(0.05)
    time.sleep(2.5)
    early = yore.who(db, "live.example")[1]
    ok(len(early) == 1 and " 3 ~" in early[0] and "NXDOMAIN" in early[0],
       "questions are there within seconds, the client as a pseudonym", early)
finally:
    p.send_signal(signal.SIGTERM)
    try:
        said = p.communicate(timeout=30)[1]
    except subprocess.TimeoutExpired:
        p.kill()
        said = p.communicate()[1]
ok(p.returncode == 0, "it ends well", [said])
status, rows, err = yore.who(db, "--client", "127.0.0.1", "--who-pseudonyms", keys)
ok(sorted((r.split()[3], r.split()[7]) for r in rows) == [("2", "no-answer"), ("3", "NXDOMAIN")],
   "who still waits at the end was not answered", [rows, err, said])
ok(len(os.listdir(keys)) == 1, "the key was made behind the sandbox", os.listdir(keys))
shutil.rmtree(tmp)
done()
