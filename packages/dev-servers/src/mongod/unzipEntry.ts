import { createReadStream, createWriteStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createInflateRaw } from 'node:zlib';

const END_OF_DIRECTORY = 0x06054b50;
const DIRECTORY_ENTRY = 0x02014b50;
const LOCAL_HEADER_BYTES = 30;
const METHOD_STORED = 0;
const METHOD_DEFLATED = 8;

/**
 * Writes the one file of a zip archive (a Python wheel is one) whose name ends with `suffix` to `target`. Needs no unzip on the machine.
 * Knows neither zip64 nor encryption, and checks no CRC: the caller has checked the archive's digest. Throws where there is no such file.
 */
export async function unzipEntry(archive: string, suffix: string, target: string): Promise<void> {
  const file = await open(archive);
  let entry: ZipEntry;
  let start: number;
  try {
    entry = await findEntry(file, suffix);
    const header = await read(file, entry.headerOffset, LOCAL_HEADER_BYTES);
    start = entry.headerOffset + LOCAL_HEADER_BYTES + header.readUInt16LE(26) + header.readUInt16LE(28);
  } finally {
    await file.close();
  }
  const packed = createReadStream(archive, { start, end: start + entry.packedBytes - 1 });
  if (entry.method === METHOD_STORED) await pipeline(packed, createWriteStream(target));
  else await pipeline(packed, createInflateRaw(), createWriteStream(target));
}

interface ZipEntry {
  readonly method: number;
  readonly packedBytes: number;
  readonly headerOffset: number;
}

/** Reads the directory at the archive's end; see PKWARE's APPNOTE.TXT, 4.3.12 and 4.3.16, for the offsets. */
async function findEntry(file: FileHandle, suffix: string): Promise<ZipEntry> {
  const { size } = await file.stat();
  const tailBytes = Math.min(size, 22 + 0xffff);
  const tail = await read(file, size - tailBytes, tailBytes);
  let end = tail.length - 22;
  while (end >= 0 && tail.readUInt32LE(end) !== END_OF_DIRECTORY) end -= 1;
  if (end < 0) throw new Error('Not a zip archive');
  const directory = await read(file, tail.readUInt32LE(end + 16), tail.readUInt32LE(end + 12));
  for (let at = 0; at < directory.length && directory.readUInt32LE(at) === DIRECTORY_ENTRY; ) {
    const nameBytes = directory.readUInt16LE(at + 28);
    const name = directory.toString('utf8', at + 46, at + 46 + nameBytes);
    const method = directory.readUInt16LE(at + 10);
    if (name.endsWith(suffix)) {
      if (method !== METHOD_STORED && method !== METHOD_DEFLATED) throw new Error(`Zip method ${method} is not known`);
      return { method, packedBytes: directory.readUInt32LE(at + 20), headerOffset: directory.readUInt32LE(at + 42) };
    }
    at += 46 + nameBytes + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
  }
  throw new Error(`The archive has no ${suffix}`);
}

async function read(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
  if (bytesRead !== length) throw new Error('The archive is cut off');
  return buffer;
}
