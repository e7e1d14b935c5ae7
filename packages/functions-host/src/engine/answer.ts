import { wireText, writtenOutput } from '../worker/typedData.ts';
import { ACTION, type Action, flattenActions } from './actions.ts';

/** Separates the message of a failed orchestrator from its state, fixed by the SDK and the durable extension. */
const STATE_LABEL = '\n\n$OutOfProcData$:';

/** What a turn of the orchestrator function came to. */
export interface TurnAnswer {
  /** All leaves since the start of this generation; the host has scheduled the first ones in earlier turns. */
  readonly leaves: readonly Action[];
  readonly customStatus: string | null;
  /** Set when the orchestrator has returned, failed or continues as new. */
  readonly final: FinalAnswer | undefined;
}

/** How a generation ends. `output` is JSON text when completed and plain text when failed; `input` is JSON text. */
export type FinalAnswer =
  | { readonly kind: 'completed'; readonly output: string }
  | { readonly kind: 'failed'; readonly output: string }
  | { readonly kind: 'continueAsNew'; readonly input: string };

interface OrchestratorState {
  readonly isDone?: boolean;
  readonly actions?: readonly (readonly Action[])[];
  readonly output?: unknown;
  readonly error?: string;
  readonly customStatus?: unknown;
}

/**
 * Reads what the orchestrator function returned. It is the SDK's own object, not its JSON: that spares writing out every
 * action of the whole history in every turn, and shows a task that stands in two places as the same object.
 */
export function readReturned(result: unknown): TurnAnswer {
  const state = (typeof result === 'string' ? JSON.parse(result) : result) as OrchestratorState | null | undefined;
  if (state === null || typeof state !== 'object' || !Array.isArray(state.actions)) {
    return failed('The orchestrator function answered with something other than an orchestration state');
  }
  return readState(state);
}

/** Reads what the orchestrator function threw: a failed orchestration with its state, or a plain error. */
export function readThrown(error: unknown): TurnAnswer {
  const message = error instanceof Error ? error.message : String(error);
  const at = message.indexOf(STATE_LABEL);
  if (at < 0) return failed(message);
  const state = JSON.parse(message.slice(at + STATE_LABEL.length)) as OrchestratorState;
  // What was thrown without being an Error has no text in the state; the host then shows the whole message.
  const unreadable = `One or more errors occurred. (Result: Failure\nType: \nException: ${message}\nStack: )`;
  return { ...readState(state), final: { kind: 'failed', output: state.error ?? unreadable } };
}

function readState(state: OrchestratorState): TurnAnswer {
  const leaves = flattenActions(state.actions?.[0] ?? []);
  // A falsy one is none, as in the JSON that the SDK makes of its answer.
  const customStatus = state.customStatus ? (wireText(state.customStatus) ?? null) : null;
  return { leaves, customStatus, final: readFinal(state, leaves) };
}

function readFinal(state: OrchestratorState, leaves: readonly Action[]): FinalAnswer | undefined {
  if (state.isDone !== true) return undefined;
  const again = leaves.find((leaf) => leaf.actionType === ACTION.continueAsNew);
  if (again !== undefined) return { kind: 'continueAsNew', input: wireText(again.input) ?? 'null' };
  return { kind: 'completed', output: writtenOutput(state.output) };
}

function failed(output: string): TurnAnswer {
  return { leaves: [], customStatus: null, final: { kind: 'failed', output } };
}
