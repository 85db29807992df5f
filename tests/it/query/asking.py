"""What the tests of asking share: TAP lines, running yore, and making captures with any
octets in them."""
import os
import pty
import select
import struct
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..'))
from tap import done, ok, skip

yore, root = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])


def same(got, want, text):
    return ok(got == want, text, 'got  %r' % (got,), 'want %r' % (want,))


def run(*args, **kw):
    """(status, stdout, stderr) as texts."""
    kw.setdefault('timeout', 120)
    kw.setdefault('stdout', subprocess.PIPE)
    kw.setdefault('stderr', subprocess.PIPE)
    p = subprocess.run([yore, *args], **kw)
    return (p.returncode, (p.stdout or b'').decode('utf-8', 'surrogateescape'),
            (p.stderr or b'').decode('utf-8', 'surrogateescape'))


def on_terminal(*args, **env):
    """stdout and stderr as a terminal of 80 columns shows them."""
    pid, fd = pty.fork()
    if pid == 0:
        os.environ.update(COLUMNS='80', TERM='xterm', LC_ALL='C.UTF-8', **env)
        os.execv(yore, [yore, *args])
    data = b''
    while select.select([fd], [], [], 120)[0]:
        try:
            part = os.read(fd, 65536)
        except OSError:
            break
        if not part:
            break
        data += part
    os.waitpid(pid, 0)
    os.close(fd)
    return data.replace(b'\r\n', b'\n')


def wire(labels):
    """A name from labels of octets."""
    return b''.join(bytes([len(x)]) + x for x in labels) + b'\0'


class Answers:
    """A capture of answers from an authoritative server, nothing but the answers."""

    def __init__(self):
        self.frames = []

    def add(self, time, owner, kind, rdata, ttl=300):
        question = owner + struct.pack('>HH', kind, 1)
        dns = struct.pack('>6H', len(self.frames), 0x8400, 1, len(rdata), 0, 0) + question
        for one in rdata:
            dns += owner + struct.pack('>HHIH', kind, 1, ttl, len(one)) + one
        udp = struct.pack('>HHHH', 53, 4000, 8 + len(dns), 0) + dns
        ip = struct.pack('>BBHHHBBH4s4s', 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0,
                         b'\xc6\x33\x64\x01', b'\xc6\x33\x64\x02')
        self.frames.append((time, b'\2\0\0\0\0\1\2\0\0\0\0\2\x08\0' + ip + udp))

    def write(self, path):
        with open(path, 'wb') as out:
            out.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 262144, 1))
            for time, frame in self.frames:
                out.write(struct.pack('<IIII', time, 0, len(frame), len(frame)) + frame)
