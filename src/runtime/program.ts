import manifest from '../../package.json' with { type: 'json' };

/** Version of this program, as health, reports and `--version` tell it. */
export const VERSION: string = manifest.version;

/** Name and version for reports. */
export const PROGRAM = `${manifest.name} ${manifest.version}`;
