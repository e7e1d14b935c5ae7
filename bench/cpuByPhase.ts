import type { MigrationReport } from '../src/contract/migrationReport.ts';
import { type ByProcess, type CpuSample, mapProcesses, PROCESS_NAMES } from './processSampler.ts';

/** What a command does, in order: start and look around; the phases of the report; write the report and stop. */
export const PHASES = ['before', 'copy', 'indexes', 'validate', 'after'] as const;
export type Phase = (typeof PHASES)[number];
export type CpuByPhase = Readonly<Record<Phase, ByProcess>>;

/** Cuts the CPU seconds of a command into its phases, whose ends the report tells to the millisecond. */
export function cpuByPhase(
  samples: readonly CpuSample[],
  { startedAt, seconds }: Pick<MigrationReport, 'startedAt' | 'seconds'>,
): CpuByPhase {
  const inPhases = seconds.copy + seconds.indexes + seconds.validate;
  const copyAt = Date.parse(startedAt) + 1000 * (seconds.total - inPhases);
  const indexesAt = copyAt + 1000 * seconds.copy;
  const validateAt = indexesAt + 1000 * seconds.indexes;
  const endsAt = validateAt + 1000 * seconds.validate;
  const between = (from: number, to: number): ByProcess => {
    const [before, after] = [secondsAt(samples, from), secondsAt(samples, to)];
    return mapProcesses((name) => after[name] - before[name]);
  };
  return {
    before: between(Number.NEGATIVE_INFINITY, copyAt),
    copy: between(copyAt, indexesAt),
    indexes: between(indexesAt, validateAt),
    validate: between(validateAt, endsAt),
    after: between(endsAt, Number.POSITIVE_INFINITY),
  };
}

/** Sum over all phases and processes. */
export function wholeCpu(phases: CpuByPhase): number {
  return PHASES.reduce((sum, phase) => sum + sumOf(phases[phase]), 0);
}

/**
 * Share of the CPU that went neither into a database nor into moving and comparing rows: all of storage and command, and
 * the host's before the first and after the last phase. What the host's orchestrations take within a phase is not in it:
 * activities run in the same process, so nothing tells them apart from outside.
 */
export function overheadShare(phases: CpuByPhase): number {
  const around = phases.before.host + phases.after.host;
  const beside = PHASES.reduce((sum, phase) => sum + phases[phase].storage + phases[phase].command, 0);
  return (around + beside) / wholeCpu(phases);
}

function sumOf(seconds: ByProcess): number {
  return PROCESS_NAMES.reduce((sum, name) => sum + seconds[name], 0);
}

/** Between two samples the CPU is taken to be used evenly. */
function secondsAt(samples: readonly CpuSample[], at: number): ByProcess {
  const [first, last] = [samples[0], samples.at(-1)];
  if (first === undefined || last === undefined) throw new Error('There are no samples of the CPU');
  const next = samples.findIndex((sample) => sample.at > at);
  if (next < 0) return last.seconds;
  const [before, after] = [samples[next - 1], samples[next]];
  if (before === undefined || after === undefined) return first.seconds;
  const share = (at - before.at) / (after.at - before.at);
  return mapProcesses((name) => before.seconds[name] + share * (after.seconds[name] - before.seconds[name]));
}
