"""Is an address anywhere in a folder, in any form, compressed or not?"""
import os, socket, subprocess


def forms(addr):
    raw = socket.inet_pton(socket.AF_INET6 if ":" in addr else socket.AF_INET, addr)
    out = {"octets": raw, "text": addr.encode(), "turned round": raw[::-1]}
    if len(raw) == 4:
        out["reverse name"] = ".".join(str(x) for x in raw[::-1]).encode()
        out["reverse labels"] = b"".join(bytes([len(str(x))]) + str(x).encode()
                                         for x in raw[::-1])
        out["labels"] = b"".join(bytes([len(str(x))]) + str(x).encode() for x in raw)
        out["mapped"] = b"\0" * 10 + b"\xff\xff" + raw
    else:
        out["nibbles"] = "".join(f"{x:02x}" for x in raw).encode()
        out["reverse nibbles"] = ".".join(f"{x:02x}"[::-1] for x in raw[::-1]).encode()[:0] \
            or ".".join("".join(f"{x:02x}" for x in raw)[::-1]).encode()
    out["hexadecimal"] = raw.hex().encode()
    return out


def octets_of(db, dump, shelves=None):
    """(where, octets): each file as it lies there, then what the shelves hold."""
    for d, _, files in os.walk(db):
        for f in files:
            p = os.path.join(d, f)
            with open(p, "rb") as h:
                yield os.path.relpath(p, db), h.read()
    for shelf in sorted(n for n in os.listdir(db)
                        if os.path.exists(os.path.join(db, n, "CURRENT"))):
        r = subprocess.run([dump, db, shelf], capture_output=True, timeout=300)
        assert r.returncode == 0, r.stderr
        yield "rows of " + shelf, r.stdout


def found(db, dump, addresses, private=lambda where: False):
    """Where an address is that must not be there."""
    out = []
    for where, octets in octets_of(db, dump):
        if private(where):
            continue
        for a in addresses:
            for form, what in forms(a).items():
                if what in octets:
                    out.append(f"{where}: {a} as {form}")
    return out
