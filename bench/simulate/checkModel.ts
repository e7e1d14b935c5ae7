import { type Calibration, PARTIES, readResult } from './calibration.ts';
import { localMachine } from './hosting.ts';
import { simulateRun } from './simulateRun.ts';
import { mongod } from './target.ts';

/** A figure of a real run beside that of the model. */
export interface CheckedFigure {
  readonly what: string;
  readonly measured: number;
  readonly simulated: number;
}

/** A real run, and the model's run over as many rows on the same machine. */
export interface ModelCheck {
  readonly file: string;
  readonly rows: number;
  /** CPU seconds that other work took meanwhile: above one or two, seconds are not to be trusted, while CPU seconds are. */
  readonly foreignCpuSeconds: number | null;
  readonly figures: readonly CheckedFigure[];
}

/** Holds the model against a kept result; its errors are those of the model and of the machine together. */
export function checkModel(file: string, calibration: Calibration): ModelCheck {
  const { rows, seconds, cpuSeconds, machine, foreignCpuSeconds } = readResult(file);
  const hosting = localMachine(machine.cores);
  const run = simulateRun({ rows, target: mongod(machine.cores), hosting, parallel: null, calibration });
  const figures: CheckedFigure[] = [
    { what: 'whole run, s', measured: seconds.total, simulated: run.seconds.total },
    { what: 'copy, s', measured: seconds.copy, simulated: run.seconds.copy },
    {
      what: 'indexes and proof, s',
      measured: seconds.indexes + seconds.validate,
      simulated: run.seconds.indexesAndProof,
    },
  ];
  if (cpuSeconds !== null) {
    const measured = PARTIES.reduce((sum, party) => sum + cpuSeconds.copy[party], 0);
    const simulated = PARTIES.reduce((sum, party) => sum + calibration.copy[party] * rows, 0);
    figures.push({ what: 'copy, CPU s', measured, simulated });
  }
  return { file, rows, foreignCpuSeconds, figures };
}

/** How far the model is off, as a share of what was measured: above 0 it says more. */
export function errorOf({ measured, simulated }: CheckedFigure): number {
  return simulated / measured - 1;
}
