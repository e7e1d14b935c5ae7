import { afterEach, expect, test } from 'vitest';
import { compare, TestApp } from '../support/runMigration.ts';
import { buildVariant } from '../support/variantApp.ts';

const LANES = 3;
/** Units of others that the late one waits for: more than its own window has. */
const OTHERS = 20;

const before = process.env['MLFLOW_MIGRATE_APP'];
afterEach(() => {
  if (before === undefined) delete process.env['MLFLOW_MIGRATE_APP'];
  else process.env['MLFLOW_MIGRATE_APP'] = before;
});

test('while a unit takes long, other lanes go on with the next windows; never more units at once than lanes, each done once', async () => {
  await using variant = await buildVariant([
    { file: 'src/orchestrators/runWindow.ts', from: 'const WINDOW_MS = 20_000;', to: 'const WINDOW_MS = 2_000;' },
    { file: 'src/orchestrators/dealUnits.ts', from: 'const UNITS_PER_LANE = 40;', to: 'const UNITS_PER_LANE = 3;' },
    { file: 'src/plan/packUnits.ts', from: 'const MAX_RANGES_PER_UNIT = 24;', to: 'const MAX_RANGES_PER_UNIT = 1;' },
    {
      file: 'src/activities/copyUnit.ts',
      from: 'return answering(services, UnitMessage, onPlan(copyUnit), { summary: unitSummary });',
      to: `const copy = answering(services, UnitMessage, onPlan(copyUnit), { summary: unitSummary });
        const { promise: isTime, resolve } = Promise.withResolvers<void>();
        let done = 0;
        return async (input, context) => {
          const { unit } = input as { readonly unit: number };
          context.log(\`probe begun \${unit} .\`);
          if (unit === 0) await isTime;
          try {
            return await copy(input, context);
          } finally {
            if (++done === ${OTHERS}) resolve();
            context.log(\`probe ended \${unit} .\`);
          }
        };`,
    },
  ]);
  process.env['MLFLOW_MIGRATE_APP'] = variant.directory;
  await using app = await TestApp.start();
  const pair = await app.pair('3.17.2');
  const { code, report } = await app.migrate(pair);
  const { differences } = await compare(pair);
  expect({ code, problems: report.problems, differences }).toEqual({ code: 0, problems: [], differences: [] });

  const probes = [...app.log.join('\n').matchAll(/probe (begun|ended) (\d+) \./g)].map(([, what, unit]) => ({
    what,
    unit: Number(unit),
  }));
  const begun = probes.filter(({ what }) => what === 'begun').map(({ unit }) => unit);
  expect(new Set(begun).size).toBe(begun.length);
  expect(begun.length).toBeGreaterThan(2 * OTHERS);
  const endOfLate = probes.findIndex(({ what, unit }) => what === 'ended' && unit === 0);
  expect(probes.slice(0, endOfLate).filter(({ what }) => what === 'ended').length).toBeGreaterThanOrEqual(OTHERS);
  let inFlight = 0;
  const widths = probes.map(({ what }) => (inFlight += what === 'begun' ? 1 : -1));
  expect(Math.max(...widths)).toBe(LANES);
});
