import type { DurableOrchestrationStatus } from 'durable-functions';
import { expect, test } from 'vitest';
import { registerSecret } from '../../../src/config/redact.ts';
import { causeOfEnd } from '../../../src/functions/causeOfEnd.ts';

const ended = (runtimeStatus: string, output: unknown) =>
  causeOfEnd({ runtimeStatus, output } as unknown as DurableOrchestrationStatus);

test.each([
  [
    'Failed',
    "Orchestrator function 'migrate' failed: Non-Deterministic workflow detected: A previous execution \n Message: …, StackTrace:    at x",
    'Durable Functions ended the migration as failed: Non-Deterministic workflow detected: A previous execution',
  ],
  ['Failed', null, 'Durable Functions ended the migration as failed'],
  ['Failed', { some: 'object' }, 'Durable Functions ended the migration as failed'],
  ['Terminated', 'enough of it', 'The migration was terminated through the API of Durable Functions: enough of it'],
  ['Terminated', '', 'The migration was terminated through the API of Durable Functions'],
])('%s with %j is told in one line', (runtimeStatus, output, message) => {
  expect(ended(runtimeStatus, output)?.message).toBe(message);
});

test('a history that no step of this release fits is told as another release’s', () => {
  const output = "Orchestrator function 'migrate' failed: Non-Deterministic workflow detected: A previous execution";
  expect(ended('Failed', output)?.hint).toMatch(/^Start it again with --resume: .* another release of the app/);
  expect(ended('Failed', 'Phase copy has no plan')?.hint).not.toContain('another release');
});

test('no secret and no more than a line of it is told', () => {
  registerSecret('hunter2hunter2');
  const message = ended('Failed', `connect with hunter2hunter2 ${'x'.repeat(100_000)}`)?.message ?? '';
  expect(message).not.toContain('hunter2');
  expect(message.length).toBeLessThan(400);
});

test.each(['Running', 'Completed', 'Suspended'])('%s has no such cause', (runtimeStatus) => {
  expect(ended(runtimeStatus, 'text')).toBeNull();
});
