import { createPublicKey } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { HashedFile } from '../../contract/reportManifest.ts';
import { MigrationError } from '../../errors.ts';
import { hashStream } from '../../report/hashStream.ts';
import { type ExpectedKey, type Verified, verifyManifest } from '../../report/verifyManifest.ts';
import type { CommandContext } from '../commandContext.ts';

const IS_MANIFEST = /^migration-manifest.*\.json$/;

/**
 * `mlflow-migrate verify-report DIR|FILE`: tells whether reports, plan and differences are what a run has left, by the manifests beside
 * them. Connects to nothing. Returns the exit code: 1 where anything is wrong.
 */
export async function runVerifyReport({ options, output }: CommandContext): Promise<number> {
  const { path } = options;
  if (path === null) {
    throw new MigrationError('usage', 'verify-report needs a directory with reports, or one of their files', {
      hint: 'Such as: mlflow-migrate verify-report .mlflow-migrate/NAME/reports',
    });
  }
  const expected = await expectedKey(options);
  const results: (Verified & { readonly manifest: string })[] = [];
  for (const manifest of await manifestsAt(path)) {
    const beside = (name: string) => hashFile(join(dirname(manifest), basename(name)));
    results.push({ manifest, ...(await verifyManifest(await readText(manifest), expected, beside)) });
  }
  const isGood = results.every(({ faults }) => faults.length === 0);
  if (options.isJson) {
    await output.result(
      `${JSON.stringify({ ok: isGood, isKeyGiven: expected !== null, manifests: results }, null, 2)}\n`,
    );
  } else for (const result of results) await output.result(output.fit(describe(result, result.manifest, expected)));
  return isGood ? 0 : 1;
}

function describe({ evidence, fingerprint, faults }: Verified, manifest: string, expected: ExpectedKey | null): string {
  const run = evidence === null ? '' : ` of ${evidence.migration}, ${evidence.status}, finished ${evidence.finishedAt}`;
  const key =
    expected === null
      ? 'No key was given: that it is signed proves that nothing was altered since, not by whom it was written. Compare the fingerprint, or give --fingerprint or --public-key'
      : 'It is the key that was given';
  // The differences are no file where there are none.
  const written = Object.entries(evidence?.files ?? {}).flatMap(([name, { bytes }]) => (bytes > 0 ? [name] : []));
  return [
    `${faults.length === 0 ? '✅' : '❌'} ${manifest}${run}`,
    ...faults.map((fault) => `   ${fault}`),
    ...(faults.length === 0 && evidence !== null ? [`   Files as they were written: ${written.join(', ')}`] : []),
    ...(fingerprint === null ? [] : [`   Key ${fingerprint}`]),
    ...(fingerprint !== null && faults.length === 0 ? [`   ${key}`] : []),
    '',
  ].join('\n');
}

async function expectedKey(options: CommandContext['options']): Promise<ExpectedKey | null> {
  if (options.fingerprint !== null) return { fingerprint: options.fingerprint };
  if (options.publicKeyFile === null) return null;
  const written = await readText(options.publicKeyFile);
  try {
    const publicKey = createPublicKey(written);
    if (publicKey.asymmetricKeyType === 'ed25519') return { publicKey };
  } catch {
    // Told below, as for a key of another kind.
  }
  throw new MigrationError('usage', `${options.publicKeyFile} holds no Ed25519 public key`, {
    hint: 'It is PEM, as openssl pkey -pubout writes it',
  });
}

/** The manifests of a directory, or that of a file: itself, or the one beside it that names it. */
async function manifestsAt(path: string): Promise<string[]> {
  const place = resolve(path);
  const found = await stat(place).catch((error: unknown) => unreadable(place, error));
  if (!found.isDirectory() && IS_MANIFEST.test(basename(place))) return [place];
  const directory = found.isDirectory() ? place : dirname(place);
  const names = (await readdir(directory)).filter((name) => IS_MANIFEST.test(name)).toSorted();
  const manifests: string[] = [];
  for (const name of names) {
    const manifest = join(directory, name);
    const names = found.isDirectory() || (await readText(manifest)).includes(JSON.stringify(basename(place)));
    if (names) manifests.push(manifest);
  }
  if (manifests.length > 0) return manifests;
  throw new MigrationError('config', `There is no manifest of ${found.isDirectory() ? 'any report in ' : ''}${place}`, {
    hint: 'It is called migration-manifest-NAME.json and lies beside the reports; mlflow-migrate report --name NAME --report-dir DIR writes it again',
  });
}

async function readText(file: string): Promise<string> {
  return await readFile(file, 'utf8').catch((error: unknown) => unreadable(file, error));
}

function unreadable(file: string, error: unknown): never {
  throw new MigrationError('config', `${file} cannot be read (${(error as NodeJS.ErrnoException).code})`, {
    hint: 'Check the path and its permissions',
    cause: error,
  });
}

async function hashFile(file: string): Promise<HashedFile | null> {
  try {
    return await hashStream(createReadStream(file));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    unreadable(file, error);
  }
}
