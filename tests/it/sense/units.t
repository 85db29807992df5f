#!/usr/bin/env python3
"""The service units under a real service manager: systemd is started as process 1 of
namespaces of its own (boot.sh) and starts, reloads and stops sensor, follower and server,
all their hardening on; they capture, follow and answer. Where that is not possible the
units are at least checked by systemd-analyze.

usage: units.t YORE SOURCE_ROOT SENDER
"""
import json, os, re, shutil, signal, subprocess, sys, tempfile, time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import packets
from tap import done, ok, skip

yore, root, sender = (os.path.abspath(a) for a in sys.argv[1:4])
HERE = os.path.dirname(os.path.abspath(__file__))
UNITS = os.path.join(root, "packaging/systemd")
NAMES = ("yore-sense", "yore-follow", "yore-serve")
EXPOSURE = 2.0 # of 10, as systemd-analyze reckons it; the sensor has a capability


def run(*words, **how):
    how.setdefault("timeout", 60)
    return subprocess.run(words, capture_output=True, text=True, **how)


def until(what, seconds=20):
    """Waits for it, no longer than that."""
    end = time.monotonic() + seconds
    while not what() and time.monotonic() < end:
        time.sleep(0.3)


def sanitized(program):
    with open(program, "rb") as f:
        return b"__asan_init" in f.read()


# ---- what systemd-analyze says ----

def analyzed(scratch):
    if not shutil.which("systemd-analyze"):
        skip("systemd-analyze", "not installed")
        return
    image = os.path.join(scratch, "image") # with a program where the units say it is
    os.makedirs(image + "/usr/bin")
    os.makedirs(image + "/etc/systemd/system")
    for f in os.listdir(UNITS):
        shutil.copy(os.path.join(UNITS, f), image + "/etc/systemd/system")
    shutil.copy(shutil.which("true"), image + "/usr/bin/yore")
    shutil.copy(shutil.which("kill") or shutil.which("true"), image + "/usr/bin/kill")
    os.symlink("usr/bin", image + "/bin")
    for name in NAMES:
        r = run("systemd-analyze", "verify", "--root", image, "--man=no",
                "--recursive-errors=no", name + ".service")
        said = [line for line in (r.stdout + r.stderr).splitlines() if "yore" in line]
        ok(r.returncode == 0 and not said, f"{name}: systemd-analyze verify", r.returncode,
           r.stdout, r.stderr)
        r = run("systemd-analyze", "security", "--offline=true",
                os.path.join(UNITS, name + ".service"))
        m = re.search(r"exposure level for \S+: ([\d.]+)", r.stdout)
        ok(m and float(m.group(1)) <= EXPOSURE,
           f"{name}: systemd-analyze security: {m.group(1) if m else '?'} of 10",
           r.stdout[-800:], r.stderr)


# ---- a service manager of our own ----

def cgroup2():
    with open("/proc/mounts") as f:
        for line in f:
            fields = line.split()
            if fields[2] == "cgroup2":
                return fields[1]
    return None


