import { isFinal, type MigrationStatus } from '../contract/migrationStatus.ts';
import { shellOption } from '../quoteShell.ts';
import { byId, make, makeCall } from './elements.ts';
import { isThisMachine } from './isThisMachine.ts';

/** A call of the command, and what it does that the page does not. */
export interface NamedCommand {
  readonly command: string;
  readonly does: string;
}

/** What the command has for a run that has ended, and this page has not. `app` is where the page comes from: a local host is found by its state directory. */
export function commandsOf({ id, name, kind, status, layout }: MigrationStatus, app: URL): readonly NamedCommand[] {
  if (!isFinal(status)) return [];
  const at = isThisMachine(app) ? '' : ` ${shellOption('url', app.origin)}`;
  const files: NamedCommand = {
    command: `mlflow-migrate report ${shellOption('name', id)} --report-dir DIR${at}`,
    does: 'writes the report into a directory, with its signed manifest',
  };
  const proof: NamedCommand = {
    command: 'mlflow-migrate verify-report DIR',
    does: 'tells whether these files are as the run left them',
  };
  if (kind === 'analysis') return [files, proof];
  if (kind === 'return')
    return [
      {
        command: `mlflow-migrate migrate-back ${shellOption('name', name)}${at}`,
        does: 'shows the plan, asks, and brings the target back into PostgreSQL',
      },
    ];
  const differences: NamedCommand = {
    command: `mlflow-migrate differences ${shellOption('name', id)}${at}`,
    does: 'lists every row and document that differs, by table and key',
  };
  const back: NamedCommand = {
    command: `mlflow-migrate migrate-back --dry-run ${shellOption('name', name)}${at}`,
    does: 'says what a way back into PostgreSQL would write, with the same connections',
  };
  const hasWayBack = kind === 'migration' && layout === 'tables' && status.startsWith('completed');
  return [differences, files, proof, ...(hasWayBack ? [back] : [])];
}

/** Shows them below the report; nothing where there are none. */
export function renderCommands(status: MigrationStatus): void {
  const commands = commandsOf(status, new URL(location.href));
  byId('commands').hidden = commands.length === 0;
  const items = commands.map(({ command, does }) => {
    const item = make('li');
    item.append(makeCall(command), make('span', 'soft', does));
    return item;
  });
  const list = byId('command-list');
  // A selection that is about to be copied stays as it is.
  if (list.textContent !== items.map((item) => item.textContent).join('')) list.replaceChildren(...items);
}
