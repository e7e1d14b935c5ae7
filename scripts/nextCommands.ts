import { shellOption } from '../src/quoteShell.ts';

/** Outputs of infra/main.bicep and parameters, as azd gives them to a hook. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * What to do once the infrastructure is there, as commands that can be copied. Nothing in it is secret: the function key is
 * fetched by the command that needs it.
 */
export function nextCommands(environment: Environment, platform: NodeJS.Platform): string {
  const value = (name: string): string => environment[name] ?? '';
  const isWindows = platform === 'win32';
  const isMade = value('COSMOS_ACCOUNT_NAME') !== '';
  const keys = `az functionapp keys list ${shellOption('name', value('SERVICE_API_NAME'))} ${shellOption('resource-group', value('AZURE_RESOURCE_GROUP'))} --query functionKeys.default --output tsv`;
  const secrets = [
    ...(value('POSTGRES_URI') === '' ? ['POSTGRES_URI'] : []),
    ...(value('MONGODB_URI') === '' && !isMade ? ['MONGODB_URI'] : []),
  ];
  const parts: string[] = [
    'The infrastructure is there. azd up goes on by itself; after azd provision:',
    '  azd deploy',
  ];
  if (secrets.length > 0)
    parts.push(
      'Name source and target, where no identity logs in (docs/operations.md, Connections):',
      ...secrets.map((name) => `  azd env set-secret ${name}`),
      '  azd provision',
    );
  parts.push(
    `Let the identity read the source, which its owner runs:`,
    `  npm run --silent migrate -- grants --for postgres ${shellOption('user', value('IDENTITY_NAME'))} --database mlflow`,
    'Look first, then migrate:',
    isWindows ? `  $env:MLFLOW_MIGRATE_KEY = $(${keys})` : `  export MLFLOW_MIGRATE_KEY="$(${keys})"`,
    `  npm run --silent migrate -- ${shellOption('url', value('SERVICE_API_URI'))} --name lab --dry-run`,
    `  npm run --silent migrate -- ${shellOption('url', value('SERVICE_API_URI'))} --name lab`,
    'Watch it in a browser (it asks for the key), or the workbook "MLflow migrations":',
    `  ${value('SERVICE_API_URI')}/api/monitor`,
    'Remove everything, a target that was made included:',
    '  azd down --purge',
  );
  if (value('OUTBOUND_ADDRESS') !== '')
    parts.push(`Firewalls of source and target see the app as ${value('OUTBOUND_ADDRESS')}.`);
  return `${parts.join('\n')}\n`;
}
