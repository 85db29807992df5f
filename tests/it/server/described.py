"""Is what a server answers what docs/openapi.json says of it? Strictly: a member that is not
described is a complaint, unless the description allows any there."""
import json, os, re

TYPES = {"object": dict, "array": list, "string": str, "integer": int, "number": (int, float),
         "boolean": bool, "null": type(None)}


class Described:
    def __init__(self, root):
        with open(os.path.join(root, "docs/openapi.json")) as f:
            self.all = json.load(f)

    def complaints(self, value, schema, at="$"):
        """What does not fit, as lines; none: it fits."""
        if "$ref" in schema:
            return self.complaints(value, self.all["components"]["schemas"][schema["$ref"].split("/")[-1]], at)
        if "oneOf" in schema:
            tried = [self.complaints(value, s, at) for s in schema["oneOf"]]
            return [] if [] in tried else min(tried, key=len)
        if "enum" in schema and value not in schema["enum"]:
            return [f"{at}: {value!r} is not in the list"]
        kinds = schema.get("type", [])
        kinds = [kinds] if isinstance(kinds, str) else kinds
        if kinds and not any(isinstance(value, TYPES[k]) and (k != "integer" or not isinstance(value, bool))
                             for k in kinds):
            return [f"{at}: {value!r} is no {'/'.join(kinds)}"]
        if isinstance(value, list):
            return [c for i, v in enumerate(value) for c in self.complaints(v, schema.get("items", {}), f"{at}[{i}]")]
        if not isinstance(value, dict):
            return []
        known, other = schema.get("properties", {}), schema.get("additionalProperties")
        found = [f"{at}: lacks {k}" for k in schema.get("required", []) if k not in value]
        for k, v in value.items():
            if k in known or other is not None:
                found += self.complaints(v, known.get(k, other), f"{at}.{k}")
            else:
                found.append(f"{at}.{k}: is not described")
        return found

    def path_of(self, target):
        """The described path that a target belongs to: the longest."""
        target = target.split("?")[0]
        fits = [p for p in self.all["paths"] if p == target or "{" in p and target.startswith(p[:p.index("{")])]
        return max(fits, key=lambda p: len(p.split("{")[0]), default=None)

    def answer(self, method, target, status, kind, body):
        """Complaints about a whole answer: of JSON, each line or all of it."""
        path = self.path_of(target)
        if path is None:
            return [f"{target}: is not described"]
        content = self.all["paths"][path][method.lower()]["responses"].get(str(status), {}).get("content", {})
        if "json" not in kind or kind not in content or path == "/openapi.json":
            return []
        found = []
        try:
            values = [json.loads(body)] if body.strip() else []
        except ValueError:
            values = [json.loads(line) for line in body.splitlines()]
        for n, value in enumerate(values):
            found += [f"{target}, {n + 1}: {c}" for c in self.complaints(value, content[kind]["schema"])]
        return found

    def words(self):
        """Every name of a member in it."""
        found = set()

        def walk(o):
            if isinstance(o, dict):
                found.update(o.get("properties", {}))
                o = list(o.values())
            for x in o if isinstance(o, list) else []:
                walk(x)
        walk(self.all["paths"])
        walk(self.all["components"])
        return found


def written(root):
    """Members that the server's own sources write, and where; logs are no answers."""
    found = {}
    api = os.path.join(root, "src/api")
    files = [os.path.join(api, n) for n in os.listdir(api) if n.endswith(".c") and n not in ("audit.c", "key.c", "metrics.c")]
    files += [os.path.join(root, "src/format", n) for n in ("cof.c", "dnsdb.c", "asked.c")]
    for path in files:
        with open(path) as f:
            text = f.read()
        words = re.findall(r'\\"(\w+)\\":', text)
        for call in re.findall(r'\b(?:json_key|put_\w+)\(([^;]*?)\);', text):
            words += re.findall(r'"([A-Za-z_]+)"', call)
        found.update({w: os.path.relpath(path, root) for w in words})
    with open(os.path.join(root, "src/query/absent.c")) as f:
        found.update({w: "absent.c" for w in re.findall(r'\[ABSENCE_\w+\] = "(\w+)"', f.read())})
    return found
