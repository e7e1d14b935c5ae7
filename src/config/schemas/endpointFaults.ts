import { MigrationError } from '../../errors.ts';
import { namedDatabase, parseMongoUri } from '../mongo/parseMongoUri.ts';
import { type ParsedPostgresUri, parsePostgresUri } from '../postgres/parsePostgresUri.ts';
import { schemasIn, searchPathIn } from '../postgres/searchPath.ts';

/** Keys by which a configuration file may name an end of a migration. */
type Fields = Readonly<Record<string, unknown>>;

const PARTS = ['host', 'port', 'database', 'user', 'password'] as const;

/** A URI in parts; null where it cannot be read, which is told when it is used. */
function attempt<T>(parse: () => T): T | null {
  try {
    return parse();
  } catch (error) {
    if (error instanceof MigrationError) return null;
    throw error;
  }
}

/** What a URI says, by the names of a file's parts. */
function partsOf(uri: ParsedPostgresUri): Readonly<Record<(typeof PARTS)[number], unknown>> {
  const { hosts, database, user, password } = uri;
  return { host: hosts.map(({ host }) => host).join(','), port: hosts[0]?.port, database, user, password };
}

/** The schema that a URI says, or the first of its search path; null where it leaves that to the login. */
function schemaIn({ schema, params }: ParsedPostgresUri): string | null {
  return schema ?? schemasIn(searchPathIn(params.get('options') ?? '') ?? '', { folds: true })[0] ?? null;
}

function given(fields: Fields, keys: readonly string[]): string[] {
  return keys.filter((key) => fields[key] !== undefined);
}

/** What of a source would be passed over, as sentences without values. `path` is where the source stands in the file. */
function sourceFaults(source: Fields, path: string): string[] {
  const uri = source['connection_uri'];
  const ways = given(source, ['secret', 'server', uri === undefined ? 'host' : 'connection_uri']);
  if (ways.length > 1) return [`${path} takes one of ${ways.join(', ')}, not both`];
  if (typeof uri === 'string') {
    const parsed = attempt(() => parsePostgresUri(uri, `${path}.connection_uri`, {}));
    const parts = parsed === null ? null : partsOf(parsed);
    const contradicting: string[] = PARTS.filter(
      (key) => parts !== null && source[key] !== undefined && source[key] !== parts[key],
    );
    const schema = parsed === null ? null : schemaIn(parsed);
    if (schema !== null && source['schema'] !== undefined && source['schema'] !== schema) contradicting.push('schema');
    const faults = contradicting.map((key) => `${path}.${key} contradicts ${path}.connection_uri`);
    if (source['client_id'] !== undefined) faults.push(`${path}.client_id needs ${path}.server`);
    return faults;
  }
  const [way] = ways;
  if (way === 'host') return given(source, ['client_id']).map((key) => `${path}.${key} needs ${path}.server`);
  return given(source, ['password']).map((key) => `${path}.${key} needs ${path}.host`);
}

/** The same of a target, which the file calls its destination. */
function targetFaults(target: Fields, path: string): string[] {
  const uri = target['connection_uri'] === undefined ? 'recommended' : 'connection_uri';
  const ways = given(target, ['secret', 'account', uri]);
  if (ways.length > 1) return [`${path} takes one of ${ways.join(', ')}, not both`];
  const { recommended } = target;
  if (uri === 'connection_uri' && recommended !== undefined && recommended !== target[uri])
    return [`${path}.recommended contradicts ${path}.connection_uri`];
  if (ways[0] !== uri) return [];
  const [text, wanted] = [target[uri], target['database']];
  const parsed = typeof text === 'string' ? attempt(() => parseMongoUri(text, `${path}.${uri}`)) : null;
  const named = parsed === null ? null : namedDatabase(parsed);
  if (named !== null && wanted !== undefined && wanted !== named)
    return [`${path}.database contradicts ${path}.${uri}`];
  const ofAccount = given(target, ['flavour', 'client_id', 'resource_group', 'subscription']);
  return ofAccount.map((key) => `${path}.${key} needs ${path}.account`);
}

/** Keys of a configuration file's ends that another key would silence, as sentences without values. */
export function endpointFaults(
  ends: { readonly source?: Fields | undefined; readonly destination?: Fields | undefined },
  path: string,
): string[] {
  return [
    ...(ends.source === undefined ? [] : sourceFaults(ends.source, `${path}source`)),
    ...(ends.destination === undefined ? [] : targetFaults(ends.destination, `${path}destination`)),
  ];
}
