import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { PreflightInput } from '../../../../src/contract/steps/preflight.ts';
import { MigrationError } from '../../../../src/errors.ts';
import type { Services } from '../../../../src/runtime/services.ts';
import { nothing } from '../../../../src/steps/preflight/found.ts';
import { lookAtTarget } from '../../../../src/steps/preflight/lookAtTarget.ts';
import type { TargetDatabase } from '../../../../src/target/targetDatabase.ts';

/** As long as the driver looks for a server. */
const SELECTION_MS = 8_000;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('a target that does not answer is waited for once', async () => {
  let asked = 0;
  const target = {
    display: 'db:27017/lab',
    overridden: [],
    traits: async () => {
      asked += 1;
      await new Promise((resolve) => setTimeout(resolve, SELECTION_MS));
      throw new MigrationError('target-unreachable', 'The target db:27017/lab cannot be reached');
    },
    lookWhetherStuck: async () => false,
  } as unknown as TargetDatabase;
  const services = {
    connections: { useTarget: async <T>(_ref: unknown, work: (target: TargetDatabase) => Promise<T>) => work(target) },
  } as unknown as Services;
  const input = { id: 'lab', run: '1', request: { target: {}, throughput: null } } as unknown as PreflightInput;
  const found = nothing();
  const looking = lookAtTarget(services, input, null, found, new AbortController().signal);
  await vi.advanceTimersByTimeAsync(SELECTION_MS);
  await looking;
  expect(asked).toBe(1);
  expect(found.problems.map(({ kind }) => kind)).toEqual(['target-unreachable']);
});
