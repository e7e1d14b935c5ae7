import { shellOption } from '../../quoteShell.ts';

/** The app's hints name its routes; what they show is asked for here by commands, with the address of a deployed app. */
export function commandWords(hint: string, url: string | null = null): string {
  const at = url === null ? '' : ` ${shellOption('url', url)}`;
  const call = (command: string) => (_route: string, id: string) =>
    `mlflow-migrate ${command} ${shellOption('name', id)}${at}`;
  return hint
    .replaceAll(/(?:GET )?\/api\/migrations\/([\w-]+)\/report\b/g, call('report'))
    .replaceAll(/(?:GET )?\/api\/migrations\/([\w-]+)\b(?!\/)/g, call('status'))
    .replaceAll(/GET \/api\/migrations\b(?!\/)/g, `mlflow-migrate status${at}`);
}
