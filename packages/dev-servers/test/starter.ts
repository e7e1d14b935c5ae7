/** `node starter.ts <directory>`: starts PostgreSQL, mongod and Azurite, prints their pids as JSON, and waits for its end. */
import { startStack } from '../src/stack.ts';

const [directory] = process.argv.slice(2);
const stack = await startStack({
  directory: directory!,
  postgres: true,
  mongodb: true,
  storage: true,
  isThrowAway: true,
});
const pids = [stack.postgres!.pid, stack.mongodb!.pid, stack.storage!.pid];
process.stdout.write(`${JSON.stringify(pids)}\n`);
