import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import type { HistoryRow, InboxRow, InstanceFilter, InstanceRow, WorkRow } from './rows.ts';

const INSTANCE_COLUMNS = [
  'id',
  'executionId',
  'name',
  'version',
  'status',
  'input',
  'output',
  'customStatus',
  'created',
  'updated',
  'parentId',
  'parentExecutionId',
  'parentTaskId',
  'generation',
  'nextTaskId',
  'seenActions',
  'historyLength',
  'answer',
] as const satisfies readonly (keyof InstanceRow)[];

/** Everything the host remembers, in one SQLite file. Statements only: which ones belong together is the engine's business. */
export class Store {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  readonly #onWrite: (error: unknown) => void;

  /** `onWrite` is told of each transaction: its error, or null when it was stored. */
  constructor(database: DatabaseSync, onWrite: (error: unknown) => void = () => undefined) {
    this.#database = database;
    this.#onWrite = onWrite;
  }

  /** Runs `body` as one transaction: all of its statements count, or, if it throws, none. */
  transaction<T>(body: () => T): T {
    try {
      this.#database.exec('begin immediate');
      const result = body();
      this.#database.exec('commit');
      this.#onWrite(null);
      return result;
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('rollback');
      this.#onWrite(error);
      throw error;
    }
  }

  close(): void {
    this.#statements.clear();
    this.#database.close();
  }

  // Instances

  instance(id: string): InstanceRow | undefined {
    return this.#get<InstanceRow>('select * from instance where id = ?', id);
  }

