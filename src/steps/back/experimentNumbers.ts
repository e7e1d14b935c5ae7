import type pg from 'pg';
import type { BackExperiment } from '../../contract/backReport.ts';
import { findColumn, findTable, type SourceSchema } from '../../contract/sourceSchema.ts';
import { INT32_MAX } from '../../encoding/integerLimits.ts';
import { textOf } from '../../mlflow/layouts/plugin/back/returnedFields.ts';
import type { ReturnedDocument } from '../../mlflow/layouts/plugin/back/returning.ts';
import { quoteIdentifier } from '../../quoteSql.ts';
import { findable } from '../../source/back/findable.ts';
import type { DocumentAccess } from '../../target/documentAccess.ts';
import { scanCollection } from '../../target/scanCollection.ts';
import { projectionOf, returnedDocument } from './returnedRows.ts';

/** The numbers that experiments have in PostgreSQL. The store plugin gives them ids of up to 39 digits, which the column does not hold. */
export class ExperimentNumbers {
  /** Experiments that another id than their number, in the order of the numbers. */
  readonly renumbered: readonly BackExperiment[];
  readonly #numbers: ReadonlyMap<string, string>;

  constructor(renumbered: readonly BackExperiment[]) {
    this.renumbered = renumbered;
    this.#numbers = new Map(renumbered.map(({ id, number }) => [id, number]));
  }

  /** The number of an experiment by its `_id`, null where no experiment of the plugin's has that. */
  numberOf(id: string): string | null {
    return isNumber(id) ? id : (this.#numbers.get(id) ?? null);
  }
}

function isNumber(id: string): boolean {
  return /^(?:0|[1-9][0-9]{0,9})$/.test(id) && Number(id) <= INT32_MAX;
}

interface Candidate extends Pick<BackExperiment, 'id' | 'name'> {
  readonly created: bigint;
  readonly location: string | null;
}

const hasLocation = (row: Standing, { location }: Candidate): boolean => Boolean(location) && row.location === location;
const hasName = (row: Standing, { name }: Candidate): boolean => row.name === name;

/** The surest first: experiments are renamed, and exchange their names, but keep their location, which several may share. */
const MATCHES: readonly ((row: Standing, one: Candidate) => boolean)[] = [
  (row, one) => hasLocation(row, one) && hasName(row, one),
  hasLocation,
  hasName,
];

/**
 * Numbers the experiments whose ids are none: with the number of the row that has their location of artifacts, or their name, so that
 * they are found again by whoever comes back; the others with the next ones behind the greatest, in the order in which they were made.
 */
export async function numberExperiments(
  client: pg.ClientBase,
  schema: SourceSchema,
  access: DocumentAccess,
): Promise<ExperimentNumbers> {
  const table = findTable(schema, 'experiments');
  if (table === undefined || findColumn(table, 'experiment_id') === undefined) return new ExperimentNumbers([]);
  const candidates: Candidate[] = [];
  const taken = new Set<string>();
  let most = 0n;
  const fields = projectionOf(['name', 'creation_time', 'artifact_location']);
  for await (const page of scanCollection(access, fields)) {
    for (const document of page.map(returnedDocument)) {
      const { shown: id } = document;
      if (!isNumber(id)) candidates.push(candidate(document));
      else {
        taken.add(id);
        if (BigInt(id) > most) most = BigInt(id);
      }
    }
  }
  if (candidates.length === 0) return new ExperimentNumbers([]);
  candidates.sort((one, other) => compare(one.created, other.created) || compare(one.id, other.id));
  const relation = `${quoteIdentifier(schema.schema)}.experiments`;
  const next = await greatest(client, relation, most);
  const rows = await standing(client, relation, candidates);
  const find = (match: (row: Standing) => boolean): string | undefined => {
    const found = rows.find((row) => !taken.has(row.id) && match(row));
    if (found !== undefined) taken.add(found.id);
    return found?.id;
  };
  const numbers = new Map<string, string>();
  for (const match of MATCHES) {
    for (const one of candidates) {
      const number = numbers.has(one.id) ? undefined : find((row) => match(row, one));
      if (number !== undefined) numbers.set(one.id, number);
    }
  }
  let last = next;
  const renumbered = candidates.map(
    ({ id, name }): BackExperiment => ({ id, name, number: numbers.get(id) ?? String(++last) }),
  );
  return new ExperimentNumbers(renumbered);
}

function candidate({ shown: id, fields }: ReturnedDocument): Candidate {
  return {
    id,
    name: lenient(() => textOf(fields.get('name'))) ?? '',
    location: lenient(() => textOf(fields.get('artifact_location'))),
    created: createdAt(fields.get('creation_time')),
  };
}

/** What is of another type is told where the experiment is read as a row. */
function lenient<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}

function createdAt(
  element: ReturnedDocument['fields'] extends ReadonlyMap<string, infer E> ? E | undefined : never,
): bigint {
  if (element?.value.length === 8 && element.type === 18) return element.value.readBigInt64LE(0);
  return element?.type === 16 ? BigInt(element.value.readInt32LE(0)) : 0n;
}

function compare<T extends bigint | string>(one: T, other: T): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

/** The greatest number of an experiment, of the target or here, or that the sequence has given. */
async function greatest(client: pg.ClientBase, relation: string, most: bigint): Promise<bigint> {
  const { rows } = await client.query<{ most: string | null; sequence: string | null }>(
    `select max(experiment_id)::text as most, pg_get_serial_sequence($1, 'experiment_id') as sequence from ${relation}`,
    [relation],
  );
  const [row] = rows;
  const numbers = [most, BigInt(row?.most ?? 0)];
  if (row?.sequence != null) {
    const { rows: given } = await client.query<{ last: string }>(
      `select last_value::text as last from ${row.sequence}`,
    );
    numbers.push(BigInt(given[0]?.last ?? 0));
  }
  return numbers.toSorted(compare).at(-1) as bigint;
}

interface Standing {
  readonly id: string;
  readonly name: string;
  readonly location: string | null;
}

async function standing(
  client: pg.ClientBase,
  relation: string,
  candidates: readonly Candidate[],
): Promise<Standing[]> {
  const { rows } = await client.query<Standing>(
    `select experiment_id::text as id, name::text as name, artifact_location::text as location from ${relation}
      where name = any($1) or artifact_location = any($2) order by experiment_id`,
    findable([
      candidates.map(({ name }) => name),
      candidates.flatMap(({ location }) => (location === null ? [] : [location])),
    ]),
  );
  return rows;
}
