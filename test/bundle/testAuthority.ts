import { execFile, execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** A certificate for `localhost`, signed by an authority that was made for one test and that nobody trusts. */
export interface TestAuthority extends AsyncDisposable {
  /** PEM file of the authority, for NODE_EXTRA_CA_CERTS. */
  readonly authorityFile: string;
  readonly key: Buffer;
  readonly certificate: Buffer;
}

/** True where the program is that makes the certificates: Node reads them and cannot make them. */
export function hasOpenssl(): boolean {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    // Not installed: a bare machine.
    return false;
  }
}

export async function makeTestAuthority(): Promise<TestAuthority> {
  const directory = await mkdtemp(join(tmpdir(), 'mlflow-tls-'));
  const path = (name: string): string => join(directory, name);
  const openssl = (...args: string[]): Promise<unknown> => promisify(execFile)('openssl', args);
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const subject = 'subjectAltName=DNS:localhost\nbasicConstraints=critical,CA:FALSE\nextendedKeyUsage=serverAuth\n';
  await writeFile(path('leaf.ext'), subject);
  await openssl(
    'req',
    '-x509',
    ...newKey,
    '-keyout',
    path('ca.key'),
    '-out',
    path('ca.pem'),
    '-days',
    '1',
    '-subj',
    '/CN=test',
  );
  await openssl(
    'req',
    '-new',
    ...newKey,
    '-keyout',
    path('leaf.key'),
    '-out',
    path('leaf.csr'),
    '-subj',
    '/CN=localhost',
  );
  const signing = ['-CA', path('ca.pem'), '-CAkey', path('ca.key'), '-CAcreateserial', '-extfile', path('leaf.ext')];
  await openssl('x509', '-req', '-in', path('leaf.csr'), '-out', path('leaf.pem'), '-days', '1', ...signing);
  return {
    authorityFile: path('ca.pem'),
    key: await readFile(path('leaf.key')),
    certificate: await readFile(path('leaf.pem')),
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  };
}
