"""Captures of questions below a resolver and what was answered, for tests of watching."""
import ipaddress, struct, time


def qname(text):
    return b''.join(bytes([len(p)]) + p.encode() for p in text.split('.')) + b'\0'


def record(owner, kind, value):
    data = qname(value) if kind == 5 else ipaddress.ip_address(value).packed
    return qname(owner) + struct.pack('>HHIH', kind, 1, 300, len(data)) + data


def frame(src, dst, sport, dport, payload):
    udp = struct.pack('>HHHH', sport, dport, 8 + len(payload), 0) + payload
    ip = struct.pack('>BBHHHBBH', 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0)
    ip += ipaddress.ip_address(src).packed + ipaddress.ip_address(dst).packed
    s = sum(struct.unpack('>10H', ip))
    s = (s & 0xffff) + (s >> 16)
    ip = ip[:10] + struct.pack('>H', ~s & 0xffff) + ip[12:]
    return b'\2\0\0\0\0\1\2\0\0\0\0\2\x08\0' + ip + udp


port = 20000


def capture(path, exchanges, start=None, client='10.0.0.7'):
    """Each exchange: (name, answers...); an answer is a list of (owner, type, value), or
    None: no such name. No answer at all: nothing came back."""
    global port
    start = time.time() if start is None else start
    with open(path, 'wb') as f:
        f.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
        for i, (name, *answers) in enumerate(exchanges):
            port = port + 1 if port < 60000 else 20000
            kind = next((k for a in answers if a for _, k, _ in a if k != 5), 1)
            question = qname(name) + struct.pack('>HH', kind, 1)
            out = [frame(client, '10.0.0.53', port, 53,
                         struct.pack('>6H', i, 0x100, 1, 0, 0, 0) + question)]
            for a in answers:
                body = b''.join(record(*r) for r in a or ())
                out.append(frame('10.0.0.53', client, 53, port,
                                 struct.pack('>6H', i, 0x8183 if a is None else 0x8180, 1,
                                             len(a or ()), 0, 0) + question + body))
            for k, data in enumerate(out):
                t = start + i * 0.01 + k * 0.001
                f.write(struct.pack('<IIII', int(t), int(t % 1 * 1e6), len(data), len(data))
                        + data)
