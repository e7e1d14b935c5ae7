import dns from 'node:dns';
import { readFileSync } from 'node:fs';

// Loaded before an app under test (`--import`): host names that end so are this machine, until the file that DNS_FAULT_FILE
// names holds a resolver's code. Each look-up that fails so is told on stderr.
const SUFFIX = '.faults.test';

type LookupCallback = (error: NodeJS.ErrnoException | null, ...answer: readonly unknown[]) => void;
type Lookup = (hostname: string, options: object, callback: LookupCallback) => void;

const faultFile = process.env['DNS_FAULT_FILE'] ?? '';
const original = dns.lookup as unknown as Lookup;

const lookup: Lookup = (hostname, options, callback) => {
  if (!hostname.endsWith(SUFFIX)) return original(hostname, options, callback);
  const code = readFileSync(faultFile, 'utf8').trim();
  if (code === '') return original('127.0.0.1', options, callback);
  process.stderr.write(`dns fault ${code} ${hostname}\n`);
  const error = Object.assign(new Error(`getaddrinfo ${code} ${hostname}`), { code, syscall: 'getaddrinfo', hostname });
  process.nextTick(callback, error);
};

// Sockets look names up by this property.
(dns as { lookup: unknown }).lookup = lookup;
