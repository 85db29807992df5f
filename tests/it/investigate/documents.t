#!/usr/bin/env python3
"""One report in every form it may come in: each must give the same indicators. PDF,
MISP, STIX 2.1, OpenIOC, mail, HTML, CSV, AsciiDoc, Markdown, a plain list, stdin; and
what is broken, hostile or of another kind is said and harms nobody.

usage: documents.t YORE SOURCE_ROOT
"""
import base64, json, os, quopri, shutil, subprocess, sys, tempfile, zlib

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'query'))
from asking import done, ok, skip

yore, root = os.path.abspath(sys.argv[1]), sys.argv[2]
tmp = tempfile.mkdtemp(prefix='yore-documents-')
path = lambda *p: os.path.join(tmp, *p)


def put(name, data):
    with open(path(name), 'wb') as f:
        f.write(data if isinstance(data, bytes) else data.encode())
    return path(name)


def run(*args, stdin=None):
    out = subprocess.run([yore, 'investigate', '--indicators', *args], capture_output=True,
                         input=stdin, timeout=60, cwd=tmp)
    rows = [line.split('\t') for line in out.stdout.decode().splitlines()]
    return {r[1] for r in rows if r[0] == 'indicator'}, rows, out


WANT = {'update.mirror-op.com', 'login-bank.net', '198.51.100.7', '203.0.113.0/24', '2001:db8::5',
        'mail-op.org', 'bücher-op.com'.encode('idna').decode()}
# as people write: defanged, in URLs, mail addresses, prose
PROSE = [
    'The implant (setup.exe, version 4.2.1.7, 8839D3E213717B88A06FFC48827929891A10059E) calls',
    'hxxps://update.mirror-op[.]com:8443/gate.php?id=1 and falls back to login-bank(.)net.',
    'Servers: 198.51.100[.]7, 203.0.113.0/24 and [2001:db8::5]:443; it loads kernel32.dll.',
    'Phish came from billing@mail-op[dot]org and pointed at http://bücher-op\\.com/x .',
    'Written by the team, https://www.welivesecurity.com/2015/07/30/operation/']
FIELDS = [('domain', 'update.mirror-op.com'), ('domain', 'login-bank.net'),
          ('ip-dst', '198.51.100.7'), ('ip-dst', '203.0.113.0/24'), ('ip-dst', '2001:db8::5'),
          ('email-src', 'billing@mail-op.org'), ('url', 'http://bücher-op.com/x')]

text = '\n'.join(PROSE) + '\n'
forms = {'plain text': put('r.txt', text), 'Windows line ends': put('w.txt', text.replace('\n', '\r\n')),
         'UTF-16': put('u16.txt', ('\ufeff' + text).encode('utf-16-le')),
         'AsciiDoc': put('r.adoc', '= Report\n\n|===\n' + ''.join('| %s\n' % x for x in PROSE)
                         + '|===\n'),
         'Markdown': put('r.md', '# Report\n\n' + ''.join('- `%s`\n' % x for x in PROSE)),
         'a list': put('list.txt', ''.join(v.split('@')[-1] + '\n' for _, v in FIELDS)),
         'CSV': put('r.csv', 'type,value,comment\n' + ''.join('%s,"%s",seen\n' % f for f in FIELDS)),
         'CSV with semicolons': put('s.csv', 'type;value\n' + ''.join('%s;%s\n' % f
                                                                      for f in FIELDS))}
# HTML: markup within, entities, hosts only in links (references), scripts that count for nothing
html = ''.join('<p>%s</p>\n' % x.replace('&', '&amp;').replace('ü', '&uuml;') for x in PROSE)
html = html.replace('update.mirror-op[.]com', 'update.<b>mirror-op</b>[.]com')
forms['HTML'] = put('r.html', '<!doctype html><html><head><script src="https://cdn.tracker-op.io/a.js">'
                    'var x = "not.an-indicator.biz";</script><style>.a.b{}</style></head><body>'
                    + html + '<a href="https://twitter.com/x">us</a></body></html>')
# mail: headers, quoted-printable with soft breaks, base64, HTML part
mail = ('From: Team <team@welivesecurity.com>\r\nSubject: report\r\nMIME-Version: 1.0\r\n'
        'Content-Type: multipart/alternative; boundary="B"\r\n\r\n--B\r\n'
        'Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: %s\r\n\r\n%s\r\n'
        '--B--\r\n')
forms['mail, quoted-printable'] = put('qp.eml', mail % ('quoted-printable', quopri.encodestring(
    text.encode()).decode().replace('\n', '\r\n')))
