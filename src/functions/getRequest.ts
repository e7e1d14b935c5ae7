import type { HttpRequest, HttpResponseInit, InvocationContext } from '@azure/functions';
import * as df from 'durable-functions';
import { toStartRequest } from '../config/schemas/toStartRequest.ts';
import type { MigrateInput } from '../contract/migration.ts';
import { MigrationRequest } from '../contract/migrationRequest.ts';
import { MigrationError } from '../errors.ts';
import { jsonAnswer } from './answerHttp.ts';
import { requireMigration } from './findMigration.ts';
import { refuseQueryKeys } from './refuseQueryKeys.ts';

/** `GET /api/migrations/{id}/request`: the body by which `POST /api/migrations` starts a migration again. It names connections, and holds none. */
export async function getRequest(request: HttpRequest, context: InvocationContext): Promise<HttpResponseInit> {
  refuseQueryKeys(request, [], 'Leave it out: this route takes none');
  const { instanceId, input } = await requireMigration(df.getClient(context), request.params['id'] ?? '');
  const { success, data } = MigrationRequest.safeParse((input as Partial<MigrateInput> | null)?.request);
  if (!success) {
    throw new MigrationError('not-found', `What ${instanceId} was asked for cannot be read by this release`, {
      hint: 'Start it again with a body of your own, under the same name',
    });
  }
  return jsonAnswer(200, toStartRequest(data));
}
