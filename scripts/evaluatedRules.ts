import { TYPE_RULES } from './resourceTypes.ts';

/** A resource as `bicep snapshot` predicts it: values are worked out but for what only Azure knows, which stays an expression in brackets. */
export interface PredictedResource {
  readonly id: string;
  readonly type: string;
  readonly name: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly properties?: Readonly<Record<string, unknown>>;
}

/** What a choice of parameters asks for that is a fault elsewhere. */
export interface Asked {
  /** The API for the whole internet: `apiAllowedIpRanges` is `*`. */
  readonly openApi: boolean;
  /** Roles on the whole account and vault: `roleScope` is `whole`. */
  readonly wholeRoles: boolean;
}

/** What a `.bicepparam` file asks for. */
export function askedBy(parameters: string): Asked {
  return {
    openApi: /\bapiAllowedIpRanges = '\*'/.test(parameters),
    wholeRoles: /\broleScope = 'whole'/.test(parameters),
  };
}

type Rule = (resource: PredictedResource, all: readonly PredictedResource[], asked: Asked) => readonly string[];

const isExpression = (text: string): boolean => text.startsWith('[');
const typeOf = ({ type }: PredictedResource): string => type.toLowerCase();
const property = (resource: PredictedResource, ...path: readonly string[]): unknown =>
  path.reduce<unknown>(
    (value, key) => (typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined),
    resource.properties,
  );
const when = (isFault: boolean, what: string): readonly string[] => (isFault ? [what] : []);

const isKnown: Rule = (resource) => when(TYPE_RULES[typeOf(resource)] === undefined, 'is of a type without rules');

const isTagged: Rule = (resource) =>
  when(
    TYPE_RULES[typeOf(resource)]?.tags === true && resource.tags?.['azd-env-name'] === undefined,
    'has no tag azd-env-name',
  );

const hasFittingName: Rule = (resource) => {
  const rule = TYPE_RULES[typeOf(resource)];
  const name = resource.name.split('/').at(-1) ?? '';
  if (rule === undefined || rule.nameLimit === null || isExpression(resource.name)) return [];
  return [
    ...when(name.length > rule.nameLimit, `has a name of ${name.length} characters, Azure takes ${rule.nameLimit}`),
    ...when(rule.letters?.test(name) === false, 'has a name with letters that Azure refuses'),
  ];
};

/** Data is closed to the internet wherever there is a network to reach it by. */
const isClosed: Rule = (resource, all) => {
  const type = typeOf(resource);
  const hasNetwork = all.some((other) => typeOf(other) === 'microsoft.network/virtualnetworks');
  const isData = type === 'microsoft.storage/storageaccounts' || type === 'microsoft.keyvault/vaults';
  if (isData) return when(hasNetwork && property(resource, 'publicNetworkAccess') !== 'Disabled', 'is open');
  if (type !== 'microsoft.durabletask/schedulers') return [];
  const addresses = property(resource, 'ipAllowlist');
  const isEmpty = !Array.isArray(addresses) || addresses.length === 0;
  return when(property(resource, 'publicNetworkAccess') !== 'Disabled' && isEmpty, 'is open');
};

const EVERYBODY = /^(?:\*|Any|Internet|0\.0\.0\.0\/0|::\/0)$/;

const admitsWhoWasAsked: Rule = (resource, _all, asked) => {
  if (typeOf(resource) !== 'microsoft.web/sites' || asked.openApi) return [];
  const isPublic = property(resource, 'publicNetworkAccess') !== 'Disabled';
  const rules = property(resource, 'siteConfig', 'ipSecurityRestrictions');
  const addresses = Array.isArray(rules)
    ? rules.map((rule) => String((rule as { ipAddress?: unknown }).ipAddress))
    : [];
  return [
    ...when(
      isPublic && property(resource, 'siteConfig', 'ipSecurityRestrictionsDefaultAction') !== 'Deny',
      'takes calls from the whole internet, which no parameter says',
    ),
    ...addresses.filter((address) => EVERYBODY.test(address)).map((address) => `admits ${address}`),
  ];
};

