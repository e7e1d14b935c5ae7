/**
 * `node mongodbDownloadMain.ts <directory>`: has mongodb-memory-server-core fetch a mongod into the directory. Prints `reached` once the
 * host has answered and at the end `path <file>`. A process of its own, because the package itself cannot be told to give up.
 */
import { MongoBinary } from 'mongodb-memory-server-core';

const [directory] = process.argv.slice(2);
if (directory === undefined) throw new Error('Usage: node mongodbDownloadMain.ts <directory>');

await fetch(process.env['MONGOMS_DOWNLOAD_MIRROR'] ?? 'https://fastdl.mongodb.org', { method: 'HEAD' });
process.stdout.write('reached\n');
process.stdout.write(`\npath ${await MongoBinary.getPath({ downloadDir: directory })}\n`);
