import type { Environment } from '../../config/environment.ts';
import type { ConfigFile } from '../../config/schemas/configFile.ts';
import { parseStartRequest } from '../../config/schemas/parseStartRequest.ts';
import type { CommandOptions } from '../options/readOptions.ts';
import { planLocal } from './planLocal.ts';
import { planRemote } from './planRemote.ts';
import type { RunPlan } from './runPlan.ts';

/** Puts options, configuration file and environment together. Throws MigrationError('usage' or 'config'). */
export function planRun(options: CommandOptions, config: ConfigFile, env: Environment): RunPlan {
  const plan = options.url === null ? planLocal(options, config, env) : planRemote(options, config);
  // The app would refuse the same: told here, nothing has to be started to find out.
  parseStartRequest(plan.body);
  return plan;
}
