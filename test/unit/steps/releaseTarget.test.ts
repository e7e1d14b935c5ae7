import { expect, test } from 'vitest';
import type { MigrationRequest } from '../../../src/contract/migrationRequest.ts';
import type { ReleaseInput } from '../../../src/contract/steps/releaseTarget.ts';
import type { Services } from '../../../src/runtime/services.ts';
import { releaseTarget } from '../../../src/steps/releaseTarget.ts';

const clock = { transaction: '1', next: '1', at: null, position: null, isStandby: false, open: [], prepared: [] };
const proven = { clock, tables: {}, comparedFrom: '2026-11-28T00:00:00.000Z', comparedTo: '2026-11-28T00:00:01.000Z' };
const request = { target: {} } as MigrationRequest;
const input: ReleaseInput = { id: 'm', run: 'r', request, planStamp: 's', proven };

test.each(['planned', 'useSource'])(
  'the target is released though %s fails, which the proof takes',
  async (failing) => {
    const away = () => Promise.reject(new Error('away'));
    let isReleased = false;
    const plan = {
      identity: { systemFrom: 'control-file' },
      shared: [],
      timeline: '00000001',
      tableRows: { runs: 100_000 },
    };
    const services = {
      planned: failing === 'planned' ? away : async () => ({ plan }),
      connections: {
        useSource: away,
        useTarget: async () => {
          isReleased = true;
        },
      },
    } as unknown as Services;
    await releaseTarget(services, input, new AbortController().signal);
    expect(isReleased).toBe(true);
  },
);
