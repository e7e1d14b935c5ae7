import { TYPE_RULES } from '../../scripts/resourceTypes.ts';
import { type BicepFile, literal, propertyAt, type Resource, type SyntaxNode, walk } from './bicep.ts';
import { extentOf, type Infrastructure } from './names.ts';

/** A rule: every place that breaks it, as `file:line what`. */
export type Rule = (all: Infrastructure) => string[];

const at = (file: BicepFile, node: { readonly startPosition: { readonly row: number } }, what: string): string =>
  `${file.path}:${node.startPosition.row + 1} ${what}`;

const ruleOf = ({ type }: Resource) => TYPE_RULES[type.toLowerCase()];

/** Runs a check on every resource that is made here. */
const onResources =
  (check: (resource: Resource, file: BicepFile, all: Infrastructure) => string[]): Rule =>
  (all) =>
    all.files.flatMap((file) =>
      file.resources
        .filter(({ isExisting }) => !isExisting)
        .flatMap((resource) => check(resource, file, all).map((what) => `${file.path}:${resource.line} ${what}`)),
    );

const hasNoSyntaxErrors: Rule = ({ files }) =>
  files.flatMap((file) =>
    [...walk(file.root)].filter(({ type }) => type === 'ERROR').map((node) => at(file, node, 'is no Bicep')),
  );

const knowsEveryType: Rule = onResources((resource) =>
  ruleOf(resource) === undefined ? [`${resource.type} has no entry in TYPE_RULES`] : [],
);

const tagsWhatTakesTags: Rule = onResources((resource) =>
  ruleOf(resource)?.tags === true && propertyAt(resource.body, 'tags') === undefined
    ? [`${resource.symbol} has no tags`]
    : [],
);

const namesFit: Rule = onResources((resource, file, all) => {
  const rule = ruleOf(resource);
  const name = propertyAt(resource.body, 'name');
  if (name === undefined) return [`${resource.symbol} has no name`];
  if (rule === undefined || rule.nameLimit === null) return [];
  const extent = extentOf(name, file, all);
  if (extent === null) return [`the name of ${resource.symbol} is not bounded`];
  const { letters, nameLimit } = rule;
  return [
    ...(extent.length > nameLimit
      ? [`the name of ${resource.symbol} may have ${extent.length} characters, Azure takes ${nameLimit}`]
      : []),
    ...(letters === undefined ? [] : extent.literals.filter((text) => !letters.test(text))).map(
      (text) => `the name of ${resource.symbol} holds ${JSON.stringify(text)}`,
    ),
  ];
});

const assignsRolesInFull: Rule = onResources((resource) => {
  if (resource.type.toLowerCase() !== 'microsoft.authorization/roleassignments') return [];
  const needed = ['principalId', 'principalType', 'roleDefinitionId'].filter(
    (key) => propertyAt(resource.body, 'properties', key) === undefined,
  );
  if (propertyAt(resource.body, 'scope') === undefined) needed.push('scope');
  const name = propertyAt(resource.body, 'name')?.text ?? '';
  return [
    ...needed.map((key) => `${resource.symbol} has no ${key}`),
    // The same assignment must get the same name at every deployment, and no other one.
    ...(/^guid\([^,]+,[^,]+,.+\)$/s.test(name) ? [] : [`${resource.symbol} is not named by scope, principal and role`]),
  ];
});

/** What an expression comes from: the parameters that it depends on, through variables. */
function parametersIn(node: SyntaxNode, file: BicepFile, seen = new Set<string>()): Set<string> {
  for (const { type, text } of walk(node)) {
    if (type !== 'identifier' || seen.has(text)) continue;
    const variable = file.variables.get(text);
    if (file.parameters.has(text)) seen.add(text);
    else if (variable !== undefined) {
      seen.add(`var ${text}`);
      if (!seen.has(`done ${text}`)) parametersIn(variable, file, seen.add(`done ${text}`));
    }
  }
  return seen;
}

const asksAParameter = (node: SyntaxNode, file: BicepFile): boolean =>
  [...parametersIn(node, file)].some((name) => file.parameters.has(name));

