/**
 * `node downloadMain.ts <url> <sha256> <directory>`: fetches an archive of MongoDB, and unpacks its mongod into the directory where
 * the archive has that digest. Prints `reached` once the host has answered and at the end `path <file>`. A process of its own,
 * as Node heeds the environment's proxies only where it was started to.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';

const [url, wanted, directory] = process.argv.slice(2);
if (url === undefined || wanted === undefined || directory === undefined) {
  throw new Error('Usage: node downloadMain.ts <url> <sha256> <directory>');
}

const response = await fetch(url);
if (!response.ok || response.body === null) throw new Error(`the host answers with ${response.status}`);
process.stdout.write('reached\n');

const archive = join(directory, 'mongodb.tgz');
const hash = createHash('sha256');
await pipeline(
  response.body,
  async function* hashed(chunks: AsyncIterable<Uint8Array>) {
    for await (const chunk of chunks) {
      hash.update(chunk);
      yield chunk;
    }
  },
  createWriteStream(archive),
);
if (hash.digest('hex') !== wanted) throw new Error('the archive is not the one whose digest is known here');

const member = `${basename(url, '.tgz')}/bin/mongod`;
await promisify(execFile)('tar', ['-xzf', archive, '-C', directory, '--strip-components=2', member]);
await rm(archive);
process.stdout.write(`path ${join(directory, 'mongod')}\n`);
