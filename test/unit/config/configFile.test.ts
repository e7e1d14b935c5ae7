import { expect, test } from 'vitest';
import { parsePostgresUri } from '../../../src/config/postgres/parsePostgresUri.ts';
import { parseConfigFile, sourceUriOf, targetUriOf } from '../../../src/config/schemas/configFile.ts';
import { MigrationError } from '../../../src/errors.ts';

const messageOf = (text: string): string => {
  try {
    parseConfigFile(text, 'my.json');
  } catch (error) {
    if (error instanceof MigrationError && error.kind === 'config') return error.message;
    throw error;
  }
  throw new Error('the file was accepted');
};

test('reads a file of the original tool', () => {
  const config = parseConfigFile(
    `\uFEFF${JSON.stringify({
      source: {
        type: 'postgresql',
        host: 'h',
        port: 5432,
        database: 'mlflow',
        user: 'u',
        password: 'x',
        connection_uri: 'postgresql://u:x@h:5432/mlflow',
      },
      destination: {
        type: 'mongodb',
        examples: { local: 'mongodb://localhost' },
        recommended: 'mongodb://localhost:27017/mlflow_migrated',
      },
      migration_settings: {
        batch_size: 1000,
        dry_run: false,
        validate_data: true,
        create_indexes: true,
        preserve_timestamps: true,
      },
      tables_to_migrate: ['experiments', 'runs'],
      notes: { any: ['thing'] },
    })}`,
    'my.json',
  );
  expect(sourceUriOf(config.source)).toBe('postgresql://u:x@h:5432/mlflow');
  expect(targetUriOf(config.destination)).toBe('mongodb://localhost:27017/mlflow_migrated');
  expect(config.migration_settings?.batch_size).toBe(1000);
});

test.each([
  ['', 'my.json is empty'],
  [' \n\t', 'my.json is empty'],
  ['\uFEFF', 'my.json is empty'],
  ['{}', 'my.json does not say what to do'],
  ['{"source":{},"presets":{"lab":{}},"notes":"to be written"}', 'my.json does not say what to do'],
  ['null', 'my.json: The document must be an object, not null'],
  [
    '{"source":{"host":"a"},"source":{"host":"b"}}',
    'my.json: line 1, column 24: the key source appears here a second time',
  ],
])('refuses %j, which means nothing or two things', (text, message) => {
  expect(messageOf(text)).toBe(message);
});

const URI = 'postgresql://u:pw@h:1/d';

test.each([
  [{ source: { connection_uri: URI, port: 2 } }, 'source.port contradicts source.connection_uri'],
  [{ source: { connection_uri: URI, password: 'x' } }, 'source.password contradicts source.connection_uri'],
  [
    { source: { connection_uri: `${URI}?options=-csearch_path%3Da`, schema: 'b' } },
    'source.schema contradicts source.connection_uri',
  ],
  [{ source: { connection_uri: URI, secret: 'A' } }, 'source takes one of secret, connection_uri, not both'],
  [{ source: { host: 'h', server: 's', user: 'u' } }, 'source takes one of server, host, not both'],
  [{ source: { secret: 'A', password: 'x' } }, 'source.password needs source.host'],
  [
    { presets: { lab: { destination: { recommended: 'mongodb://h', account: 'acct' } } } },
    'presets.lab.destination takes one of account, recommended, not both',
  ],
  [
    { destination: { recommended: 'mongodb://h/a', connection_uri: 'mongodb://h/b' } },
    'destination.recommended contradicts destination.connection_uri',
  ],
  [
    { destination: { recommended: 'mongodb://h/a', database: 'b' } },
    'destination.database contradicts destination.recommended',
  ],
  [
    { destination: { connection_uri: 'mongodb://u:p@h/a?authSource=admin', database: 'b' } },
    'destination.database contradicts destination.connection_uri',
  ],
  [
    { destination: { connection_uri: 'mongodb://h', resource_group: 'g' } },
    'destination.resource_group needs destination.account',
  ],
  [{ tables: ['a'], tables_to_migrate: ['b'] }, 'tables contradicts tables_to_migrate'],
])('refuses %j, where one key would silence another', (config, message) => {
  expect(messageOf(JSON.stringify(config))).toBe(`my.json: ${message}`);
});