forms['mail, base64'] = put('b64.eml', mail % ('base64', base64.encodebytes(text.encode()).decode()
                                             .replace('\n', '\r\n')))
forms['MISP'] = put('misp.json', json.dumps({'Event': {
    'info': 'x', 'Attribute': [{'type': t, 'value': v, 'category': 'Network activity'}
                               for t, v in FIELDS[:4]] +
    [{'type': 'md5', 'value': '0' * 32}, {'type': 'filename', 'value': 'setup.exe'},
     {'type': 'link', 'value': 'https://www.welivesecurity.com/x', 'category': 'External analysis'}],
    'Object': [{'name': 'x', 'Attribute': [{'type': t, 'value': v} for t, v in FIELDS[4:]]}]}}))
kind = {'domain': 'domain-name', 'email-src': 'email-addr', 'url': 'url'}
stix = [{'type': 'indicator', 'id': 'indicator--%d' % i, 'pattern_type': 'stix', 'pattern':
         "[%s:value = '%s']" % (kind.get(t, 'ipv6-addr' if ':' in v else 'ipv4-addr'), v)}
        for i, (t, v) in enumerate(FIELDS[:4])]
stix += [{'type': kind.get(t, 'ipv6-addr'), 'id': 'x--%d' % i, 'value': v}
         for i, (t, v) in enumerate(FIELDS[4:])]
stix += [{'type': 'file', 'id': 'file--1', 'name': 'setup.exe'}]
stix += [{'type': 'identity', 'id': 'identity--1', 'name': 'T', 'external_references': [
    {'source_name': 'T', 'url': 'https://www.welivesecurity.com/x'}]}]
forms['STIX 2.1'] = put('stix.json', json.dumps({'type': 'bundle', 'id': 'bundle--1',
                                                 'objects': stix}))
search = {'domain': 'Network/DNS', 'ip-dst': 'PortItem/remoteIP', 'email-src': 'Email/From',
          'url': 'UrlHistoryItem/URL'}
forms['OpenIOC'] = put('r.ioc', '<?xml version="1.0"?><ioc xmlns="http://schemas.mandiant.com/2010/ioc"'
                       ' id="x"><short_description>setup.exe of 4.2.1.7</short_description>'
                       '<definition><Indicator operator="OR">' + ''.join(
                           '<IndicatorItem condition="is"><Context document="%s" search="%s" '
                           'type="mir"/><Content type="string">%s</Content></IndicatorItem>'
                           % (search[t].split('/')[0], search[t], v) for t, v in FIELDS)
                       + '</Indicator></definition></ioc>')


def pdf(lines):
    """A page of text in the fewest objects that a reader takes; the stream is deflated."""
    words = b'BT /F1 9 Tf 40 780 Td 12 TL\n' + b''.join(
        b'(' + x.encode('latin-1').replace(b'\\', b'\\\\').replace(b'(', b'\\(')
        .replace(b')', b'\\)') + b") '\n" for x in lines) + b'ET'
    stream = zlib.compress(words)
    parts = [b'<</Type/Catalog/Pages 2 0 R>>', b'<</Type/Pages/Kids[3 0 R]/Count 1>>',
             b'<</Type/Page/Parent 2 0 R/MediaBox[0 0 700 842]/Contents 4 0 R/Resources'
             b'<</Font<</F1 5 0 R>>>>>>',
             b'<</Length %d/Filter/FlateDecode>>stream\n' % len(stream) + stream + b'\nendstream',
             b'<</Type/Font/Subtype/Type1/BaseFont/Courier/Encoding/WinAnsiEncoding>>']
    out, at = b'%PDF-1.4\n', []
    for i, p in enumerate(parts, 1):
        at.append(len(out))
        out += b'%d 0 obj\n' % i + p + b'\nendobj\n'
    start = len(out)
    out += b'xref\n0 6\n0000000000 65535 f \n' + b''.join(b'%010d 00000 n \n' % a for a in at)
    return out + b'trailer<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n' % start


if shutil.which('pdftotext'):
    forms['PDF'] = put('r.pdf', pdf(PROSE))
print('# %-26s %5s %5s %9s %7s' % ('form', 'found', 'truth', 'precision', 'recall'))
for name, file in forms.items():
    got, rows, out = run('--publisher', 'welivesecurity.com', file)
    right = len(got & WANT)
    print('# %-26s %5d %5d %9.3f %7.3f' % (name, len(got), len(WANT),
                                           right / len(got) if got else 0, right / len(WANT)))
    ok(got == WANT and out.returncode == 0, name, 'missed', WANT - got, 'too many', got - WANT,
       out.stderr.decode())
    if name in ('plain text', 'PDF', 'HTML'):
        other = {r[1].lower(): r[0] for r in rows}
        ok(other.get('setup.exe') == 'file' and other.get('kernel32.dll') == 'file'
           and other.get('www.welivesecurity.com') == 'reference'
           and '4.2.1.7' not in got, name + ': files, versions, references are not indicators', rows)