const takesNoKeys: Rule = (resource) => {
  switch (typeOf(resource)) {
    case 'microsoft.storage/storageaccounts':
      return when(property(resource, 'allowSharedKeyAccess') !== false, 'takes shared keys');
    case 'microsoft.storage/storageaccounts/blobservices/containers':
      return when(property(resource, 'publicAccess') !== 'None', 'is public');
    case 'microsoft.insights/components':
      return when(property(resource, 'DisableLocalAuth') !== true, 'takes its key');
    case 'microsoft.keyvault/vaults':
      return when(property(resource, 'enableRbacAuthorization') !== true, 'has access policies in place of roles');
    case 'microsoft.web/sites':
      return when(property(resource, 'httpsOnly') !== true, 'takes HTTP without TLS');
    default:
      return [];
  }
};

const SECRET =
  /\blist[A-Z]\w*\s*\(|AccountKey=|SharedAccessKey|Password=|:\/\/[^/\s']+:[^/\s'@]+@|parameters\('(?:postgres|mongodb)Uri'\)/;

/** Secrets stand in the vault and nowhere else; what an app setting refers to is no secret. */
const holdsNoSecret: Rule = (resource) =>
  when(
    typeOf(resource) !== 'microsoft.keyvault/vaults/secrets' && SECRET.test(JSON.stringify(resource.properties ?? {})),
    'holds a secret',
  );

/** Role → the last type of the scope that it is narrowed to. */
const PARTS: Readonly<Record<string, string>> = {
  'b7e6dc6d-f1e8-4753-8033-0f276bb0955b': 'containers',
  'ba92f5b4-2d11-453d-a403-e96b0029c9fe': 'containers',
  '4633458b-17de-408a-b874-0445c86b69e6': 'secrets',
  '0ad04412-c4d5-4796-b79c-f76d14c8d402': 'taskHubs',
};

const grantsLittle: Rule = (resource, _all, asked) => {
  if (typeOf(resource) !== 'microsoft.authorization/roleassignments') return [];
  const scope =
    /^\[extensionResourceId\('([^']+)'/.exec(resource.id)?.[1] ??
    resource.id.split('/providers/Microsoft.Authorization/roleAssignments')[0] ??
    '';
  const role = String(property(resource, 'roleDefinitionId')).split('/').at(-1) ?? '';
  const part = PARTS[role];
  const segments = scope.split('/');
  const isNarrow = part === undefined || segments.at(-2) === part || (asked.wholeRoles && part !== 'taskHubs');
  return [
    ...when(!scope.includes('/providers/'), 'is a role on a whole group'),
    ...when(property(resource, 'principalType') === undefined, 'does not say the kind of its principal'),
    ...when(scope.includes('/providers/') && !isNarrow, `is the role ${role} on more than ${part}`),
  ];
};

/** Every rule over evaluated resources, by the sentence that it stands for. */
export const EVALUATED_RULES: Readonly<Record<string, Rule>> = {
  'every type has rules': isKnown,
  'what takes tags has the tag of its azd environment': isTagged,
  "names stay within Azure's limits": hasFittingName,
  'data is closed where there is a network': isClosed,
  'the API takes calls from those only that were asked for': admitsWhoWasAsked,
  'nothing takes keys': takesNoKeys,
  'secrets stand in the vault only': holdsNoSecret,
  'a role holds on as little as it can': grantsLittle,
};

/** Every fault of evaluated resources, as `rule: type name what`. */
export function evaluatedFaults(resources: readonly PredictedResource[], asked: Asked): string[] {
  return Object.entries(EVALUATED_RULES).flatMap(([sentence, rule]) =>
    resources.flatMap((resource) =>
      rule(resource, resources, asked).map((what) => {
        const name = isExpression(resource.name) ? '' : ` ${resource.name}`;
        return `${sentence}: ${resource.type}${name} ${what}`;
      }),
    ),
  );
}
