"""Every command that a document shows is run, and must print what the document says.

A fenced block marked `console` holds commands ("$ ...") and what they print. All blocks
of one document run in order in one scratch folder, which has
    sample.pcap   the capture of demo/story.py
    YORE_DB       the folder db beside it, empty at the start
    HOME          a folder of its own
on a terminal of 80 columns without colours, with yore first in PATH. A line "..." stands
for any number of lines. Blocks marked otherwise (sh, text) are not run. stderr and
stdout come together, as on a screen. A document whose blocks need what is not there may
say so in an HTML comment: <!-- docs.t: skip WHY -->.

With YORE_UPDATE=1 what is printed is written into the documents instead of compared
(but for answers with a "..."); read the diff before it is committed.
"""
import fcntl
import os
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..'))
from tap import done, ok, skip

yore, root = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])


def blocks(text):
    """(line number, command, expected lines) of every console block."""
    out, inside, command = [], False, None
    for number, line in enumerate(text.splitlines(), 1):
        if not inside:
            inside = line.strip() == '```console'
            command = None
        elif line.startswith('```'):
            inside = False
        elif line.startswith('$ '):
            command = (number, line[2:], [])
            out.append(command)
        elif command and line.startswith('> ') and not command[2]:
            command = (number, command[1] + '\n' + line[2:], [])
            out[-1] = command
        elif command:
            command[2].append(line.rstrip())
    return out


def on_terminal(command, folder, env):
    """What the command prints on a terminal of 80 columns."""
    pid, fd = pty.fork()
    if pid == 0:
        os.chdir(folder)
        os.execvpe('bash', ['bash', '-c', command], env)
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack('HHHH', 24, 80, 0, 0))
    data = b''
    while True:
        ready, _, _ = select.select([fd], [], [], 120)
        if not ready:
            os.kill(pid, signal.SIGKILL)
            data += b'\n(no end after 120 s)\n'
            break
        try:
            part = os.read(fd, 65536)
        except OSError:
            break
        if not part:
            break
        data += part
    os.waitpid(pid, 0)
    os.close(fd)
    text = data.decode('utf-8', 'replace').replace('\r\n', '\n')
    text = re.sub('\r\x1b\\[K[^\r\n]*(?=\r\x1b\\[K)', '', text)  # the progress line
    return text.replace('\r\x1b[K', '')


def matches(got, want):
    """want may hold "..." for any lines."""
    if not want:
        return not got
    if want[0] == '...':
        return any(matches(got[i:], want[1:]) for i in range(len(got) + 1))
    return bool(got) and got[0] == want[0] and matches(got[1:], want[1:])


def lines_of(text):
    lines = [line.rstrip() for line in text.split('\n')]
    while lines and not lines[-1]:
        lines.pop()
    return lines


def run_document(path):
    name = os.path.relpath(path, root)
    text = open(path, encoding='utf-8').read()
    why = re.search(r'<!-- docs\.t: skip (.*?) -->', text)
    todo = blocks(text)
    if why:
        skip(name, why.group(1))
        return
    folder = tempfile.mkdtemp(prefix='yore-docs-')
    bin = os.path.join(folder, '.bin')
    os.mkdir(bin)
    os.mkdir(os.path.join(folder, 'home'))
    os.symlink(yore, os.path.join(bin, 'yore'))
    subprocess.run([sys.executable, os.path.join(root, 'demo', 'story.py'),
                    os.path.join(folder, 'sample.pcap')], check=True,
                   stdout=subprocess.DEVNULL)
    env = {'PATH': bin + ':' + os.environ['PATH'], 'HOME': os.path.join(folder, 'home'),
           'YORE_DB': os.path.join(folder, 'db'), 'TERM': 'xterm', 'NO_COLOR': '1',
           'LC_ALL': 'C.UTF-8', 'TMPDIR': folder}
    for key, value in os.environ.items():
        if key.endswith('SAN_OPTIONS'):
            env[key] = value
    answers = []
    for number, command, want in todo:
        got = lines_of(on_terminal(command, folder, env))
        end = number + command.count('\n') + len(want)
        if '...' not in want:
            answers.append((number + command.count('\n'), end, got))
        want = lines_of('\n'.join(want))
        ok(matches(got, want), '%s:%d: %s' % (name, number, command.split('\n')[0]),
           'got:', '\n'.join(got), 'want:', '\n'.join(want))
    shutil.rmtree(folder, ignore_errors=True)
    if os.environ.get('YORE_UPDATE'):
        lines = text.split('\n')
        for begin, end, got in reversed(answers):
            lines[begin:end] = got
        with open(path, 'w', encoding='utf-8') as out:
            out.write('\n'.join(lines))


def main():
    documents = [os.path.join(root, 'README.md')]
    for folder, folders, files in os.walk(os.path.join(root, 'docs')):
        folders.sort()
        documents += [os.path.join(folder, f) for f in sorted(files) if f.endswith('.md')]
    for path in documents:
        if os.path.exists(path):
            run_document(path)
    done()


main()
