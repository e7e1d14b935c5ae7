import { didYouMean } from '../../didYouMean.ts';
import { MigrationError } from '../../errors.ts';
import { registerSecret } from '../redact.ts';
import { shownKey } from '../shownKey.ts';
import { MONGO_OPTIONS, type MongoOption } from './mongoOptions.ts';

const BY_NAME = new Map(MONGO_OPTIONS.map((option) => [option.name.toLowerCase(), option]));

const ONLY_ONE_OF = ['tlsinsecure', 'tlsallowinvalidcertificates', 'tlsallowinvalidhostnames'];

/** What of a server decides which options it takes. */
interface Server {
  readonly isSrv: boolean;
  readonly isAzure: boolean;
}

/** What is wrong, as the label's sentence goes on, and what to do. */
type Fault = readonly [what: string, hint: string];

/** What is wrong with a value; null where it is fine. */
function valueFault({ name, values, refusedValues }: MongoOption, value: string): Fault | null {
  const parts = name === 'compressors' ? value.split(',') : [value];
  for (const [bad, hint] of Object.entries(refusedValues)) {
    const isBad = parts.some(
      (part) => part.trim().toLowerCase() === bad.toLowerCase() || (name === 'w' && /^0+$/.test(part)),
    );
    if (isBad) return [`asks for ${name}=${bad}, which this program cannot honour`, `For ${name}: ${hint}`];
  }
  if (value === '') return [`has ${name} without a value`, 'Correct or remove it'];
  if (name === 'compressors') {
    const isKnown = parts.every((part) => ['none', 'zlib', 'zstd'].includes(part));
    return isKnown ? null : ['has compressors that do not exist', 'One or several of none, zlib, zstd'];
  }
  if (values === 'any text') return null;
  if (values === 'boolean') {
    return /^(?:true|false)$/.test(value)
      ? null
      : [`has ${name} that is neither true nor false`, 'Correct or remove it'];
  }
  if (values === 'number') {
    const isLevel = name === 'zlibCompressionLevel';
    const isNumber = isLevel ? /^(?:-1|\d)$/.test(value) : /^\d{1,12}$/.test(value);
    if (isLevel && !isNumber) return [`has ${name} outside -1 to 9`, 'Correct or remove it'];
    return isNumber ? null : [`has ${name} that is not a whole number`, 'Correct or remove it'];
  }
  const isKnown = values.some((known) => known.toLowerCase() === value.toLowerCase());
  return isKnown ? null : [`has ${name} with a value that does not exist`, `One of ${values.join(', ')}`];
}

function unknownFault(key: string): Fault {
  const known = MONGO_OPTIONS.filter(({ treatment }) => treatment !== 'refused').map(({ name }) => name);
  const meant = didYouMean(key, known);
  const suggestion = meant === null ? '' : `; did you mean ${meant}?`;
  return [`has the unknown option ${shownKey(key)}${suggestion}`, 'Correct or remove it'];
}

/** What is wrong with options beside each other, and for this server. `seen` has them by their names in lower case. */
function togetherFaults(seen: ReadonlyMap<string, string>, { isSrv, isAzure }: Server): Fault[] {
  const faults: Fault[] = [];
  const [tls, ssl] = [seen.get('tls'), seen.get('ssl')];
  if (tls !== undefined && ssl !== undefined && tls !== ssl)
    faults.push(['says one thing with tls and another with ssl', 'Keep only tls']);
  const hasTls = (tls ?? ssl ?? String(isSrv || isAzure)) === 'true';
  if (isAzure && !hasTls)
    faults.push(['switches TLS off, without which Cosmos DB takes no connection', 'Remove tls=false']);
  for (const { name, needs } of MONGO_OPTIONS.filter((option) => seen.has(option.name.toLowerCase()))) {
    if (needs === 'TLS' && !hasTls) {
      faults.push([`has ${name}, and TLS is not switched on`, 'Add tls=true, or remove the options of TLS']);
    }
    if (needs === 'mongodb+srv://' && !isSrv)
      faults.push([`has ${name}, which is for mongodb+srv:// only`, 'Remove it']);
  }
  if (seen.has('tlsinsecure') && ONLY_ONE_OF.filter((name) => seen.has(name)).length > 1) {
    faults.push(['has tlsInsecure beside what it includes', 'Keep one of the options']);
  }
  return faults;
}

/** The options of a URI by what becomes of them. */
export interface MongoOptionsRead {
  /** For the driver, under its names. */
  readonly handedOn: readonly (readonly [name: string, value: string])[];
  /** What the program overrides, as `name=value`, where it differs from what the program does. */
  readonly overridden: readonly string[];
}

/**
 * Reads the options of a MongoDB URI. Throws MigrationError('config') that lists by name all that are unknown, wrong or
 * cannot be honoured. Values are shown only of options that are overridden, and of those only harmless texts.
 */
export function readMongoOptions(
  query: readonly (readonly [key: string, value: string])[],
  server: Server,
  label: string,
): MongoOptionsRead {
  const faults: Fault[] = [];
  const handedOn: [string, string][] = [];
  const replaced: string[] = [];
  const seen = new Map<string, string>();
  for (const [key, value] of query) {
    const option = BY_NAME.get(key.toLowerCase());
    if (option === undefined) {
      faults.push(unknownFault(key));
      continue;
    }
    const { name, treatment } = option;
    const lower = name.toLowerCase();
    if (/password/i.test(name)) registerSecret(value);
    if (treatment === 'refused') {
      faults.push([`asks for ${name}, which this program cannot honour`, `For ${name}: ${option.note}`]);
      continue;
    }
    if (seen.has(lower) && name !== 'readPreferenceTags') {
      faults.push([`has the option ${name} twice`, 'Write it once']);
      continue;
    }
    seen.set(lower, value);
    const wrong = name === 'readPreferenceTags' ? null : valueFault(option, value);
    if (wrong !== null) faults.push(wrong);
    else if (treatment === 'honoured') handedOn.push([name, value]);
    else if (treatment === 'overridden' && !option.same.some((same) => same.toLowerCase() === value.toLowerCase())) {
      const isWord = option.values !== 'any text' || /^[\w.:,-]{1,64}$/.test(value);
      replaced.push(isWord ? `${name}=${value}` : name);
    }
  }
  faults.push(...togetherFaults(seen, server));
  if (faults.length > 0) {
    const hints = new Set(faults.map(([, hint]) => hint));
    const message = faults.map(([what]) => `${label} ${what}`).join('; ');
    throw new MigrationError('config', message, { hint: [...hints].join('; ') });
  }
  return { handedOn, overridden: replaced };
}
