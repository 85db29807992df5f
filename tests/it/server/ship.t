#!/usr/bin/env python3
"""Sensors and a centre: what reached the spools is in the centre, once, whoever dies."""
import os, random, shutil, subprocess, sys, threading
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from serving import *
from wire import capture

yore, root, seed = sys.argv[1:4]
here = folder("ship")
rounds = 40 if os.environ.get("YORE_LONG") else 8
random.seed(int(os.environ.get("YORE_SEED", "1")))


def run(*args, **more):
    env = dict(os.environ, HOME=here, XDG_STATE_HOME=here, TMPDIR=here)
    return subprocess.run([yore, *args], env=env, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, timeout=120, **more)


def export(db):
    r = run("export", "--db", db, "--json")
    return sorted(r.stdout.splitlines())


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


# each file reaches over several years, so it makes several segments
files = []
for n in range(8):
    path = os.path.join(here, f"c{n}.pcap")
    capture(path, [(1262304000 + y * 31557600 + n * 5000 + i * 3,
                    f"h{i % 17}.n{n % 3}.example.com", f"192.0.2.{i % 200 + 1}")
                   for y in range(6) for i in range(120)])
    files.append(path)
common = ["--bailiwick", "off", "--accept", "all"]
union = os.path.join(here, "union")
for n, path in enumerate(files):
    r = run("import", "--db", union, "--sensor", f"s{n % 2}", "--again", *common, path)
    if r.returncode != 0:
        ok(False, "import into one database", r.stderr)
want = export(union)
ok(len(want) > 50, f"the union of all files has {len(want)} records")

# ---- undisturbed, with keys ----
keys = os.path.join(here, "keys")
r = run("key", "add", "--keys", keys, "--scope", "upload", "sensor")
upload_key = r.stdout.strip()
other_key = run("key", "add", "--keys", keys, "analyst").stdout.strip()
port = free_port()
centre_db = os.path.join(here, "centre")


def centre(db=centre_db):
    return Server(yore, "--upload", db=db, keys=keys, listen=f"127.0.0.1:{port}")


