import { DatabaseSync } from 'node:sqlite';

const SCHEMA_VERSION = 1;

const SCHEMA = `
create table if not exists instance (
  id text primary key,
  executionId text not null,
  name text not null,
  version text not null,
  status text not null,
  input text,
  output text,
  customStatus text,
  created integer not null,
  updated integer not null,
  parentId text,
  parentExecutionId text,
  parentTaskId integer,
  generation integer not null default 0,
  nextTaskId integer not null default 0,
  seenActions integer not null default 0,
  historyLength integer not null default 0,
  answer text
) strict, without rowid;
create index if not exists instanceByStatus on instance (status);
create table if not exists history (
  instanceId text not null,
  seq integer not null,
  type integer not null,
  event text not null,
  primary key (instanceId, seq)
) strict, without rowid;
create table if not exists inbox (
  seq integer primary key autoincrement,
  instanceId text not null,
  executionId text,
  event text not null
) strict;
create index if not exists inboxByInstance on inbox (instanceId, seq);
create table if not exists work (
  instanceId text not null,
  executionId text not null,
  taskId integer not null,
  kind text not null,
  name text not null,
  input text,
  fireAt integer,
  retry text,
  position integer,
  done integer not null default 0,
  primary key (instanceId, executionId, taskId)
) strict, without rowid;
create index if not exists workByTime on work (fireAt) where fireAt is not null and done = 0;
`;

/**
 * Opens the state file, or a database in memory that serves reads only when there is no file to read. WAL with
 * synchronous=NORMAL: survives a killed process at twice the throughput of FULL; a power cut may cost the last moments,
 * which is repaired by running the activities again.
 */
export function openDatabase(file: string, readOnly: boolean): DatabaseSync {
  const database = new DatabaseSync(file, { readOnly, timeout: 5000 });
  try {
    const found = database.prepare('pragma user_version').get() as { user_version: number };
    if (found.user_version > SCHEMA_VERSION) {
      throw new Error(`${file} was written by a newer version (schema ${found.user_version})`);
    }
    if (readOnly) return database;
    database.exec('pragma journal_mode = wal; pragma synchronous = normal;');
    database.exec(SCHEMA);
    database.exec(`pragma user_version = ${SCHEMA_VERSION}`);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Whether the file holds a state database already (a read-only host may be asked before the first run). */
export function hasState(file: string): boolean {
  const database = new DatabaseSync(file, { readOnly: true, timeout: 5000 });
  try {
    const found = database.prepare('pragma user_version').get() as { user_version: number };
    return found.user_version > 0;
  } finally {
    database.close();
  }
}
