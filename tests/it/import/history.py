"""What the tests of import share: running yore, and the history as comparable lines."""
import json, os, subprocess, sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from tap import done, ok


class Yore:
    def __init__(self, program):
        self.program = program

    def run(self, *args, **how):
        how.setdefault("timeout", 300)
        return subprocess.run([self.program, *args], capture_output=True, text=True, **how)

    def take(self, db, *args, **how):
        return self.run("import", "--db", db, *args, **how)

    def sets(self, db, *args):
        """Lines as in tests/data/*.expect."""
        r = self.run("export", "--db", db, "--view", "rrset", "--json", *args)
        out = []
        for line in r.stdout.splitlines():
            o = json.loads(line)
            rdata = o["rdata"] if isinstance(o["rdata"], list) else [o["rdata"]]
            if o["rrtype"] in ("A", "AAAA", "TXT", "SOA"):
                rdata = ",".join(rdata)
            else:
                rdata = ",".join(dotted(x) for x in rdata)
            zone = dotted(o["bailiwick"]) if o.get("bailiwick") else "-"
            out.append("\t".join([dotted(o["rrname"]), o["rrtype"], rdata, zone,
                                  o["source"], str(o["count"]), str(o["time_first"]),
                                  str(o["time_last"])]))
        return sorted(out)

    def rows(self, db):
        """Everything: sets of each month and single records, as they are exported."""
        out = []
        for view in ("month", "rr"):
            r = self.run("export", "--db", db, "--view", view, "--json")
            out += r.stdout.splitlines()
        return out


def dotted(name):
    return name if name.endswith(".") else name + "."


def expected(data, name):
    with open(os.path.join(data, name + ".expect")) as f:
        return sorted(f.read().splitlines())


def differences(got, want):
    g, w = set(got), set(want)
    return [f"missing {x}" for x in sorted(w - g)[:5]] + [f"extra {x}" for x in sorted(g - w)[:5]]
