"""A real browser, led over WebDriver (W3C) by Debian's chromium-driver: what a person does."""
import atexit, base64, http.client, json, os, re, shutil, subprocess, tempfile, time

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"


def missing():
    """Why there is no browser, or None."""
    for program in ("chromium", "chromedriver"):
        if shutil.which(program) is None:
            return f"{program} is not installed"


class Browser:
    def __init__(self, width=1280, height=800):
        self.dir = tempfile.mkdtemp(prefix="yore-browser-")
        env = dict(os.environ, HOME=self.dir, TMPDIR=self.dir)
        log = open(os.path.join(self.dir, "log"), "w+")
        self.driver = subprocess.Popen(["chromedriver", "--port=0"], stdout=log, stderr=log,
                                       stdin=subprocess.DEVNULL, env=env)
        atexit.register(self.close)
        self.session, self.port = None, None
        end = time.time() + 60
        while self.port is None and time.time() < end and self.driver.poll() is None:
            time.sleep(0.05)
            log.seek(0)
            m = re.search(r"successfully on port (\d+)", log.read())
            self.port = m and int(m.group(1))
        options = {"args": ["--headless=new", "--no-sandbox", "--disable-gpu",
                            "--disable-dev-shm-usage", f"--window-size={width},{height}",
                            f"--user-data-dir={self.dir}/profile"]}
        got = self.call("POST", "/session", {"capabilities": {"alwaysMatch": {
            "goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"}}}}, top=True)
        self.session = got["sessionId"]

    def call(self, method, path, body=None, top=False):
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        c.request(method, path if top else f"/session/{self.session}{path}",
                  None if body is None else json.dumps(body))
        value = json.loads(c.getresponse().read())["value"]
        c.close()
        if isinstance(value, dict) and "error" in value:
            raise RuntimeError(value["error"] + ": " + value["message"][:300])
        return value

    def go(self, url):
        self.call("POST", "/url", {"url": url})

    def run(self, script, *arguments):
        """A function's body in the page; returns what it returns."""
        return self.call("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def until(self, script, *arguments, seconds=30):
        """Runs it until it is true; returns whether it became so."""
        end = time.time() + seconds
        while time.time() < end:
            if self.run("return (() => {" + script + "})()", *arguments):
                return True
            time.sleep(0.05)
        return False

    def find(self, css):
        return self.call("POST", "/element", {"using": "css selector", "value": css})[ELEMENT]

    def click(self, css):
        self.call("POST", f"/element/{self.find(css)}/click", {})

    def keys(self, text):
        """Pressed and let go, one after another, wherever the focus is."""
        steps = [{"type": t, "value": k} for k in text for t in ("keyDown", "keyUp")]
        self.call("POST", "/actions", {"actions": [{"type": "key", "id": "k", "actions": steps}]})

    def drag(self, css, start, end):
        """From one part of an element's width (0 to 1) to another."""
        x, y, w, h = self.run("const b = document.querySelector(arguments[0])"
                              ".getBoundingClientRect(); return [b.x, b.y, b.width, b.height]", css)
        at = [{"type": "pointerMove", "duration": 50, "x": int(x + w * p), "y": int(y + h / 2)}
              for p in (start, (start + end) / 2, end)]
        steps = [at[0], {"type": "pointerDown", "button": 0}, *at[1:],
                 {"type": "pointerUp", "button": 0}]
        self.call("POST", "/actions", {"actions": [
            {"type": "pointer", "id": "p", "parameters": {"pointerType": "mouse"},
             "actions": steps}]})

    def complaints(self):
        """What the console said since the last time: errors, refusals of the policy."""
        said = self.call("POST", "/se/log", {"type": "browser"})
        return [x["message"] for x in said if x["level"] in ("SEVERE", "WARNING")]

    def requests(self):
        """The addresses that the page asked for since the last time, from wherever."""
        said = [json.loads(x["message"])["message"] for x in self.call("POST", "/se/log", {"type": "performance"})]
        return [m["params"]["request"]["url"] for m in said if m["method"] == "Network.requestWillBeSent"]

    def picture(self):
        """What is to be seen, as PNG."""
        return base64.b64decode(self.call("GET", "/screenshot"))

    def resize(self, width, height):
        self.call("POST", "/window/rect", {"width": width, "height": height})

    def close(self):
        if self.session:
            try:
                self.call("DELETE", "")
            except (OSError, RuntimeError):
                pass
            self.session = None
        self.driver.terminate()
        self.driver.wait(20)
        shutil.rmtree(self.dir, ignore_errors=True)