/** An endpoint that is open, or an address range of everybody, must follow from a parameter. */
const opensNothingUnasked: Rule = (all) => [
  ...onResources((resource, file) => {
    const faults = (ruleOf(resource)?.network ?? [])
      .filter((key) => propertyAt(resource.body, 'properties', key) === undefined)
      .map((key) => `${resource.symbol} does not say ${key}`);
    const isAddress = resource.type.toLowerCase() === 'microsoft.network/publicipaddresses';
    const isAsked =
      resource.isConditional ||
      all.files.some(({ modules }) => modules.some(({ path, isConditional }) => path === file.path && isConditional));
    return isAddress && !isAsked ? [...faults, `${resource.symbol} is made unasked`] : faults;
  })(all),
  ...all.files.flatMap((file) =>
    [...walk(file.root)]
      .filter(({ type }) => type === 'object_property')
      .flatMap((property) => {
        const [key, value] = property.namedChildren;
        if (key === undefined || value === undefined) return [];
        const isSwitch = /access|address|defaultAction/i.test(key.text);
        const opens = [...walk(value)].some((node) => /^(?:Enabled|Allow|0\.0\.0\.0)$/.test(literal(node) ?? ''));
        return isSwitch && opens && !asksAParameter(value, file)
          ? [at(file, property, `${key.text} opens unasked`)]
          : [];
      }),
  ),
];

