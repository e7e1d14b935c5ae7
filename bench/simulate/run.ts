/**
 * `npm run bench:simulate`: migrations bigger than one machine, on virtual time. Prints a line for each run and writes
 * simulated.json beside this file, docs/simulation.svg and the figures of docs/performance.md. `--print` writes nothing.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CALIBRATED_BY, CHECKED_BY, readCalibration } from './calibration.ts';
import { checkModel, errorOf } from './checkModel.ts';
import { showRows, showShare, showTime } from './figures.ts';
import { runSeries, SERIES } from './scenarios.ts';
import { SIMULATED_FILE, type Simulated } from './simulated.ts';
import { renderSimulationChart } from './simulationChart.ts';
import { withSimulation } from './simulationSection.ts';

const DOCS = join(import.meta.dirname, '../../docs');
const PAGE = join(DOCS, 'performance.md');

const calibration = readCalibration(CALIBRATED_BY);
const checks = CHECKED_BY.map((file) => checkModel(file, calibration));
for (const { file, figures } of checks) {
  for (const figure of figures) console.log(`${file}  ${figure.what}: ${showShare(errorOf(figure), true)}`);
}
const runs = SERIES.flatMap((series) => {
  const begun = performance.now();
  const own = runSeries(series, calibration, Number.POSITIVE_INFINITY);
  for (const { run } of own) {
    const dollars = run.dollars === null ? '' : `  $${run.dollars}`;
    console.log(`${series.name}  ${showRows(run.rows)} rows  ${showTime(run.seconds.total)}${dollars}`);
  }
  console.log(`  simulated in ${((performance.now() - begun) / 1_000).toFixed(1)} s`);
  return own;
});
if (!process.argv.includes('--print')) {
  const simulated: Simulated = { calibratedBy: CALIBRATED_BY, checks, runs };
  writeFileSync(SIMULATED_FILE, `${JSON.stringify(simulated, null, 2)}\n`);
  writeFileSync(join(DOCS, 'simulation.svg'), renderSimulationChart(simulated));
  writeFileSync(PAGE, withSimulation(readFileSync(PAGE, 'utf8'), simulated));
}
