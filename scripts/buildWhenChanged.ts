import { fileURLToPath } from 'node:url';
import { isBuilt, lookAtInputs } from './buildStamp.ts';

/** Builds where a file has changed since the last build, and says so first; otherwise it says and does nothing. Throws where the build fails. */
export async function buildWhenChanged(say: (text: string) => void): Promise<void> {
  const root = fileURLToPath(new URL('..', import.meta.url));
  if (isBuilt(root, lookAtInputs(root))) return;
  say('Building the app first: it was not built yet, or its sources have changed');
  await import('./build.ts');
}
