import { chmod, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build, stop } from 'esbuild';
import { lookAtInputs, markBuilt } from './buildStamp.ts';
import { BUNDLE_OPTIONS, COMMAND_OPTIONS, STARTER_OPTIONS } from './bundleOptions.ts';
import { thirdPartyNotices } from './thirdPartyNotices.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const inputs = lookAtInputs(root);
// Parts of the command are named after what is in them: those of the build before would stay.
await rm('dist/command', { recursive: true, force: true });
const [app, command] = await Promise.all([
  build({
    ...BUNDLE_OPTIONS,
    entryPoints: ['src/main.ts'],
    outfile: 'dist/main.cjs',
    minify: true,
    sourcemap: true,
    metafile: true,
  }),
  build({ ...COMMAND_OPTIONS, minify: true, metafile: true }),
  build(STARTER_OPTIONS),
]);
await chmod('dist/cli.cjs', 0o755);
await writeFile('dist/THIRD-PARTY-NOTICES.txt', thirdPartyNotices([app.metafile, command.metafile]));
markBuilt(root, inputs);
// Whoever imports this goes on for as long as a migration takes; esbuild's own process need not.
await stop();
