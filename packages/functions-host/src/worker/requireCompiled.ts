import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import Module, { createRequire, getCompileCacheDir } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { cachedDataVersionTag, setFlagsFromString } from 'node:v8';
import { constants, Script } from 'node:vm';
import { crc32 } from 'node:zlib';

/** So many runs write down what they have compiled: each comes through other parts of the app. */
const LEARNING_RUNS = 3;

/** Before the code: a checksum of it, and how many runs it is of, of four bytes each. */
const HEADER_BYTES = 8;

interface CompiledCode {
  readonly code: Buffer;
  readonly runs: number;
}

/**
 * Requires a CommonJS file. Where Node's compile cache is on, with the code of all functions that earlier runs have called: that cache
 * holds what Node compiles before a file runs, which of a bundle is a third, and the rest is a fifth of what a host's start costs.
 * The file is no entry of `require.cache`.
 */
export function requireCompiled(file: string): void {
  const directory = getCompileCacheDir();
  if (directory === undefined) return void createRequire(file)(file);
  // V8 lets go of code that has not run for a while: at the end of a long run nothing would be left of its start.
  setFlagsFromString('--no-flush-bytecode');
  const source = readFileSync(file);
  // V8 itself tells a source by its length alone.
  const cacheFile = join(directory, `${basename(file)}-${crc32(source)}-${cachedDataVersionTag()}.code`);
  const kept = readCode(cacheFile);
  const [before, after] = Module.wrap('\0').split('\0') as [string, string];
  const script = new Script(`${before}${source.toString('utf8')}${after}`, {
    filename: file,
    columnOffset: -before.length,
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    ...(kept && { cachedData: kept.code }),
  });
  const runs = kept === null || script.cachedDataRejected === true ? 0 : kept.runs;
  if (runs < LEARNING_RUNS) {
    process.on('exit', () => keepCode(cacheFile, script, runs + 1));
  }
  const module = new Module(file);
  module.filename = file;
  script.runInThisContext()(module.exports, createRequire(file), module, file, dirname(file));
}

/** Null where there is none that is whole: V8 would not tell. */
function readCode(file: string): CompiledCode | null {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch {
    return null;
  }
  if (bytes.length < HEADER_BYTES) return null;
  const code = bytes.subarray(HEADER_BYTES);
  return bytes.readUInt32LE(0) === crc32(code) ? { code, runs: bytes.readUInt32LE(4) } : null;
}

function keepCode(file: string, script: Script, runs: number): void {
  const header = Buffer.alloc(HEADER_BYTES);
  try {
    const code = script.createCachedData();
    header.writeUInt32LE(crc32(code), 0);
    header.writeUInt32LE(runs, 4);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(`${file}.${process.pid}`, Buffer.concat([header, code]), { mode: 0o600 });
    renameSync(`${file}.${process.pid}`, file);
  } catch {
    // Without it the next start only takes longer.
  }
}
