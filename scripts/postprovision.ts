/** Hook of azd after it provisioned: prints the next commands with the names of what was made. */
import { nextCommands } from './nextCommands.ts';

process.stdout.write(nextCommands(process.env, process.platform));
