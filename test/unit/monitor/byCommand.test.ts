// @vitest-environment happy-dom
import { expect, test } from 'vitest';
import { commandsOf } from '../../../src/monitor/byCommand.ts';
import { sampleStatus } from '../../monitor/sampleStatus.ts';
import { faultOfCall } from '../docs/commands/migrateCall.ts';

const DEPLOYED = new URL('https://func-3xample.azurewebsites.net/api/monitor');
const LOCAL = new URL('http://127.0.0.1:7071/api/monitor');
const verbs = (changes: Parameters<typeof sampleStatus>[0]) =>
  commandsOf(sampleStatus(changes), DEPLOYED).map(({ command }) => command.split(' ')[1]);

test('what the page has not is told as calls that the command takes', () => {
  for (const app of [DEPLOYED, LOCAL]) {
    for (const kind of ['migration', 'analysis', 'comparison', 'return'] as const) {
      const commands = commandsOf(sampleStatus({ kind, status: 'completed' }), app);
      expect(commands.length).toBeGreaterThan(0);
      for (const { command } of commands) expect(faultOfCall(command.split(' ').slice(1)), command).toBeNull();
    }
  }
});

test('a deployed app is named, a local one is found by its state directory', () => {
  const [first] = commandsOf(sampleStatus({ status: 'failed' }), DEPLOYED);
  expect(first?.command).toBe(
    'mlflow-migrate differences --name migration-nightly --url https://func-3xample.azurewebsites.net',
  );
  expect(commandsOf(sampleStatus({ status: 'failed' }), LOCAL)[0]?.command).toBe(
    'mlflow-migrate differences --name migration-nightly',
  );
});

test('a way back is offered of what can be brought back, and nothing while a run goes on', () => {
  expect(verbs({ status: 'running' })).toEqual([]);
  expect(verbs({ status: 'completed' })).toEqual(['differences', 'report', 'verify-report', 'migrate-back']);
  expect(verbs({ status: 'completed', layout: 'mlflow' })).not.toContain('migrate-back');
  expect(verbs({ status: 'failed' })).not.toContain('migrate-back');
  expect(verbs({ status: 'completed', kind: 'return' })).toEqual(['migrate-back']);
});