class Manager:
    """systemd in namespaces; `inside` runs something there."""

    def __init__(self, scratch, program):
        self.folder = os.path.join(scratch, "machine")
        self.outside = os.path.join(self.folder, "outside")
        os.makedirs(self.outside)
        os.chmod(self.folder, 0o755)
        self.cgroup = os.path.join(cgroup2(), f"yore-test-{os.getpid()}")
        os.mkdir(self.cgroup)
        prepare = os.path.join(self.folder, "prepare")
        with open(prepare, "w") as f:
            f.write(f"""#!/bin/sh
set -eu
cd "$1"
rm -rf etc/systemd/system etc/yore var/lib/yore var/log/yore etc/machine-id
mkdir -p etc/systemd/system etc/yore srv/captures
systemd-machine-id-setup --root="$1" >/dev/null 2>&1 || echo 1234567890abcdef1234567890abcdef >etc/machine-id
rm -f usr/bin/yore
cp {program} usr/bin/yore
cp {UNITS}/*.service {UNITS}/*.socket etc/systemd/system
cp {UNITS}/yore.sysusers usr/lib/sysusers.d/yore.conf
echo 'YORE_SENSE=-i v1 --sensor edge --commit 1s --threads 2' >etc/yore/sense.env
echo 'YORE_FOLLOW=/srv/captures' >etc/yore/follow.env
printf '[Unit]\\nDescription=what is tested\\n' >etc/systemd/system/tested.target
for u in sense follow serve; do
	mkdir etc/systemd/system/yore-$u.service.d
	printf '[Service]\\nStandardError=append:/run/outside/%s\\n' $u \\
		>etc/systemd/system/yore-$u.service.d/errors.conf
done
""")
        os.chmod(prepare, 0o755)
        self.log = open(os.path.join(scratch, "boot.log"), "w+")
        enter = 'echo $$ >"$1/cgroup.procs"; shift; exec unshare -m -p -f -n -i -u -C "$@"'
        self.p = subprocess.Popen(["sh", "-c", enter, "enter", self.cgroup,
                                   os.path.join(HERE, "boot.sh"), self.folder, prepare],
                                  stdin=subprocess.DEVNULL, stdout=self.log,
                                  stderr=self.log)
        self.one = None

    def children(self, pid):
        try:
            with open(f"/proc/{pid}/task/{pid}/children") as f:
                return [int(x) for x in f.read().split()]
        except OSError:
            return []

    def up(self):
        for _ in range(300):
            time.sleep(0.1)
            if self.p.poll() is not None:
                return False
            for pid in self.children(self.p.pid):
                self.one = pid
                with open(f"/proc/{pid}/comm") as f:
                    if f.read().strip() == "systemd" and \
                       self.inside("systemctl is-system-running").stdout.strip() in \
                       ("running", "degraded"):
                        return True
        return False

    def inside(self, command, **how):
        return run("nsenter", "-t", str(self.one), "-a", "sh", "-c", command, **how)

    def state(self, unit, *what):
        r = self.inside(f"systemctl show {unit} -p " + ",".join(what))
        return dict(line.split("=", 1) for line in r.stdout.splitlines() if "=" in line)

    def said(self):
        self.log.seek(0)
        return self.log.read()[-1500:]

    def errors(self, name):
        try:
            with open(os.path.join(self.outside, name)) as f:
                return f.read()
        except OSError:
            return ""

    def end(self):
        for pid in ([self.one] if self.one else []) + [self.p.pid]:
            try:
                os.kill(pid, signal.SIGKILL)
            except OSError:
                pass
        self.p.wait()
        self.log.close()
        for _ in range(300): # the groups are free once everything in them has gone
            for folder, _, _ in os.walk(self.cgroup, topdown=False):
                try:
                    os.rmdir(folder)
                except OSError:
                    pass
            if not os.path.exists(self.cgroup):
                break
            time.sleep(0.1)


def why_not():
    if os.geteuid() != 0:
        return "root is needed for a service manager of one's own"
    if not os.path.exists("/lib/systemd/systemd"):
        return "systemd is not installed"
    if cgroup2() is None or not os.access(cgroup2(), os.W_OK):
        return "no control groups (version 2) to write to"
    r = run("unshare", "-m", "-p", "-f", "-n", "-i", "-u", "-C", "true")
    return None if r.returncode == 0 else "namespaces are not allowed here"


def starts(m, unit, what="start"):
    r = m.inside(f"timeout 40 systemctl {what} {unit}")
    s = m.state(unit, "ActiveState", "SubState", "MainPID", "Result")
    name = unit.split("-")[1].split(".")[0]
    return ok(r.returncode == 0 and s.get("ActiveState") == "active",
              f"{unit}: {what}s, and says so itself (Type=notify)", r.stderr, s,
              m.errors(name))


