"""A veth pair in a network namespace of its own, and a sender on it: what the tests and
the measurements of live capture share.

    wires.enter()               runs this program anew inside of a namespace, or skips
    wires.pair()                v0 and v1, silent
    wires.send(SENDER, CAPTURE, packets_a_second=0) -> (sent, rate, CPU seconds)
"""
import os, re, shutil, subprocess, sys


def why_not():
    """Why there can be no namespace here, or None."""
    if not shutil.which("ip"):
        return "iproute2 is missing"
    how = ["unshare", "-n"] if os.geteuid() == 0 else ["unshare", "-r", "-n"]
    if subprocess.run(how + ["true"], stderr=subprocess.DEVNULL).returncode != 0:
        return "network namespaces are not allowed here"
    return None


def enter(skip):
    if "INSIDE_NETNS" in os.environ:
        return
    why = why_not()
    if why:
        skip(why)
        sys.exit(0)
    how = ["unshare", "-n"] if os.geteuid() == 0 else ["unshare", "-r", "-n"]
    os.environ["INSIDE_NETNS"] = "1"
    os.execvp(how[0], how + [sys.executable, *sys.argv])


def ip(*words):
    subprocess.run(["ip", *words], check=True)


def up(name):
    """Without packets of the kernel's own."""
    path = f"/proc/sys/net/ipv6/conf/{name}/disable_ipv6"
    if os.path.exists(path):
        with open(path, "w") as f:
            f.write("1")
    ip("link", "set", name, "up")


def pair():
    ip("link", "add", "v0", "type", "veth", "peer", "name", "v1")
    for name in ("v0", "v1"):
        ip("link", "set", name, "mtu", "2000") # a tag more than Ethernet's
        up(name)
    up("lo")


def arrived(name="v1"):
    """Packets that the other end got, by the kernel's own count."""
    with open("/proc/net/dev") as f:
        return next(int(line.split()[2]) for line in f
                    if line.split(":")[0].strip() == name)


def send(sender, path, rate=0, times=1, seconds=120):
    r = subprocess.run([sender, "-r", str(rate), "-n", str(times), path, "v0"],
                       capture_output=True, text=True, timeout=seconds, check=True)
    m = re.match(r"sent (\d+) packets, \d+ octets in [\d.]+ s: (\d+) packets/s, ([\d.]+) s",
                 r.stdout)
    return int(m.group(1)), int(m.group(2)), float(m.group(3))