def sensor(n, path, key=upload_key, wait="20s", spool=None, env={}):
    env = dict(os.environ, HOME=here, YORE_TO_KEY=key, TMPDIR=here, **env)
    return subprocess.Popen([yore, "import", "--to", f"http://127.0.0.1:{port}", "--spool",
                             spool or os.path.join(here, f"spool{n}"), "--sensor", f"s{n}",
                             "--to-wait", wait, "--again", "-q", *common, path], env=env,
                            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


c = centre()
p = sensor(0, files[0])
err = p.communicate(timeout=60)[1]
equal(p.returncode, 0, "a sensor ships a file: " + err)
alone = os.path.join(here, "alone")
run("import", "--db", alone, "--sensor", "s0", "--again", *common, files[0])
equal(export(centre_db), export(alone), "the centre has exactly what a database here would have")
p = sensor(0, files[0])
p.communicate(timeout=60)
equal((p.returncode, export(centre_db) == export(alone)), (0, True), "once more adds nothing")
p = sensor(5, files[0], spool=os.path.join(here, "fresh"))
p.communicate(timeout=60)
status, headers, body = c.ask("/api/v1/records?term=*.example.com&limit=1",
                              headers={"X-API-Key": other_key})
equal(status, 200, "others may ask meanwhile")
p = sensor(1, files[1], key=other_key, wait="3s", spool=os.path.join(here, "wrong"))
err = p.communicate(timeout=60)[1]
ok(p.returncode == 8 and "refused" in err, "a key that may not upload is refused, and said so", err)
status, answer, _ = c.ask("/api/v1/segments?name=" + "0" * 64, method="POST", body=b"x",
                          headers={"X-API-Key": upload_key})
equal(status, 422, "octets that are not what the name says")
c.stop()
p = sensor(1, files[1], wait="1s")
err = p.communicate(timeout=60)[1]
ok(p.returncode == 8 and "wait in the spool" in err, "without a centre segments wait", err)
ok(len(os.listdir(os.path.join(here, "spool1", "out"))) >= 4, "on the sensor's disk")
shutil.rmtree(centre_db)

# ---- a new centre, and everybody is killed at random ----
c = centre()
shutil.rmtree(os.path.join(here, "spool0"))
stop = threading.Event()
kills = {"centre": 0, "sensor": 0}


def torment(n, mine):
    """each file until it is shipped; kill -9 now and then"""
    for path in mine:
        while not stop.is_set():
            p = sensor(n, path)
            if kills["sensor"] < rounds and random.random() < 0.6:
                time.sleep(random.random() * 0.3)
                if p.poll() is None:
                    kills["sensor"] += 1
                    p.kill()
            p.communicate()
            if p.returncode == 0:
                break


threads = [threading.Thread(target=torment, args=(n, files[n::2])) for n in range(2)]
for t in threads:
    t.start()
while any(t.is_alive() for t in threads):
    if kills["centre"] < rounds // 2:
        time.sleep(random.random() * 0.4)
        c.process.kill()
        c.process.wait()
        kills["centre"] += 1
        c = centre()
    for t in threads:
        t.join(0.1)
got = export(centre_db)
ok(got == want, f"after {kills['sensor']} kills of sensors and {kills['centre']} of the centre "
   f"its history is the union, exactly", len(got), len(want))
ok(kills["centre"] > 1 and kills["sensor"] > 1, "both were killed")

# ---- a sensor that dies, or fails, at each step of its spool ----
c.stop()
for step in "spool.written", "spool.out":
    for how in "YORE_CRASH_AT", "YORE_FAIL_AT":
        place = os.path.join(here, f"{how}-{step}")
        c = centre(place)
        ends = []
        for again in range(3):
            p = sensor(0, files[0], spool=place + "-spool", env={how: step})
            err = p.communicate(timeout=60)[1]
            ends.append(p.returncode)
        died = -9 if how == "YORE_CRASH_AT" else 6
        equal(ends, [died] * 3, f"{how} {step}: three times")
        if how == "YORE_FAIL_AT":
            ok("stopped at " + step in err, "and says where", err)
        p = sensor(0, files[0], spool=place + "-spool")
        err = p.communicate(timeout=60)[1]
        equal(p.returncode, 0, "then it ends well")
        c.stop()
        ok(export(place) == export(alone), "the centre has all of it, once", len(export(place)), len(export(alone)))
        equal([os.listdir(os.path.join(place + "-spool", x)) for x in ("tmp", "out")], [[], []], "nothing is left over")
c = centre()

# ---- the centre goes back to an old copy ----
c.stop()
shutil.rmtree(centre_db)
c = centre()
shutil.rmtree(os.path.join(here, "spool0"))
shutil.rmtree(os.path.join(here, "spool1"))
for path in files[0::2][:2]:
    sensor(0, path).communicate()
c.stop()
copy = os.path.join(here, "copy")
shutil.copytree(centre_db, copy)
c = centre()
for path in files[0::2][2:]:
    sensor(0, path).communicate()
for path in files[1::2]:
    sensor(1, path).communicate()
equal(export(centre_db), want, "everything is there")
c.stop()
shutil.rmtree(centre_db)
shutil.move(copy, centre_db)
ok(export(centre_db) != want, "the centre was restored from an old copy")
c = centre()
for n in range(2):
    p = sensor(n, files[n])
    p.communicate()
    equal(p.returncode, 0, f"sensor {n} finds out by itself")
got = export(centre_db)
ok(got == want, "and the centre has everything again", len(got), len(want))

equal(c.stop(), 0, "the centre ends well")

# ---- what a sensor keeps to itself: negative answers and evidence do not travel ----
real = [os.path.join(root, "tests", "data", f) for f in ("older.pcap", "resolver.pcap")]
here_db, there_db = os.path.join(here, "here"), os.path.join(here, "there")
run("import", "--db", here_db, *real)
ok(os.path.isdir(os.path.join(here_db, "negative")), "a capture with names that do not exist")
c = Server(yore, "--upload", db=there_db)
r = run("import", "--to", c.url, "--spool", os.path.join(here, "spool-real"), *real)
equal(r.returncode, 0, "is sent to a centre")
equal(c.stop(), 0, "which ends well")
ok(export(there_db) == export(here_db) != [], "the history arrives", r.stderr)
ok(not os.path.isdir(os.path.join(there_db, "negative")), "and what is private does not")

# ---- yore sense --to: real questions and answers over the loopback interface ----


def message(n, answered):
    name = b"".join(bytes([len(l)]) + l for l in (b"live%d" % n, b"sense", b"test")) + b"\0"
    head = n.to_bytes(2, "big") + (b"\x84\x00" if answered else b"\x00\x00")
    body = name + b"\0\1\0\1"
    if not answered:
        return head + b"\0\1\0\0\0\0\0\0" + body
    return (head + b"\0\1\0\1\0\0\0\0" + body + b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4"
            + bytes([192, 0, 2, n]))


def talk(count):
    """One server on port 53 of an address of its own, one client."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server, \
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        server.bind(("127.0.0.77", 53))
        server.settimeout(5)
        client.bind(("127.0.0.78", 0))
        for n in range(1, count + 1):
            client.sendto(message(n, False), ("127.0.0.77", 53))
            server.sendto(message(n, True), server.recvfrom(512)[1])


if os.geteuid() != 0:
    skip("capturing needs root")
else:
    # the leak checker needs what the sandbox forbids
    leaks = os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"
    sandboxed = dict(os.environ, HOME=here, ASAN_OPTIONS=leaks)
    live_db = os.path.join(here, "live")
    c = Server(yore, "--upload", db=live_db)
    log = os.path.join(here, "sense.log")
    with open(log, "w") as f:
        p = subprocess.Popen([yore, "sense", "-i", "lo", "--to", c.url, "--spool",
                              os.path.join(here, "spool-live"), "--commit", "1s", "--sensor",
                              "lo"], stderr=f, stdout=f, env=sandboxed)
    atexit.register(p.kill)
    end = time.time() + 20
    while "reached" not in open(log).read() and time.time() < end:
        time.sleep(0.1)
    time.sleep(0.5)
    talk(20)
    time.sleep(2)
    p.terminate()
    equal(p.wait(60), 0, "a live sensor that sends what it sees ends well")
    equal(c.stop(), 0, "and so does its centre")
    got = [l for l in export(live_db) if "sense.test" in l]
    ok(len(got) == 20, "all that it saw is there", len(got), open(log).read())
done()