if 'PDF' not in forms:
    skip('PDF', 'no pdftotext')
got, rows, out = run('-', stdin=text.encode())
ok(got == WANT, 'stdin', out.stderr)
if shutil.which('pdftotext'):
    got, rows, out = run('-', stdin=pdf(PROSE))
    ok(got == WANT, 'a PDF by stdin', out.stderr)
got, rows, out = run(path('r.txt'))
ok({r[1]: r[2] for r in rows}.get('login-bank.net') == '2' and
   {r[1]: r[2] for r in rows}.get('mail-op.org') == '4', 'each with its line', rows)

# in mail the line is that of the file, so that it can be found there, however it is encoded
words = ['far-%d-op.com' % i for i in range(40)]
long_text = ''.join('some words before %s and after it\n' % w for w in words).encode()
for name, encoded in (('base64', base64.encodebytes(long_text).decode()), ('quoted-printable', ''.join(
        x[:20] + '=\n' + x[20:] + '\n' for x in long_text.decode().splitlines()))):
    whole = mail % (name, encoded.replace('\n', '\r\n')) + '--B\r\nContent-Type: text/plain\r\n\r\nafter-op.com\r\n--B--\r\n'
    got, rows, out = run(put('far.eml', whole))
    lines = {r[1]: int(r[2]) for r in rows if r[0] == 'indicator'}
    first = whole.split('\r\n').index('Content-Transfer-Encoding: ' + name) + 3
    # 57 octets in a line of base64; two lines for one, in the other
    want = {w: first + (long_text.index(w.encode()) - 18) // 57 if name == 'base64' else first + 2 * i
            for i, w in enumerate(words)}
    want['after-op.com'] = whole.split('\r\n').index('after-op.com') + 1
    ok(lines == want, 'mail, %s: each with its line of the file' % name, sorted(set(want.items()) ^ set(lines.items()))[:6])

# ---- what is no report ----
for name, data, word in (('torn.json', '{"Event": {"Attribute": [', 'torn.json'),
                         ('nowhere.txt', None, 'nowhere.txt'), ('torn.pdf', b'%PDF-1.4\nnothing',
                                                                'torn.pdf')):
    if data is not None:
        put(name, data)
    got, rows, out = run(path(name))
    ok(out.returncode >= 2 and word in out.stderr.decode() and out.stderr.count(b'\n') == 1,
       name + ': one line says it', out.returncode, out.stderr.decode(), rows)
got, rows, out = run(put('empty.txt', ''))
ok(out.returncode in (0, 1) and not rows, 'an empty report has none', out.stderr)
no_tool = dict(os.environ, PATH='/nonexistent')
out = subprocess.run([yore, 'investigate', '--indicators', put('again.pdf', pdf(PROSE))],
                     capture_output=True, env=no_tool, timeout=60)
ok(out.returncode >= 2 and b'pdftotext' in out.stderr, 'a PDF without pdftotext says what to install',
   out.stderr)
deep = put('deep.json', '[' * 200000)
got, rows, out = run(deep)
ok(out.returncode >= 0 and not got, 'JSON of endless depth', out.returncode)
bomb = put('bomb.ioc', '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "' + 'evil-op.com ' * 10 + '">'
           + ''.join('<!ENTITY %s "%s">' % (chr(98 + i), ('&%s;' % chr(97 + i)) * 10)
                     for i in range(9)) + ']><ioc>&j;</ioc>')
got, rows, out = run(bomb)
ok(out.returncode >= 0, 'XML that multiplies itself', out.returncode)
put('secret.txt', 'secret-op.com\n')
xxe = put('xxe.ioc', '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file://%s">]><ioc><Content>'
          '&a;</Content></ioc>' % path('secret.txt'))
got, rows, out = run(xxe)
ok('secret-op.com' not in {r[1] for r in rows}, 'XML fetches nothing', rows)
junk = put('junk.bin', bytes((i * 7919 >> 3) & 255 for i in range(200000)))
got, rows, out = run(junk)
ok(out.returncode >= 0, 'octets of no kind', out.returncode)
shutil.rmtree(tmp)
done()
