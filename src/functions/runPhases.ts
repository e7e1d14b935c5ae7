import type { MigrationRequest } from '../contract/migrationRequest.ts';
import { PHASES, type Phase } from '../contract/migrationStatus.ts';
import { runKindOf } from '../contract/runKind.ts';

type Asked = Pick<MigrationRequest, 'dryRun' | 'validateOnly' | 'catchUp' | 'validate' | 'follow'> &
  Partial<Pick<MigrationRequest, 'direction'>>;

/**
 * The phases that a run of this request goes through, in their order; the orchestrator `migrate` takes the same way. One that
 * was `reached` is among them in any case: a dry run compares only where the target holds something of this source.
 */
export function phasesOf(request: Asked, reached: Phase | null): readonly Phase[] {
  const wanted = new Set(wantedPhases(request));
  return PHASES.filter((phase) => phase === reached || wanted.has(phase));
}

function wantedPhases(request: Asked): readonly Phase[] {
  switch (runKindOf(request)) {
    case 'analysis':
      return ['preflight', 'plan', 'report', 'done'];
    case 'return':
      return [request.dryRun ? 'plan' : 'copy', 'done'];
    case 'comparison':
      return ['preflight', 'plan', 'validate', 'report', 'done'];
    case 'migration': {
      const copying: readonly Phase[] = request.catchUp ? [] : ['copy', 'indexes'];
      const isCompared = request.catchUp || request.validate !== 'none';
      const comparing: readonly Phase[] = [
        ...(isCompared ? (['validate'] as const) : []),
        ...(request.validate === 'full' ? (['catch-up'] as const) : []),
        ...(request.follow === null ? [] : (['follow'] as const)),
      ];
      return ['preflight', 'plan', ...copying, ...comparing, 'report', 'done'];
    }
  }
}