def confined(m, unit):
    pid = m.state(unit, "MainPID")["MainPID"]
    r = m.inside(f"cat /proc/{pid}/status; id -u yore")
    status = dict(line.split(":\t", 1) for line in r.stdout.splitlines() if ":\t" in line)
    uid = r.stdout.split()[-1]
    ok(status["Uid"].split() == [uid] * 4 and status["CapEff"].strip("0") == "" and
       status["CapPrm"].strip("0") == "" and status["NoNewPrivs"] == "1" and
       status["Seccomp"] == "2", f"{unit}: another user, no capability, few system calls",
       status)


def reloads(m, unit):
    before = m.state(unit, "MainPID", "NRestarts")
    r = m.inside(f"timeout 20 systemctl reload {unit}")
    time.sleep(0.5)
    after = m.state(unit, "MainPID", "NRestarts", "ActiveState")
    ok(r.returncode == 0 and after.pop("ActiveState") == "active" and after == before,
       f"{unit}: reloads and goes on", r.stderr, before, after)


def stops(m, unit):
    r = m.inside(f"timeout 60 systemctl stop {unit}")
    s = m.state(unit, "ActiveState", "Result", "ExecMainStatus", "NRestarts")
    ok(r.returncode == 0 and (s["ActiveState"], s["Result"], s["ExecMainStatus"]) ==
       ("inactive", "success", "0"), f"{unit}: stops in order", r.stderr, s)


def names(m):
    r = m.inside("YORE_DB=/var/lib/yore/db yore export")
    return {json.loads(line)["rrname"]: json.loads(line)["count"]
            for line in r.stdout.splitlines()}


def test_sense(m):
    c = packets.Capture()
    for i in range(500):
        c.transaction(f"n{i}.live.test", packets.WRAPS["plain"])
    path = os.path.join(m.outside, "live.pcap")
    c.write(path)
    shutil.copy(sender, os.path.join(m.outside, "send"))
    m.inside("ip link add v0 type veth peer name v1; ip link set v0 up; ip link set v1 up")
    if not starts(m, "yore-sense.service"):
        return
    confined(m, "yore-sense.service")
    r = m.inside("/run/outside/send -r 5000 /run/outside/live.pcap v0")
    until(lambda: len(names(m)) == 500)
    got = names(m)
    ok(got == {f"n{i}.live.test": 1 for i in range(500)},
       "yore-sense.service: captures, and commits while it runs", r.stderr, len(got),
       m.errors("sense"))
    reloads(m, "yore-sense.service")
    m.inside("systemctl kill -s USR1 yore-sense.service")
    until(lambda: "net.messages_udp" in m.errors("sense"), 10)
    ok("net.messages_udp" in m.errors("sense"), "yore-sense.service: counters on SIGUSR1",
       m.errors("sense"))
    r = m.inside("find / -xdev -user yore -not -path '/proc/*' -not -path '/run/outside/*'"
                 " -not -path '/sys/*' | grep -v -e ^/var/lib/yore; "
                 "find /run /tmp /var/tmp -user yore")
    ok(not [x for x in r.stdout.split() if not x.startswith("/run/yore")],
       "yore-sense.service: no file outside of its database", r.stdout)
    stops(m, "yore-sense.service")
    # name servers reach it through a socket of their group, as the unit's comment shows;
    # a crash: it comes back by itself, and so does the socket
    m.inside("groupadd -r nameserver; echo 'YORE_SENSE=--dnstap unix:/run/yore/dnstap.sock"
             " --dnstap-group nameserver --sensor edge' >/etc/yore/sense.env")
    r = m.inside("systemctl start yore-sense.service")
    ok(r.returncode != 0 and "must be in that group" in m.errors("sense"),
       "yore-sense.service: a group that is not its own is refused with the reason",
       m.errors("sense")[-600:])
    m.inside("systemctl stop yore-sense.service; printf "
             "'[Service]\\nSupplementaryGroups=nameserver\\n'"
             " >/etc/systemd/system/yore-sense.service.d/group.conf;"
             " systemctl daemon-reload; systemctl reset-failed yore-sense.service")
    starts(m, "yore-sense.service")
    m.inside("systemctl kill -s KILL yore-sense.service")
    again = lambda: m.state("yore-sense.service", "ActiveState", "NRestarts")
    until(lambda: again() == {"ActiveState": "active", "NRestarts": "1"}, 40)
    s = again()
    ok(s == {"ActiveState": "active", "NRestarts": "1"},
       "yore-sense.service: killed, it is started again", s)
    r = m.inside("stat -c '%F %U %G %a' /run/yore/dnstap.sock")
    ok(r.stdout == "socket yore nameserver 660\n",
       "yore-sense.service: its dnstap socket is the name server's group's", r.stdout,
       r.stderr, m.errors("sense")[-600:])
    stops(m, "yore-sense.service")