const SECRET_CALL = /\.?\blist[A-Z]\w*\s*\(|\.(?:primary|secondary)?(?:master)?key\b|\binstrumentationKey\b/i;
const SECRET_TEXT = /AccountKey=|SharedAccessKey=|Password=|:\/\/[^/\s']+:[^/\s']+@/i;

/** Names of parameters that hold secrets, in one file. */
const secureParameters = (file: BicepFile): string[] =>
  [...file.parameters.values()].filter(({ decorators }) => decorators.has('secure')).map(({ name }) => name);

/** True for an expression in which a secret parameter's value may stand; asking whether it is empty shows nothing. */
const showsSecret = (node: SyntaxNode, file: BicepFile): boolean => {
  const names = secureParameters(file);
  const text = node.text.replaceAll(/\bempty\(\s*\w+\s*\)/g, '');
  return (
    names.some((name) => new RegExp(`\\b${name}\\b`).test(text)) || SECRET_CALL.test(text) || SECRET_TEXT.test(text)
  );
};

const outputsNoSecret: Rule = ({ files }) =>
  files.flatMap((file) =>
    file.outputs
      .filter(
        ({ name, value }) =>
          showsSecret(value, file) || /connectionString|password|key$/i.test(`${name} ${value.text}`),
      )
      .map(({ name, value }) => at(file, value, `output ${name} shows a secret`)),
  );

const SECRET_NAME = /(?:uri|password|secret|connectionstring|key)$/i;
const ADDRESS_NAME = /(?:service|vault|container)uri$/i;

/** A parameter whose name says that it holds a secret is @secure, and none has a default but the empty one. */
const guardsSecretParameters: Rule = ({ files }) =>
  files.flatMap((file) =>
    [...file.parameters.values()].flatMap(({ name, type, decorators, default: value }) => {
      const isSecret = type === 'string' && SECRET_NAME.test(name) && !ADDRESS_NAME.test(name);
      const faults: string[] = [];
      if (isSecret && !decorators.has('secure')) faults.push(`${file.path} parameter ${name} is not @secure`);
      const isEmpty = value === null || literal(value) === '' || /^newGuid\(\)$|\bnewGuid\(\)/.test(value.text);
      if (decorators.has('secure') && !isEmpty) faults.push(`${file.path} parameter ${name} has a secret as default`);
      return faults;
    }),
  );

/** One app setting as Bicep writes it. */
export interface WrittenSetting {
  readonly name: string;
  readonly value: SyntaxNode;
  readonly file: BicepFile;
}

/** Every app setting that any function app gets, followed through variables, `concat` and conditions. */
export function writtenSettings({ files }: Infrastructure): WrittenSetting[] {
  return files.flatMap((file) => {
    const found: WrittenSetting[] = [];
    const follow = (node: SyntaxNode): void => {
      const name = node.type === 'object' ? propertyAt(node, 'name') : undefined;
      const value = node.type === 'object' ? propertyAt(node, 'value') : undefined;
      if (name !== undefined && value !== undefined) {
        found.push({ name: literal(name) ?? `(computed: ${name.text})`, value, file });
        return;
      }
      const variable = node.type === 'identifier' ? file.variables.get(node.text) : undefined;
      if (variable !== undefined) follow(variable);
      node.namedChildren.forEach(follow);
    };
    for (const { body, isExisting, type } of file.resources) {
      if (isExisting || type.toLowerCase() !== 'microsoft.web/sites') continue;
      const settings = propertyAt(body, 'properties', 'siteConfig', 'appSettings');
      if (settings !== undefined) follow(settings);
    }
    return found;
  });
}

/** Names where to send to, and is no key as long as the component takes tokens only. */
const INSIGHTS = 'APPLICATIONINSIGHTS_CONNECTION_STRING';

const settingsHoldNoSecret: Rule = (all) => {
  const takesKeys = all.files.some((file) =>
    file.resources.some(
      ({ type, isExisting, body }) =>
        !isExisting &&
        type.toLowerCase() === 'microsoft.insights/components' &&
        propertyAt(body, 'properties', 'DisableLocalAuth')?.text !== 'true',
    ),
  );
  return writtenSettings(all).flatMap(({ name, value, file }) => {
    if (name === INSIGHTS && !takesKeys) return [];
    const isLogin =
      /connectionString/i.test(value.text) || (/CONNECTION_STRING$/.test(name) && !/ManagedIdentity/.test(value.text));
    return showsSecret(value, file) || isLogin ? [at(file, value, `setting ${name} holds a secret`)] : [];
  });
};

/** Keys are fetched by Bicep for one purpose only: to be put into the vault. */
const fetchesKeysForTheVaultOnly: Rule = ({ files }) =>
  files.flatMap((file) => {
    const inVault = file.resources
      .filter(({ type }) => type.toLowerCase() === 'microsoft.keyvault/vaults/secrets')
      .map(({ body }) => propertyAt(body, 'properties', 'value'))
      .filter((value) => value !== undefined)
      .flatMap((value) => [...walk(value)].map(({ startPosition, text }) => `${startPosition.row} ${text}`));
    const allowed = new Set(inVault);
    return [...walk(file.root)]
      .filter(({ type, text }) => type === 'call_expression' && /^[\w.!]*\blist[A-Z]\w*\s*\(/.test(text))
      .filter(({ startPosition, text }) => !allowed.has(`${startPosition.row} ${text}`))
      .map((node) => at(file, node, 'fetches a key outside of the vault'));
  });

/**
 * What Flex Consumption refuses with error 51021, in some regions sooner than in others: learn.microsoft.com/azure/azure-functions/functions-app-settings#flex-consumption-plan-deprecations
 * and the refusals quoted in Azure/terraform-azurerm-avm-res-web-site#345 and #360.
 */
const REFUSED_SITE_CONFIG = [
  'alwaysOn',
  'containerSize',
  'ftpsState',
  'functionAppScaleLimit',
  'functionsRuntimeScaleMonitoringEnabled',
  'isReserved',
  'isXenon',
  'javaVersion',
  'linuxFxVersion',
  'minimumElasticInstanceCount',
  'netFrameworkVersion',
  'nodeVersion',
  'powerShellVersion',
  'preWarmedInstanceCount',
  'pythonVersion',
  'use32BitWorkerProcess',
  'vnetPrivatePortsCount',
  'vnetRouteAllEnabled',
  'windowsFxVersion',
];
const REFUSED_SETTING =
  /^(?:ENABLE_ORYX_BUILD|FUNCTIONS_(?:EXTENSION_VERSION|MAX_HTTP_CONCURRENCY|WORKER_.*)|SCM_DO_BUILD_DURING_DEPLOYMENT|WEBSITE_(?:CONTENT.*|DNS_SERVER|MAX_DYNAMIC_APPLICATION_SCALE_OUT|NODE_DEFAULT_VERSION|RUN_FROM_PACKAGE|SKIP_CONTENTSHARE_VALIDATION|TIME_ZONE|VNET_ROUTE_ALL))$/;

const asksFlexForWhatItTakes: Rule = (all) => [
  ...onResources(({ type, body, symbol }) => {
    if (type.toLowerCase() !== 'microsoft.web/sites') return [];
    const places = [['properties'], ['properties', 'siteConfig']];
    return REFUSED_SITE_CONFIG.filter((key) =>
      places.some((place) => propertyAt(body, ...place, key) !== undefined),
    ).map((key) => `${symbol} sets ${key}`);
  })(all),
  ...writtenSettings(all)
    .filter(({ name }) => REFUSED_SETTING.test(name))
    .map(({ name, value, file }) => at(file, value, `setting ${name} is refused`)),
];

/** Every name that stands for a value, so not as the key of an object or what an output is called. */
function* namesUsed(node: SyntaxNode): Generator<string> {
  const isNamed = node.type === 'object_property' || node.type === 'output_declaration';
  for (const [index, child] of node.namedChildren.entries()) {
    if (isNamed && index === 0 && child.type !== 'string') continue;
    if (child.type === 'identifier') yield child.text;
    yield* namesUsed(child);
  }
}

/** The compiler's linter says so too, where there is one. */
const usesWhatItDeclares: Rule = ({ files }) =>
  files.flatMap((file) => {
    const seen = new Map<string, number>();
    for (const name of namesUsed(file.root)) seen.set(name, (seen.get(name) ?? 0) + 1);
    const existing = file.resources.filter(({ isExisting }) => isExisting).map(({ symbol }) => symbol);
    return (
      [...file.parameters.keys(), ...file.variables.keys(), ...existing]
        // Once is where it is declared.
        .filter((name) => (seen.get(name) ?? 0) < 2)
        .map((name) => `${file.path} declares ${name} and does not use it`)
    );
  });

const TYPE_NAMES = new Set(['string', 'int', 'bool', 'array', 'object']);

const declaresWhatItUses: Rule = ({ files }) =>
  files.flatMap((file) => {
    const loops = [...file.root.text.matchAll(/\bfor (?:\(\s*(\w+)\s*,\s*(\w+)\s*\)|(\w+)) in\b/g)];
    const declared = new Set<string | undefined>([
      ...file.parameters.keys(),
      ...file.variables.keys(),
      ...[...file.resources, ...file.modules].map(({ symbol }) => symbol),
      ...loops.flatMap(([, item, index, single]) => [item, index, single]),
    ]);
    // Behind a dot a name is a property, before a parenthesis a function of Bicep.
    const isOther = (name: string): boolean => new RegExp(`(?:\\.\\??${name}\\b|\\b${name}\\()`).test(file.root.text);
    return [...new Set(namesUsed(file.root))]
      .filter((name) => !declared.has(name) && !TYPE_NAMES.has(name) && !isOther(name))
      .map((name) => `${file.path} uses ${name}, which nothing declares`);
  });

/** Every rule by the sentence that it stands for. */
export const RULES: Readonly<Record<string, Rule>> = {
  'every file is Bicep without syntax errors': hasNoSyntaxErrors,
  'every resource type has rules': knowsEveryType,
  'every resource that takes tags has some': tagsWhatTakesTags,
  "every name stays within Azure's limits": namesFit,
  'every role assignment has principal, type, role, scope and a stable name': assignsRolesInFull,
  'nothing is open to the internet unless a parameter asks for it': opensNothingUnasked,
  'no output shows a secret': outputsNoSecret,
  'every secret parameter is @secure and has no default': guardsSecretParameters,
  'no app setting holds a secret': settingsHoldNoSecret,
  'keys are fetched for the vault only': fetchesKeysForTheVaultOnly,
  'Flex Consumption takes every property and setting of the app': asksFlexForWhatItTakes,
  'nothing is declared and left unused': usesWhatItDeclares,
  'nothing is used that is not declared': declaresWhatItUses,
};
