import type { Environment } from '../../config/environment.ts';
import { LOCAL_HOST, type LocalHost } from '../../config/localHost.ts';
import { DEFAULT_DATABASE } from '../../config/mongo/checkTargetDatabase.ts';
import { POSTGRES_VARIABLES } from '../../config/postgres/postgresParameters.ts';
import type { ConfigFile } from '../../config/schemas/configFile.ts';
import { DEFAULT_TARGET_SECRET } from '../../config/schemas/parseStartRequest.ts';
import { readSettings } from '../../config/schemas/settings.ts';
import { checkSigningKey } from '../../config/signingKey.ts';
import { DEFAULT_LAYOUT } from '../../contract/layoutName.ts';
import { MigrationError } from '../../errors.ts';
import type { CommandOptions } from '../options/readOptions.ts';
import { deriveName } from './deriveName.ts';
import type { Endpoint } from './endpoint.ts';
import { planSource, type SourceFields } from './planSource.ts';
import { planTarget, type TargetFields } from './planTarget.ts';
import { runName } from './runName.ts';
import type { RunPlan } from './runPlan.ts';
import { kindAskedFor, startBody } from './startBody.ts';

/** Stands for the local MongoDB, whose port changes from start to start. */
const LOCAL_MONGODB = `local-mongodb/${DEFAULT_DATABASE}`;

/** Settings of the surroundings that the local host needs to reach databases, vault and storage. */
const HANDED_ON = [
  ...POSTGRES_VARIABLES,
  'TASKHUB_NAME',
  'AZURE_CLIENT_ID',
  'AZURE_TENANT_ID',
  'AZURE_SUBSCRIPTION_ID',
  'AZURE_RESOURCE_GROUP',
] as const;

interface Endpoints {
  readonly source: Endpoint<SourceFields>;
  /** Null where a local MongoDB is to be started. */
  readonly target: Endpoint<TargetFields> | null;
}

/** Both ends, whose faults are told at once. */
function planEnds(options: CommandOptions, config: ConfigFile, env: Environment): Endpoints {
  const problems: MigrationError[] = [];
  const attempt = <T>(plan: () => T): T | undefined => {
    try {
      return plan();
    } catch (error) {
      if (!(error instanceof MigrationError)) throw error;
      problems.push(error);
      return undefined;
    }
  };
  const source = attempt(() => planSource(options, config, env));
  const target = attempt(() => planTarget(options, config, env));
  const [problem, other] = problems;
  if (source !== undefined && target !== undefined && problem === undefined) return { source, target };
  if (problem === undefined || other === undefined) throw problem ?? new MigrationError('internal', 'No plan was made');
  // What concerns both ends, such as a preset that there is not, is said once.
  const joined = (...texts: string[]) => [...new Set(texts)].join('; ');
  const hint = joined(problem.hint, other.hint);
  throw new MigrationError(problem.kind, joined(problem.message, other.message), { hint });
}

/** Is an end in the Key Vault of these surroundings? Throws MigrationError where the other is a URI: the host looks in one place for both. */
function isInVault({ source, target }: Endpoints, env: Environment): boolean {
  const isByName = source.setting === null || (target !== null && target.setting === null);
  const usesVault = Boolean(env['KEY_VAULT_URI']) && isByName;
  const secretInVault = source.fields.secret !== undefined || target?.fields.secret !== undefined;
  if (usesVault && secretInVault && (source.setting !== null || target === null || target.setting !== null)) {
    throw new MigrationError('usage', 'One end is a URI, the other is in the Key Vault of KEY_VAULT_URI', {
      hint: 'Give both as URIs, or both as names of secrets',
    });
  }
  return usesVault;
}

function hostSettings(ends: Endpoints, env: Environment): RunPlan['settings'] {
  const handedOn = HANDED_ON.flatMap((name) => (env[name] ? [[name, env[name]] as const] : []));
  const uris = [ends.source.setting, ends.target?.setting ?? null].filter((setting) => setting !== null);
  return {
    ...Object.fromEntries(handedOn),
    // Empty counts as missing: the host inherits this environment, and with a vault it would not look at settings.
    KEY_VAULT_URI: isInVault(ends, env) ? (env['KEY_VAULT_URI'] ?? '') : '',
    ...Object.fromEntries(uris.map(({ name, uri }) => [name, uri])),
  };
}

/** What the local host is to do, from options, file and environment. Throws MigrationError with both ends' faults at once. */
export function planLocal(options: CommandOptions, config: ConfigFile, env: Environment): RunPlan {
  const ends = planEnds(options, config, env);
  const settings = hostSettings(ends, env);
  const kind = kindAskedFor(options, config);
  const body = startBody(options, config, kind);
  // The host would refuse them as well: told here, it is not started to find out.
  readSettings({ ...env, ...settings, [LOCAL_HOST]: 'works' satisfies LocalHost });
  checkSigningKey(env);
  const { source, target } = ends;
  const givenName = options.name ?? config.name;
  const baseName =
    givenName ??
    deriveName({
      source: source.database,
      schema: source.schema,
      target: target?.database ?? DEFAULT_DATABASE,
      isOwnTarget: target === null,
      layout: body.layout ?? DEFAULT_LAYOUT,
      workspace: body.workspace ?? null,
    });
  return {
    kind,
    baseName,
    isNamed: givenName !== undefined,
    body: {
      name: runName(baseName, kind),
      source: source.fields,
      destination: target?.fields ?? { secret: DEFAULT_TARGET_SECRET },
      ...body,
    },
    settings,
    needsMongod: target === null,
    source: source.display,
    target: target?.display ?? LOCAL_MONGODB,
  };
}
