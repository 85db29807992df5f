#!/usr/bin/env python3
"""What a person sees at a terminal of 80 columns and 24 rows: one screen, the window and
the coverage first, a last line with the exit status; colours only there; and what wrong
words get for an answer.

usage: screen.t YORE SOURCE_ROOT
"""
import fcntl, os, pty, re, shutil, struct, subprocess, sys, tempfile, termios

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'query'))
from asking import done, ok

yore, root = os.path.abspath(sys.argv[1]), sys.argv[2]
history = os.path.join(os.path.dirname(yore), 'tests', 'it', 'investigate', 'history')
tmp = tempfile.mkdtemp(prefix='yore-screen-')
path = lambda *p: os.path.join(tmp, *p)


def put(name, text):
    with open(path(name), 'w') as f:
        f.write(text)


def terminal(*args, rows=24, columns=80):
    """What the program writes to a terminal of that size, and its status."""
    pid, fd = pty.fork()
    if pid == 0:
        os.chdir(tmp)
        fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack('HHHH', rows, columns, 0, 0))
        os.environ.update(TERM='xterm', LANG='C.UTF-8')
        for name in ('NO_COLOR', 'COLUMNS', 'LINES'):
            os.environ.pop(name, None)
        os.execv(yore, [yore, *args])
    out = b''
    while True:
        try:
            data = os.read(fd, 65536)
        except OSError:
            break
        if not data:
            break
        out += data
    os.close(fd)
    return out.decode().replace('\r\n', '\n'), os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def plain(text):
    return re.sub(r'\x1b\[[0-9;]*[mK]|\r', '', text)


lines = ['watch edge 2015-01-01 2015-12-31']
names = []
for i in range(40):
    names.append('a-rather-long-name-%02d.operation-op%d.com' % (i, i))
    lines.append('seen %s A below 2015-07-02 2015-07-%02d 1 300 198.51.100.%d'
                 % (names[-1], 3 + i % 20, i))
lines.append('seen probe-op.com A below 2015-03-01 2015-03-01 1 300 203.0.113.1')
lines.append('seen probe-op.com A below 2015-07-02 2015-07-09 1 300 203.0.113.2')
subprocess.run([history, path('db')], input='\n'.join(lines) + '\n', text=True, check=True,
               timeout=60)
put('many.txt', '\n'.join(n.replace('.com', '[.]com') for n in names + ['probe-op.com']) + '\n')
put('one.txt', 'probe-op[.]com\n')
JULY = ['--db', path('db'), '--from', '2015-07-01', '--to', '2015-07-31']
for rows, columns in ((24, 80), (40, 100), (15, 60)):
    text, status = terminal('investigate', *JULY, '--case', 'c', 'many.txt', rows=rows,
                            columns=columns)
    shown = plain(text).rstrip('\n').split('\n')
    ok(len(shown) < rows and max(map(len, shown)) <= columns,
       '%dx%d: one screen' % (columns, rows), len(shown), text)
    ok(shown[0].startswith('window    2015-07-01T00:00:00Z ..') and
       shown[1].startswith('coverage  watched'), '%dx%d: window and coverage first' % (columns, rows),
       shown[:3])
    ok(shown[-1].startswith('exit status 0') and status == 0 and
       any('--replay c' in x for x in shown[-4:]), '%dx%d: the end: how to go on, the status'
       % (columns, rows), shown[-4:])
    ok(any(re.match(r'and \d+ more: c/addresses.csv', x) for x in shown),
       '%dx%d: what is left out is counted' % (columns, rows), shown)
text, status = terminal('investigate', *JULY, '--case', 'c', 'one.txt')
shown = plain(text).rstrip('\n').split('\n')
ok('possible probe' in text and len(shown) < 24 and 'SEEN 2015-07-02..2015-07-09' in plain(text),
   'what fits is said with its reasons', text)
ok('\x1b[' in text, 'a terminal gets colours')


def run(*args):
    return subprocess.run([yore, 'investigate', *args], capture_output=True, text=True, timeout=60,
                          cwd=tmp)


out = run(*JULY, '--case', 'c', 'many.txt')
ok('\x1b' not in out.stdout and out.stdout.count('whose it was is not known') >= 39
   and 'more: c/addresses.csv' in out.stdout and 'first asked here' in out.stdout,
   'a pipe gets all of it, without colours', out.stdout[-800:])
why = run(*JULY, '--case', 'none', '--why', 'probe-op.com', 'one.txt')
ok(why.returncode == 0 and why.stdout.count('because:') == 2 and '203.0.113.1' in why.stdout
   and 'coverage of the window' in why.stdout, '--why a name: each of its lines', why.stdout)

# ---- slips ----
for args, word in (((), 'report'), (('one.txt',), '--from'),
                   (('one.txt', '--from', 'yesterdy'), 'yesterdy'),
                   (('one.txt', '--from', '2015-08', '--to', '2015-07'), '2015-07'),
                   (('one.txt', '--from', '2015-07', '--netwrok', 'x'), '--network'),
                   (('one.txt', '--from', '2015-07', '--network', 'cdn'), 'KIND=FILE'),
                   (('one.txt', '--from', '2015-07', '--network', 'cdm=many.txt'), 'cdm'),
                   (('one.txt', '--from', '2015-07', '--network', 'cdn=nowhere.txt'), 'nowhere.txt'),
                   (('one.txt', '--from', '2015-07', '--overrides', 'nowhere.csv'), 'nowhere.csv'),
                   (('--replay', 'nowhere'), 'nowhere'),
                   (('--replay', 'c', 'one.txt'), '--replay'),
                   (('one.txt', 'many.txt', '--from', '2015-07'), 'many.txt')):
    out = run('--db', path('db'), '--case', 'none', *args)
    ok(out.returncode >= 2 and word in out.stderr and out.stderr.count('\n') <= 3
       and max(map(len, out.stderr.split('\n'))) < 200, 'yore investigate ' + ' '.join(args),
       out.returncode, out.stderr, out.stdout[:300])
out = run(*JULY, '--case', 'none', '--wide', 'nobody', 'one.txt')
ok(out.returncode == 0 and 'nobody' in out.stderr, 'a wide source that nobody knows is said',
   out.stderr)
put('over.csv', 'name,address,verdict,who\nprobe-op.com,,MAYBE,me\n')
out = run(*JULY, '--case', 'none', '--overrides', 'over.csv', 'one.txt')
ok(out.returncode >= 2 and 'line 2' in out.stderr and 'MAYBE' in out.stderr,
   'a verdict that is none, in overrides', out.stderr)
shutil.rmtree(tmp)
done()
