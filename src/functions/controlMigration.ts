import type { HttpRequest, HttpResponseInit, InvocationContext } from '@azure/functions';
import * as df from 'durable-functions';
import { MigrationError } from '../errors.ts';
import type { BlobStore } from '../storage/blobs.ts';
import { writeControl } from '../work/pulse.ts';
import { jsonAnswer } from './httpAnswer.ts';
import { isUnderWay, requireMigration } from './migrations.ts';

export type ControlAction = 'cancel' | 'suspend' | 'resume';

/**
 * `POST /api/migrations/{id}/cancel|suspend|resume`. Activities look for the word once a second and stop after their
 * writes in flight; the orchestration then ends through its report (cancel) or waits (suspend), so nothing is half done.
 */
export const controlMigration =
  (blobs: BlobStore, action: ControlAction) =>
  async (request: HttpRequest, context: InvocationContext): Promise<HttpResponseInit> => {
    const client = df.getClient(context);
    const found = await requireMigration(client, request.params['id'] ?? '');
    const id = found.instanceId;
    if (!isUnderWay(found)) {
      throw new MigrationError('conflict', `Migration ${id} has ended already`, {
        hint:
          action === 'resume'
            ? 'Start it again under the same name: what was copied is kept'
            : `Look at /api/migrations/${id}/report`,
      });
    }
    const isSuspended = String(found.runtimeStatus) === 'Suspended';
    switch (action) {
      case 'cancel':
        await writeControl(blobs, id, 'cancel');
        // A suspended orchestration could not notice.
        if (isSuspended) await client.resume(id, 'cancelled');
        break;
      case 'suspend':
        await writeControl(blobs, id, 'suspend');
        if (!isSuspended) await client.suspend(id, 'suspended by the operator');
        break;
      case 'resume':
        await writeControl(blobs, id, 'run');
        if (isSuspended) await client.resume(id, 'resumed by the operator');
        break;
    }
    return jsonAnswer(202, { id, action, statusUrl: `/api/migrations/${id}` }, { location: `/api/migrations/${id}` });
  };
