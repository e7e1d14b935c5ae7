import type { MigrationStatus } from '../../contract/migrationStatus.ts';
import type { App } from '../app/app.ts';
import type { CommandContext } from '../commandContext.ts';
import { Declined } from '../declined.ts';
import { ask } from '../display/ask.ts';
import { createProgress } from '../display/progress.ts';
import type { RunPlan } from '../plan/runPlan.ts';
import { follow } from './follow.ts';
import { type Consent, missingConsent } from './missingConsent.ts';
import { type Patience, patienceFor } from './patience.ts';

const LOCAL_INTERVAL_MS = 300;
const REMOTE_INTERVAL_MS = 1_500;

/** Follows a run to its end, and shows on the way how far it is. */
export async function followRun(
  { output, signal }: CommandContext,
  app: App,
  id: string,
  patience: Patience,
): Promise<MigrationStatus> {
  const progress = createProgress(output);
  try {
    const end = follow({
      client: app.client,
      id,
      intervalMs: app.isLocal ? LOCAL_INTERVAL_MS : REMOTE_INTERVAL_MS,
      patience,
      signal,
      onStatus: progress.show,
      onContact: (lost) => output.note(lost === null ? 'The app answers again' : `${lost}: trying again`),
    });
    return await Promise.race([end, app.failed]);
  } finally {
    progress.stop();
  }
}

/** Follows a run to its end; where somebody can be asked, one that ended for want of a consent is begun again with it. Throws {@link Declined}. */
export async function runToEnd(
  context: CommandContext,
  app: App,
  plan: RunPlan,
  begun: string,
): Promise<MigrationStatus> {
  const { options, output, signal, facts } = context;
  const given: Consent[] = [];
  let { body } = plan;
  let id = begun;
  for (;;) {
    const status = await followRun(context, app, id, patienceFor(app, plan));
    const consent = missingConsent(status);
    if (consent === null || given.includes(consent) || !output.canAsk) return status;
    if (consent.isAnsweredByYes && options.isYes) return status;
    for (const { message } of status.failures) output.error(message);
    if (!(await ask(consent.question, output, signal))) throw new Declined(consent.declined);
    given.push(consent);
    body = consent.change(body);
    ({ id } = await app.client.start(plan.kind === 'analysis' ? 'analyses' : 'migrations', body));
    facts.id = id;
  }
}
