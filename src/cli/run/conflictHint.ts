/** What to do where another run stands in the way, or one of the same name. */
export function conflictHint(name: string | null): string {
  const named = name === null ? '' : ` --name ${name}`;
  return `Go on with it: the command that began it, with --resume; end it: mlflow-migrate cancel${named}; or give another --name for another pair of databases`;
}