  /** Writes the whole row, new or known. */
  saveInstance(row: InstanceRow): void {
    const columns = INSTANCE_COLUMNS.join(', ');
    const places = INSTANCE_COLUMNS.map(() => '?').join(', ');
    this.#run(
      `insert or replace into instance (${columns}) values (${places})`,
      ...INSTANCE_COLUMNS.map((column) => row[column]),
    );
  }

  /** Forgets an instance with its history, messages and open tasks. */
  deleteInstance(id: string): void {
    this.clearTasks(id);
    this.clearHistory(id);
    this.#run('delete from instance where id = ?', id);
  }

  /** Up to `limit` instances with ids after `afterId`, in the order of their ids. */
  listInstances(filter: InstanceFilter, afterId: string, limit: number): InstanceRow[] {
    const conditions = ['id > ?'];
    const values: SQLInputValue[] = [afterId];
    const add = (condition: string, value: SQLInputValue | undefined): void => {
      if (value === undefined) return;
      conditions.push(condition);
      values.push(value);
    };
    add('created >= ?', filter.createdFrom);
    add('created <= ?', filter.createdTo);
    add('id >= ?', filter.idPrefix);
    // The highest code point closes the range of everything that starts with the prefix.
    add('id < ?', filter.idPrefix === undefined ? undefined : `${filter.idPrefix}\u{10ffff}`);
    add('status in (select value from json_each(?))', filter.statuses && JSON.stringify(filter.statuses));
    const where = conditions.join(' and ');
    return this.#all<InstanceRow>(`select * from instance where ${where} order by id limit ?`, ...values, limit);
  }

  /** Ids of everything that has a turn to take: messages waiting, or no turn yet. */
  instancesToWake(): string[] {
    const rows = this.#all<{ id: string }>(
      `select id from instance where status in ('Pending', 'Running') and historyLength = 0
       union select distinct instanceId from inbox`,
    );
    return rows.map((row) => row.id);
  }

  // History

  appendHistory(instanceId: string, seq: number, type: number, event: string): void {
    this.#run('insert into history (instanceId, seq, type, event) values (?, ?, ?, ?)', instanceId, seq, type, event);
  }

  history(instanceId: string): HistoryRow[] {
    return this.#all<HistoryRow>('select type, event from history where instanceId = ? order by seq', instanceId);
  }

  clearHistory(instanceId: string): void {
    this.#run('delete from history where instanceId = ?', instanceId);
  }

  // Inbox

  post(instanceId: string, executionId: string | null, event: string): void {
    this.#run('insert into inbox (instanceId, executionId, event) values (?, ?, ?)', instanceId, executionId, event);
  }

  /** Messages in the order of their arrival, from the one behind `afterSeq` on. */
  inbox(instanceId: string, afterSeq: number, limit: number): InboxRow[] {
    return this.#all<InboxRow>(
      'select seq, executionId, event from inbox where instanceId = ? and seq > ? order by seq limit ?',
      instanceId,
      afterSeq,
      limit,
    );
  }

  deleteInbox(seq: number): void {
    this.#run('delete from inbox where seq = ?', seq);
  }

  // Work

  work(instanceId: string, executionId: string, taskId: number): WorkRow | undefined {
    return this.#get<WorkRow>(
      'select * from work where instanceId = ? and executionId = ? and taskId = ?',
      instanceId,
      executionId,
      taskId,
    );
  }

  insertWork(row: WorkRow): void {
    this.#run(
      `insert into work (instanceId, executionId, taskId, kind, name, input, fireAt, retry, position, done)
       values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      row.instanceId,
      row.executionId,
      row.taskId,
      row.kind,
      row.name,
      row.input,
      row.fireAt,
      row.retry,
      row.position,
      row.done,
    );
  }

  /** Marks a task as over; false if it was over already or is gone (terminated, cancelled, an older generation). */
  finishWork(instanceId: string, executionId: string, taskId: number): boolean {
    const { changes } = this.#run(
      'update work set done = 1 where instanceId = ? and executionId = ? and taskId = ? and done = 0',
      instanceId,
      executionId,
      taskId,
    );
    return changes > 0;
  }

  deleteWork(instanceId: string, executionId: string, taskId: number): void {
    this.#run(
      'delete from work where instanceId = ? and executionId = ? and taskId = ?',
      instanceId,
      executionId,
      taskId,
    );
  }

  hasWork(instanceId: string): boolean {
    return this.#get('select 1 as found from work where instanceId = ? limit 1', instanceId) !== undefined;
  }

  /** Timers that the orchestrator itself made, fired or not. */
  timers(instanceId: string): WorkRow[] {
    return this.#all<WorkRow>("select * from work where instanceId = ? and kind = 'timer'", instanceId);
  }

  dueTimers(now: number, limit: number): WorkRow[] {
    return this.#all<WorkRow>(
      'select * from work where fireAt is not null and done = 0 and fireAt <= ? order by fireAt limit ?',
      now,
      limit,
    );
  }

  /** When the next timer is due, in milliseconds since 1970. */
  nextTimer(): number | undefined {
    const row = this.#get<{ at: number | null }>(
      'select min(fireAt) as at from work where fireAt is not null and done = 0',
    );
    return row?.at ?? undefined;
  }

  /** When something of an instance last changed, in milliseconds since 1970; 0 where there is none. */
  latestUpdate(): number {
    return this.#get<{ at: number | null }>('select max(updated) as at from instance')?.at ?? 0;
  }

  bringTimersForward(byMs: number): void {
    this.#run('update work set fireAt = fireAt - ? where fireAt is not null and done = 0', byMs);
  }

  /** Activities and HTTP calls that were scheduled and have not ended, as a killed process left them. */
  openCalls(): WorkRow[] {
    return this.#all<WorkRow>("select * from work where kind in ('activity', 'http') and done = 0");
  }

  /** Drops an instance's messages and open tasks. */
  clearTasks(instanceId: string): void {
    this.#run('delete from inbox where instanceId = ?', instanceId);
    this.#run('delete from work where instanceId = ?', instanceId);
  }

  // Statements are prepared once and kept: preparing costs more than running them.
  #statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  #get<Row>(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return this.#statement(sql).get(...values) as Row | undefined;
  }

  #all<Row>(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.#statement(sql).all(...values) as Row[];
  }

  #run(sql: string, ...values: SQLInputValue[]): { changes: number | bigint } {
    return this.#statement(sql).run(...values);
  }
}
