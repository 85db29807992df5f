"""A dnstap producer made by hand: frame streams and the protobuf of responses."""
import socket, struct


def varint(v):
    out = b""
    while v > 127:
        out, v = out + bytes([v & 127 | 128]), v >> 7
    return out + bytes([v])


def field(number, value):
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def control(kind, content=b"protobuf:dnstap.Dnstap"):
    body = struct.pack(">I", kind)
    if content is not None:
        body += struct.pack(">II", 1, len(content)) + content
    return struct.pack(">II", 0, len(body)) + body


ACCEPT, START, STOP, READY, FINISH = (control(1), control(2), control(3, None),
                                      control(4), control(5, None))


def frame(dns, time_s):
    """RESOLVER_RESPONSE over UDP in IPv4."""
    message = (field(1, 4) + field(2, 1) + field(3, 1) + field(4, b"\x0a\0\0\1")
               + field(5, b"\x09\x09\x09\x09") + field(6, 4000) + field(7, 53)
               + field(12, time_s) + field(14, dns))
    m = field(14, message) + field(15, 1)
    return struct.pack(">I", len(m)) + m


def client_answer(name, time_s):
    """CLIENT_RESPONSE over UDP in IPv4: one address of the name."""
    question = b"".join(bytes([len(x)]) + x.encode() for x in name.split(".")) + b"\0\0\1\0\1"
    dns = (struct.pack(">6H", 7, 0x8180, 1, 1, 0, 0) + question
           + b"\xc0\x0c\0\1\0\1\0\0\1\0\0\4\xc6\x33\x64\1")
    message = (field(1, 6) + field(2, 1) + field(3, 1) + field(4, b"\x7f\0\0\1")
               + field(5, b"\x7f\0\0\2") + field(6, 4000) + field(7, 53)
               + field(12, time_s) + field(14, dns))
    m = field(14, message) + field(15, 1)
    return struct.pack(">I", len(m)) + m


def connect(path, greet=True):
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(30)
    s.connect(path)
    if greet:
        s.sendall(READY)
        if s.recv(len(ACCEPT), socket.MSG_WAITALL) != ACCEPT:
            raise RuntimeError("no ACCEPT")
        s.sendall(START)
    return s


def finish(s):
    """Everything sent before has been taken once this comes back."""
    s.sendall(STOP)
    return s.recv(len(FINISH), socket.MSG_WAITALL) == FINISH


def send(path, frames):
    """One connection, one way: start, frames, stop; nobody says that they were taken."""
    s = connect(path, greet=False)
    s.sendall(START + b"".join(frames) + STOP)
    s.close()
