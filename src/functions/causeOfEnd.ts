import type { DurableOrchestrationStatus } from 'durable-functions';
import { redact } from '../config/redact.ts';
import type { Problem } from '../errors.ts';

/** A cause is told in so many characters: what follows is the stack and the inner failures of the extension. */
const MAX_LENGTH = 300;

/**
 * Why Durable itself has ended an orchestration, by the output that it left; null for one that is under way or has come to
 * its own end. The host's log says nothing of it at the levels that are shipped.
 */
export function causeOfEnd({ runtimeStatus, output }: DurableOrchestrationStatus): Problem | null {
  switch (String(runtimeStatus)) {
    case 'Failed':
      return {
        kind: 'internal',
        message: withCause('Durable Functions ended the migration as failed', output),
        hint: hintOfFailure(output),
      };
    case 'Terminated':
    case 'Canceled':
      return {
        kind: 'interrupted',
        message: withCause('The migration was terminated through the API of Durable Functions', output),
        hint: 'Start it again with --resume: what was copied is kept. The route cancel ends a migration after its writes in flight',
      };
    default:
      return null;
  }
}

/** What an operator can do. A history with steps that this release has no functions for is one that nothing in the release can go on with. */
function hintOfFailure(output: unknown): string {
  const resume = 'Start it again with --resume: what was copied is kept.';
  return typeof output === 'string' && /non-?deterministic/i.test(output)
    ? `${resume} Its steps were begun by another release of the app than the one that is deployed now`
    : `${resume} Where this happens again, report it with this text`;
}

/** `Orchestrator function 'migrate' failed: REASON \n Message: REASON, StackTrace: …` is what the extension leaves of a failure, the reason given of a termination. */
function withCause(message: string, output: unknown): string {
  if (typeof output !== 'string') return message;
  const [line = ''] = output.replace(/^Orchestrator function '[^']*' failed: /, '').split(/\r?\n/);
  const cause = redact(line).replace(/\s+/g, ' ').trim().slice(0, MAX_LENGTH);
  return cause === '' ? message : `${message}: ${cause}`;
}