def test_follow(m):
    c = packets.Capture()
    for i in range(300):
        c.transaction(f"n{i}.file.test", packets.WRAPS["plain"])
    c.write(os.path.join(m.outside, "one.pcap"))
    m.inside("chmod 755 /srv/captures")
    if not starts(m, "yore-follow.service"):
        return
    confined(m, "yore-follow.service")
    m.inside("cp /run/outside/one.pcap /srv/captures/one.pcap")
    taken = lambda: {n for n in names(m) if n.endswith("file.test")}
    until(lambda: len(taken()) == 300, 40)
    got = taken()
    ok(len(got) == 300, "yore-follow.service: takes a capture that appears", len(got),
       m.errors("follow"))
    reloads(m, "yore-follow.service")
    stops(m, "yore-follow.service")


def test_serve(m):
    r = m.inside("systemctl start yore-serve.socket")
    fetch = "timeout 20 curl -s -m 15 http://127.0.0.1:8053"
    r = m.inside(fetch + "/healthz")
    ok(r.returncode == 0, "yore-serve.socket: a client is not refused, and starts it", r,
       m.errors("serve"))
    if not starts(m, "yore-serve.service"):
        return
    confined(m, "yore-serve.service")
    r = m.inside(fetch + "/pdns/query/n7.file.test")
    ok('"n7.file.test"' in r.stdout, "yore-serve.service: answers from the same database",
       r.stdout, r.stderr, m.errors("serve"))
    reloads(m, "yore-serve.service")
    r = m.inside("systemctl restart yore-serve.service & " + fetch + "/pdns/query/n8.file.test;"
                 " wait")
    ok('"n8.file.test"' in r.stdout, "yore-serve.service: nobody is refused while it restarts",
       r.stdout, r.stderr)
    r = m.inside("ls -l /var/log/yore/audit.log")
    ok(" yore yore " in r.stdout, "yore-serve.service: the audit log is its own", r.stdout,
       r.stderr)
    m.inside("systemctl stop yore-serve.socket")
    stops(m, "yore-serve.service")


with tempfile.TemporaryDirectory() as scratch:
    os.chmod(scratch, 0o755)
    analyzed(scratch)
    program = yore
    why = why_not()
    if sanitized(yore):
        program = os.environ.get("YORE_PLAIN", "")
        if not program:
            why = why or "a sanitizer wants more than the units allow; set $YORE_PLAIN"
    if why:
        skip("sensor, follower and server under systemd", why)
        done()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1)) # a timeout: it is ended, too
    m = Manager(scratch, program)
    try:
        if not m.up():
            skip("sensor, follower and server under systemd",
                 "it does not come up in namespaces here: "
                 + " ".join(m.said().split())[:200])
            done()
        r = m.inside("systemd-sysusers && getent passwd yore")
        ok(r.returncode == 0 and "/var/lib/yore" in r.stdout, "yore.sysusers makes the user",
           r.stdout, r.stderr)
        m.inside("ip link set lo up")
        test_sense(m)
        test_follow(m)
        test_serve(m)
    finally:
        m.end()
    ok(not os.path.exists(m.cgroup), "nothing is left of it")
done()
