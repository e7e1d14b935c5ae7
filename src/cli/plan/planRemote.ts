import { type ConfigFile, sourceUriOf, targetUriOf } from '../../config/schemas/configFile.ts';
import { DEFAULT_SOURCE_SECRET, DEFAULT_TARGET_SECRET } from '../../config/schemas/parseStartRequest.ts';
import type { StartRequest } from '../../contract/startRequest.ts';
import { MigrationError } from '../../errors.ts';
import type { CommandOptions } from '../options/readOptions.ts';
import { choosePreset } from './choosePreset.ts';
import { sourceFieldsOf } from './planSource.ts';
import { targetFieldsOf } from './planTarget.ts';
import { runName } from './runName.ts';
import type { RunPlan } from './runPlan.ts';
import { kindAskedFor, startBody } from './startBody.ts';

/** What a deployed app is to do: it takes connections by the name of a secret, and never a URI. */
export function planRemote(options: CommandOptions, config: ConfigFile): RunPlan {
  const preset = choosePreset(options, config);
  const source = preset?.source ?? config.source;
  // The target of the built-in preset is a local one, which a deployed app could not reach.
  const target = options.isQuickAutonomize ? config.destination : (preset?.destination ?? config.destination);
  const withUri = [
    ...(sourceUriOf(source) === null ? [] : ['source']),
    ...(targetUriOf(target) === null ? [] : ['destination']),
  ];
  if (withUri.length > 0) {
    throw new MigrationError(
      'usage',
      `The config file gives ${withUri.join(' and ')} as a URI, which cannot go with --url`,
      {
        hint: 'Store the URIs as secrets of the Key Vault of the app, and name them as source.secret and destination.secret',
      },
    );
  }
  const kind = kindAskedFor(options, config);
  const baseName = options.name ?? config.name ?? null;
  const sourceFields = sourceFieldsOf(source);
  const targetFields = targetFieldsOf(target);
  const body: StartRequest = {
    ...(baseName === null ? {} : { name: runName(baseName, kind) }),
    ...(Object.keys(sourceFields).length === 0 ? {} : { source: sourceFields }),
    ...(Object.keys(targetFields).length === 0 ? {} : { destination: targetFields }),
    ...startBody(options, config, kind),
  };
  return {
    kind,
    baseName,
    isNamed: baseName !== null,
    // The app takes an empty request for one that lost its content on the way.
    body: Object.keys(body).length === 0 ? { defaults: true } : body,
    settings: {},
    needsMongod: false,
    source: sourceFields.server ?? `secret ${sourceFields.secret ?? DEFAULT_SOURCE_SECRET}`,
    target: targetFields.account ?? `secret ${targetFields.secret ?? DEFAULT_TARGET_SECRET}`,
  };
}
