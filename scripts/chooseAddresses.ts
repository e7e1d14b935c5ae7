import { EVERYBODY, faultInAddresses } from './allowedAddresses.ts';

/** The azd environment, by variable. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What the choice needs of the world. */
export interface Questions {
  /** Asks on the terminal; null where there is none, or no answer came. */
  readonly ask: (question: string) => Promise<string | null>;
  /** The address by which this machine is seen outside, or null. */
  readonly ownAddress: () => Promise<string | null>;
}

/** `list` is to be stored where `isNew`; `message` is for the person in front of it. */
export type Choice =
  | { readonly ok: true; readonly list: string | null; readonly isNew: boolean; readonly message: string }
  | { readonly ok: false; readonly message: string };

export const VARIABLE = 'API_ALLOWED_IP_RANGES';
const ATTEMPTS = 3;

const HOW = `Give addresses or ranges that may call the API and deploy to it:
  azd env set ${VARIABLE} "203.0.113.7/32,198.51.100.0/24"
The whole internet is ${EVERYBODY}, and then the function key is all that guards the API:
  azd env set ${VARIABLE} "${EVERYBODY}"
An API inside the virtual network only:
  azd env set PUBLIC_API false
`;

const told = (list: string): string =>
  list === EVERYBODY
    ? 'The API takes calls from the whole internet, by function key.\n'
    : `The API takes calls, and azd deploy uploads, from: ${list}\n`;

const SCHEDULER_VARIABLE = 'DURABLE_TASK_SCHEDULER_ALLOWED_IP_RANGES';

const isOff = (value: string | undefined): boolean => value?.toLowerCase() === 'false';

/** What the environment asks for that cannot be together: the template would make something else, without a word. */
function contradictionIn(environment: Environment): string | null {
  const hasNetwork = !isOff(environment['USE_VIRTUAL_NETWORK']);
  if (isOff(environment['PUBLIC_API']) && !hasNetwork)
    return 'PUBLIC_API is false and USE_VIRTUAL_NETWORK is false too: an API that is not public is reached through the virtual network. Set USE_VIRTUAL_NETWORK to true, or PUBLIC_API to true with API_ALLOWED_IP_RANGES';
  const access = environment['POSTGRES_ACCESS'] || 'none';
  if ((access === 'firewall' || access === 'privateEndpoint') && !hasNetwork)
    return `POSTGRES_ACCESS is ${access}, which goes through the virtual network, and USE_VIRTUAL_NETWORK is false. Set USE_VIRTUAL_NETWORK to true, or POSTGRES_ACCESS to azureServices or none`;
  if (access !== 'none' && !environment['POSTGRES_SERVER_NAME'])
    return `POSTGRES_ACCESS is ${access} and POSTGRES_SERVER_NAME names no server whose way is to be opened. Set it to the server's name without its domain, or POSTGRES_ACCESS to none`;
  return null;
}

/** What is wrong with the lists of others than the API, as a sentence, or null. */
function faultInOthers(environment: Environment): string | null {
  const needsAddresses =
    environment['USE_DURABLE_TASK_SCHEDULER']?.toLowerCase() === 'true' && isOff(environment['USE_VIRTUAL_NETWORK']);
  const scheduler = environment[SCHEDULER_VARIABLE] ?? '';
  if (needsAddresses && scheduler === '')
    return `${SCHEDULER_VARIABLE}: without a virtual network the app reaches the scheduler by its public endpoint, which must be told the addresses that may connect. Or set USE_VIRTUAL_NETWORK to true`;
  // Both kinds of target take IPv4 alone (ipRules of Cosmos DB, start and end of a rule of DocumentDB).
  for (const [variable, versions] of [
    [SCHEDULER_VARIABLE, [4, 6]],
    ['TARGET_ALLOWED_IP_RANGES', [4]],
  ] as const) {
    const list = environment[variable] ?? '';
    const isForApi = list === EVERYBODY;
    const fault = list === '' ? null : isForApi ? `${EVERYBODY} is for the API only` : faultInAddresses(list, versions);
    if (fault !== null) return `${variable}: ${fault}`;
  }
  return null;
}

/** Which addresses may call the API: those that the environment names, or those that a person agrees to. Never a guess. */
export async function chooseAddresses(environment: Environment, { ask, ownAddress }: Questions): Promise<Choice> {
  const elsewhere = contradictionIn(environment) ?? faultInOthers(environment);
  if (elsewhere !== null) return { ok: false, message: `${elsewhere}.\n` };
  if (isOff(environment['PUBLIC_API']))
    return { ok: true, list: null, isNew: false, message: 'The API has no public endpoint.\n' };
  const given = environment[VARIABLE] ?? '';
  if (given !== '') {
    const fault = faultInAddresses(given);
    if (fault !== null) return { ok: false, message: `${VARIABLE}: ${fault}.\n${HOW}` };
    return { ok: true, list: given, isNew: false, message: told(given) };
  }
  const own = await ownAddress();
  const proposal = own === null ? '' : `${own}/${own.includes(':') ? 128 : 32}`;
  let faults = '';
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const shown = proposal === '' ? '' : ` [${proposal}, where you seem to be]`;
    const answer = await ask(
      `${faults}Addresses that may call the API and deploy to it, ${EVERYBODY} for all${shown}: `,
    );
    if (answer === null) break;
    const list = answer.trim() === '' ? proposal : answer.trim();
    const fault = faultInAddresses(list);
    if (fault === null) return { ok: true, list, isNew: true, message: told(list) };
    faults = `${fault}.\n`;
  }
  return { ok: false, message: `${VARIABLE} says nothing: who may call the API must be said.\n${HOW}` };
}
