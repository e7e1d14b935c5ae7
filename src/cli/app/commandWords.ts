import { shellOption } from '../../quoteShell.ts';

function named(id: string): string {
  return shellOption('name', id);
}

/** The app's hints name its routes; what they show is asked for here by commands. */
export function commandWords(hint: string): string {
  return hint
    .replaceAll(/(?:GET )?\/api\/migrations\/([\w-]+)\/report\b/g, (_route, id) => `mlflow-migrate report ${named(id)}`)
    .replaceAll(/(?:GET )?\/api\/migrations\/([\w-]+)\b(?!\/)/g, (_route, id) => `mlflow-migrate status ${named(id)}`)
    .replaceAll(/GET \/api\/migrations\b(?!\/)/g, 'mlflow-migrate status');
}
