/** `node stuckStarter.ts <directory>`: starts a server that never gets ready and does not notice that nobody reads what it says. */
import { startServer } from '../src/process/runningServer.ts';

const [directory = ''] = process.argv.slice(2);
await startServer({
  name: 'Stuck',
  file: '/bin/sh',
  args: ['-c', 'while :; do sleep 1; done', directory],
  env: { PATH: process.env['PATH'] ?? '' },
  isReady: () => false,
  stopSignals: [{ signal: 'SIGTERM', waitMs: 1_000 }],
});
