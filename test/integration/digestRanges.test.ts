import { afterAll, beforeAll, expect, test } from 'vitest';
import { Services } from '../../src/runtime/services.ts';
import { copyUnit } from '../../src/steps/copyUnit.ts';
import { prepareTarget } from '../../src/steps/prepareTarget.ts';
import { validateUnit } from '../../src/steps/validateUnit.ts';
import { NO_METRICS } from '../../src/telemetry/metrics.ts';
import { MemoryBlobs } from '../support/memoryBlobs.ts';
import { openStepPair, type StepPair } from '../support/stepPair.ts';
import { wholePlan } from '../support/wholePlan.ts';

const NEVER = new AbortController().signal;
let opened: StepPair;

beforeAll(async () => {
  opened = await openStepPair(
    '1.30.1',
    `create table no_key (a int, b text);
     insert into no_key select n % 7000, 'of this row there are several' from generate_series(1, 20000) n`,
  );
});
afterAll(() => opened.connections.close());

test('a table without a key is done in ranges of its rows’ digests, and equal rows are numbered as in one', async () => {
  const { connections, request } = opened;
  const services = new Services(connections, new MemoryBlobs(), NO_METRICS, NEVER);
  const about = { id: 'apart', request: { ...request, tables: ['no_key'] } };
  const { stamp } = await wholePlan(services, about);
  const { writer: token } = await prepareTarget(services, { ...about, planStamp: stamp, run: 'first' }, NEVER);
  const unit = {
    ...about,
    planStamp: stamp,
    writer: token,
    notBefore: null,
    unit: 0,
    only: null,
    skip: [],
    since: null,
  };
  // Five pieces: an eighth, two of it, two of twice as much.
  const cut = { position: 0, lower: null, rows: 2 ** 29 };
  const copied = await copyUnit(services, { ...unit, cut }, NEVER);
  expect(copied).toMatchObject({ remaining: [], failures: [], tables: { no_key: [20_000, 0, 0, 0, 0] } });
  for (const compared of [{}, { cut }]) {
    const result = await validateUnit(services, { ...unit, ...compared }, NEVER);
    expect(result).toMatchObject({ remaining: [], findingCount: 0, tables: { no_key: [20_000, 0, 0, 0, 0] } });
  }
});
