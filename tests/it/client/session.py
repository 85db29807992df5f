"""A home of its own for each test, its configuration, and yore run in it."""
import json, os, subprocess, sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import fakes
from scratch import folder
from tap import done, ok

yore, root = os.path.abspath(sys.argv[1]), sys.argv[2]


class Session:
    def __init__(self):
        self.home = folder("client")
        self.pem = fakes.certificate(self.home)
        self.fake = fakes.Fake(self.pem)
        self.db = os.path.join(self.home, "db")
        self.env = {k: v for k, v in os.environ.items()
                    if not k.startswith(("YORE_", "XDG_")) and not k.lower().endswith("_proxy")}
        self.env.update(HOME=self.home, TZ="UTC", LC_ALL="C.UTF-8")
        self.configure()

    def configure(self, more="", name="yore.conf"):
        folder = os.path.join(self.home, ".config", "yore")
        os.makedirs(folder, exist_ok=True)
        url, ca = self.fake.url, self.pem[0]
        both = f"ca-file = {ca}\ntimeout = 20s\ngap = 0s\n"
        text = "\n".join([
            f"[provider circl]\nurl = {url}/circl\nuser = {fakes.USER}\n"
            f"password = {fakes.PASSWORD}\n{both}",
            f"[provider dnsdb]\nurl = {url}/dnsdb/v2\nkey = {fakes.KEY}\n{both}",
            f"[provider virustotal]\nurl = {url}/vt\nkey = {fakes.KEY}\n{both}",
            f"[provider mnemonic]\nurl = {url}/mnemonic\n{both}",
            f"[provider passivetotal]\nurl = {url}/pt\nuser = u\nkey = k\n{both}",
            f"[provider cn360]\nurl = {url}/cn360\nuser = id\nkey = {fakes.KEY}\n{both}",
            f"[provider securitytrails]\nurl = {url}/st\nkey = {fakes.KEY}\n{both}",
            f"[provider lab]\ntype = cof\nurl = {url}/cof\n{both}",
            f"[provider ours]\ntype = cof\nurl = {url}/cof\nown = yes\n{both}", more])
        self.conf = os.path.join(folder, name)
        with open(self.conf, "w") as f:
            f.write(text)
        os.chmod(self.conf, 0o600)

    def run(self, *args, input=None, timeout=60, env=None, program=None):
        r = subprocess.run([program or yore, *args], input=input, capture_output=True,
                           text=True, timeout=timeout, env=dict(self.env, **(env or {})))
        r.text = f"$ {' '.join(args)}\nstatus {r.returncode}\n{r.stdout}\n{r.stderr}"
        return r

    def query(self, *args, **more):
        r = self.run("query", *args, "--json", **more)
        r.rows = [json.loads(line) for line in r.stdout.splitlines() if line.startswith("{")]
        return r

    def asked(self):
        """What left, as written down."""
        try:
            with open(os.path.join(self.home, ".local/state/yore/asked.log")) as f:
                return [json.loads(line) for line in f]
        except FileNotFoundError:
            return []
