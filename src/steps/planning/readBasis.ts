import type { Flavour } from '../../contract/flavour.ts';
import type { MigrationRequest } from '../../contract/migrationRequest.ts';
import type { PlanBasis } from '../../contract/planDraft.ts';
import type { Clients } from '../../runtime/connections.ts';
import { readFingerprint } from '../../source/fingerprint.ts';
import { introspect } from '../../source/introspect.ts';
import { readClock } from '../../source/readClock.ts';
import { readIdentity } from '../../source/readIdentity.ts';
import { keepsRowsElsewhere, readStandstill } from '../../source/readStandstill.ts';
import { readTimeline } from '../../source/timeline.ts';
import { readOwnership } from '../../target/ownership.ts';
import { chooseExperiments } from '../shared/chooseExperiments.ts';
import { layoutOptions } from '../shared/layoutOptions.ts';
import { choosePointIds } from './choosePointIds.ts';

/** Reads what a plan is made of, by the catalogs alone; what the source says of its tables is of one snapshot. */
export async function readBasis(
  { source, target }: Clients,
  request: MigrationRequest,
  flavour: Flavour,
): Promise<PlanBasis> {
  const { layout, workspace } = request;
  const pointIds =
    layout === 'mlflow' ? { pointIds: await choosePointIds(target, await readOwnership(target), request) } : {};
  const timeline = await readTimeline(source);
  const basis = await source.read(async (client) => {
    const { schema, unreadable, serverVersionText: postgresVersion } = await introspect(client, source.schema);
    const identity = await readIdentity(client, schema.schema, workspace);
    const fingerprint = await readFingerprint(client, schema.schema);
    const clock = await readClock(client, false);
    const standstill = (await keepsRowsElsewhere(client)) ? null : await readStandstill(client);
    return { schema, unreadable, postgresVersion, identity, fingerprint, clock, timeline, standstill };
  });
  const experiments = await chooseExperiments(source, basis.schema, request);
  const options = { ...layoutOptions(request, basis.unreadable, flavour, experiments), ...pointIds };
  return { options, ...basis };
}
