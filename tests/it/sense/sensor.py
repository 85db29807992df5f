"""A running `yore sense` for tests, told ready by its own sd_notify, and what it kept."""
import json, os, signal, socket, subprocess, tempfile, time


def environment():
    e = dict(os.environ)
    # the leak checker needs system calls that the sandbox has taken away
    e["ASAN_OPTIONS"] = e.get("ASAN_OPTIONS", "") + ":detect_leaks=0"
    return e


class Sensor:
    def __init__(self, yore, db, *options):
        self.folder = tempfile.TemporaryDirectory()
        path = os.path.join(self.folder.name, "notify")
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.bind(path)
        self.notify.settimeout(30)
        self.err_path = os.path.join(self.folder.name, "stderr")
        e = environment()
        e["NOTIFY_SOCKET"] = path
        with open(self.err_path, "a") as err:
            self.p = subprocess.Popen([yore, "sense", "--db", db, *options], env=e,
                                      stderr=err, stdin=subprocess.DEVNULL)

    def said(self, what, seconds=30):
        """Waits until the service manager hears it."""
        self.notify.settimeout(seconds)
        while True:
            try:
                text = self.notify.recv(4096).decode()
            except TimeoutError:
                return False
            if what in text.split("\n"):
                return True

    def ready(self):
        self.notify.settimeout(0.1)
        for _ in range(300):
            try:
                if "READY=1" in self.notify.recv(4096).decode().split("\n"):
                    return True
            except TimeoutError:
                pass
            if self.p.poll() is not None:
                return False
        return False

    def errors(self):
        with open(self.err_path) as f:
            return f.read()

    def counters(self):
        """SIGUSR1: what it prints, by name."""
        at = len(self.errors())
        self.p.send_signal(signal.SIGUSR1)
        text = ""
        for _ in range(100):
            time.sleep(0.05)
            now = self.errors()[at:]
            if now and now == text:
                break
            text = now
        found = {}
        for line in text.splitlines():
            parts = line.split()
            if len(parts) >= 2 and parts[0].isdigit():
                key = parts[1] + (" " + parts[2] if len(parts) > 2 else "")
                found[key] = int(parts[0])
        return found

    def reload(self):
        self.p.send_signal(signal.SIGHUP)
        return self.said("READY=1")

    def end(self, how=signal.SIGTERM, seconds=60):
        if self.p.poll() is None:
            self.p.send_signal(how)
        try:
            return self.p.wait(seconds)
        except subprocess.TimeoutExpired:
            self.p.kill()
            self.p.wait()
            return "hung"

    def close(self):
        if self.p.poll() is None:
            self.p.kill()
            self.p.wait()
        self.notify.close()
        self.folder.cleanup()


def kept(yore, db, *options):
    """Rows of the history: (rrname, rrtype, rdata) -> count, without sources."""
    r = subprocess.run([yore, "export", "--db", db, *options], capture_output=True,
                       text=True, timeout=300)
    rows = {}
    for line in r.stdout.splitlines():
        o = json.loads(line)
        key = (o["rrname"], o["rrtype"], tuple(o["rdata"]))
        rows[key] = rows.get(key, 0) + o["count"]
    return rows
