/** The app's hints name its routes; what they show is asked for here by commands. */
export function commandWords(hint: string): string {
  return hint
    .replaceAll(/(?:GET )?\/api\/migrations\/([\w-]+)\/report\b/g, 'mlflow-migrate report --name $1')
    .replaceAll(/(?:GET )?\/api\/migrations\/([\w-]+)\b(?!\/)/g, 'mlflow-migrate status --name $1')
    .replaceAll(/GET \/api\/migrations\b(?!\/)/g, 'mlflow-migrate status');
}
