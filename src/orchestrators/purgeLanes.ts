import type { OrchestrationContext, Task } from 'durable-functions';
import { ACTIVITIES } from '../contract/functionNames.ts';
import { MESSAGE_VERSION } from '../contract/messageVersion.ts';
import type { PurgeLanesInput } from '../contract/steps/purgeLanes.ts';

/**
 * Has the histories of lanes deleted that nobody needs any more: a migration of a billion rows has tens of thousands of them.
 * Tried once, as nothing depends on it.
 */
export function* purgeLanes(context: OrchestrationContext, lanes: PurgeLanesInput): Generator<Task, void, unknown> {
  if (lanes.from >= lanes.to) return;
  try {
    yield context.df.callActivity(ACTIVITIES.purgeLanes, { ...lanes, version: MESSAGE_VERSION });
  } catch {
    // They stay, and cost storage only.
  }
}
