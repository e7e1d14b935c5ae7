import { writeFileSync } from 'node:fs';
import { startStack } from '@mlflow-migrate/dev-servers';
import { createDatabase } from '@mlflow-migrate/dev-servers/databases';
import { seedScale } from './seedScale.ts';

const stack = await startStack({
  directory: '/tmp/w/evidence-trial/servers',
  postgres: true,
  mongodb: true,
  storage: false,
  isThrowAway: true,
} as never);
const uri = await createDatabase((stack as any).postgres.uri, 'mlflow');
await seedScale(uri, Number(process.argv[2] ?? 1));
writeFileSync(
  '/tmp/w/evidence-trial/uris',
  `export POSTGRES_URI='${uri}'\nexport MONGODB_URI='${(stack as any).mongodb.uri}'\n`,
);
console.log('ready');
await new Promise((r) => setTimeout(r, Number(process.argv[3] ?? 800) * 1000));
await stack.stop();