test.each(['', '?schema=a', '?options=-csearch_path%3Da,public'])(
  'the schema of a file goes with a URI with %j',
  (query) => {
    const source = { connection_uri: `${URI}${query}`, schema: 'a' };
    expect(parseConfigFile(JSON.stringify({ source }), 'my.json').source).toEqual(source);
  },
);

test.each(['mongodb://h', 'mongodb://h/b', 'mongodb://u:p@h/login', 'mongodb+srv://h/?w=majority'])(
  'the database of a file goes with %s',
  (uri) => {
    const destination = { connection_uri: uri, recommended: uri, database: 'b' };
    expect(parseConfigFile(JSON.stringify({ destination }), 'my.json').destination).toEqual(destination);
  },
);

test('a password without a user is kept', () => {
  expect(sourceUriOf({ host: 'h', password: 'p/w' })).toBe('postgresql://:p%2Fw@h:5432/mlflow');
  expect(parsePostgresUri('postgresql://:p%2Fw@h:5432/mlflow', 'x', {})).toMatchObject({ user: null, password: 'p/w' });
});

test('puts a source URI together from its parts', () => {
  const config = parseConfigFile('{"source":{"host":"h","user":"u@x","password":"p/w","database":"d"}}', 'my.json');
  expect(sourceUriOf(config.source)).toBe('postgresql://u%40x:p%2Fw@h:5432/d');
});

test.each([
  ['{\n  "source": {,}\n}', 'line 2, column 14: a key in double quotes is expected here'],
  ['{"a": 1,}', 'line 1, column 9: a comma stands before }'],
  ['{"a" 1}', 'line 1, column 6: a colon is expected here'],
  ['{"a": 1 "b": 2}', 'line 1, column 9: a comma or } is expected here'],
  ["{'a': 1}", 'line 1, column 2: strings take double quotes'],
  ['{"a": hunter22}', 'line 1, column 7: a value is expected here'],
  [
    '{"a": "hunter22\n"}',
    'line 1, column 7: a string that starts here does not end, or holds a line break or a wrong escape',
  ],
  ['{ // note\n}', 'line 1, column 3: a key in double quotes is expected here'],
  ['{"a": [1, 2}', 'line 1, column 12: a comma or ] is expected here'],
  ['{"a": 1', 'line 1, column 8: the text ends too early'],
  ['{} {}', 'line 1, column 4: something follows the end of the document'],
  ['{"a": 01}', 'line 1, column 8: a comma or } is expected here'],
  ['{"a": 1.}', 'line 1, column 7: a number that starts here is not complete'],
  ['[1, 2,]', 'line 1, column 7: a comma stands before ]'],
])('says where %j is not JSON, without quoting it', (text, where) => {
  expect(messageOf(text)).toBe(`my.json is not JSON: ${where}`);
});

test('lists unknown keys and wrong types at once, and shows no secret', () => {
  const message = messageOf(
    JSON.stringify({
      source: { connection_url: 'postgresql://u:hunter22@h/db', password: 4711 },
      destination: { recomended: 'mongodb://u:hunter22@h/db' },
      migration_settings: { batch_size: '1000', validte_data: true },
      presets: { lab: { source: { conection_uri: 'x' } } },
    }),
  );
  expect(message).toContain('Unknown key source.connection_url; did you mean source.connection_uri?');
  expect(message).toContain('source.password must be a string, not a whole number');
  expect(message).toContain('Unknown key destination.recomended; did you mean destination.recommended?');
  expect(message).toContain('migration_settings.batch_size must be a whole number from 1 to 100000, or "auto"');
  expect(message).toContain(
    'Unknown key migration_settings.validte_data; did you mean migration_settings.validate_data?',
  );
  expect(message).toContain(
    'Unknown key presets.lab.source.conection_uri; did you mean presets.lab.source.connection_uri?',
  );
  expect(message).not.toMatch(/hunter22|4711/);
});
