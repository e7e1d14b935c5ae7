import { expect, test } from 'vitest';
import { CALIBRATED_BY, CHECKED_BY, readCalibration } from '../../../../bench/simulate/calibration.ts';
import { checkModel, errorOf } from '../../../../bench/simulate/checkModel.ts';
import { runSeries, SERIES } from '../../../../bench/simulate/scenarios.ts';
import { readSimulated } from '../../../../bench/simulate/simulated.ts';
import { renderSimulationChart } from '../../../../bench/simulate/simulationChart.ts';
import { withSimulation } from '../../../../bench/simulate/simulationSection.ts';
import { readText } from '../../docs/markdown.ts';

const simulated = readSimulated();
const calibration = readCalibration(CALIBRATED_BY);

test('docs/simulation.svg and the section of docs/performance.md are those of the kept simulation (npm run bench:simulate)', () => {
  expect(readText('docs/simulation.svg')).toBe(renderSimulationChart(simulated));
  const page = readText('docs/performance.md');
  expect(withSimulation(page, simulated)).toBe(page);
});

/** What the program has changed since may shift a figure a little; a tenth is another result, and the simulation is to be run again. */
test('the kept simulation is still what the program comes to', () => {
  expect(simulated.calibratedBy).toBe(CALIBRATED_BY);
  const smallest = SERIES.flatMap((series) => runSeries(series, calibration, 1e7));
  expect(smallest.length).toBeGreaterThan(4);
  for (const { series, run } of smallest) {
    const kept = simulated.runs.find((each) => each.series === series && each.run.rows === run.rows);
    expect(Math.abs(run.seconds.total / (kept?.run.seconds.total ?? 0) - 1), series).toBeLessThan(0.1);
    expect(run.requestUnits, series).toBe(kept?.run.requestUnits);
  }
});

test('the kept errors are those of the kept results', () => {
  expect(simulated.checks.map(({ file }) => file)).toEqual(CHECKED_BY);
  for (const kept of simulated.checks) {
    const now = checkModel(kept.file, calibration);
    for (const [index, figure] of now.figures.entries()) {
      expect(Math.abs(errorOf(figure) - errorOf(kept.figures[index] ?? figure)), figure.what).toBeLessThan(0.1);
    }
  }
});

test('a page without marks is left alone', () => {
  expect(() => withSimulation('# Page\n', simulated)).toThrow('no marks');
});
