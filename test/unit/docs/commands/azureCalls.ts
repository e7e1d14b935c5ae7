import { readText } from '../markdown.ts';

/** Commands of Azure's own tools with the options that documents use, as their references list them: neither tool is here to ask. */
const KNOWN: Readonly<Record<string, readonly string[]>> = {
  'az account get-access-token': ['scope', 'query', 'output'],
  'az ad app create': ['display-name', 'sign-in-audience', 'requested-access-token-version', 'query', 'output'],
  'az ad app update': ['id', 'identifier-uris'],
  'az ad signed-in-user show': ['query', 'output'],
  'az functionapp keys list': ['name', 'resource-group', 'query', 'output'],
  'az identity list': ['query', 'output'],
  'az keyvault secret set': ['vault-name', 'name', 'file'],
  'az keyvault show': ['name', 'query', 'output'],
  'az lock delete': ['ids'],
  'az lock list': ['resource-group', 'query', 'output'],
  'az postgres flexible-server firewall-rule delete': [],
  'az postgres flexible-server private-endpoint-connection delete': [],
  'az provider register': ['namespace'],
  'az resource list': ['resource-type', 'name', 'query', 'output'],
  'az rest': ['method', 'url', 'body'],
  'az role assignment create': ['assignee-object-id', 'assignee-principal-type', 'role', 'scope'],
  'az role definition create': ['role-definition'],
  'az role definition delete': ['name'],
  'azd auth login': [],
  'azd deploy': [],
  'azd down': ['purge'],
  'azd env get-values': [],
  'azd env new': [],
  'azd env set': [],
  'azd env set-secret': [],
  'azd pipeline config': [],
  'azd provision': [],
  'azd up': [],
};

/** Variables of azd that the template reads or azd sets, by which `azd env set` must name one. */
function environmentNames(): string[] {
  return [...readText('infra/main.parameters.json').matchAll(/\$\{(\w+)/g)].map(([, name]) => name as string);
}

/** What is wrong with a call of `az` or `azd`; null: nothing that is known here. */
export function faultOfAzureCall(words: readonly string[]): string | null {
  const call = words.join(' ');
  const name = Object.keys(KNOWN).find((known) => call === known || call.startsWith(`${known} `));
  if (name === undefined) return 'is not among the commands in azureCalls.ts; look it up and add it there';
  const options = words.filter((word) => word.startsWith('--')).map((word) => word.slice(2));
  const unknown = options.filter((option) => !KNOWN[name]?.includes(option));
  if (unknown.length > 0)
    return `${name} has no --${unknown.join(', --')} in azureCalls.ts; look it up and add it there`;
  const [variable] = words.slice(name.split(' ').length);
  const isSet = name === 'azd env set' || name === 'azd env set-secret';
  if (!isSet || variable === undefined || variable === 'NAME' || environmentNames().includes(variable)) return null;
  return `infra/main.parameters.json reads no ${variable}`;
}
