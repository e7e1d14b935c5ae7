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

/** What is wrong with the lists of others than the API, as a sentence, or null. */
function faultInOthers(environment: Environment): string | null {
  const needsAddresses =
    environment['USE_DURABLE_TASK_SCHEDULER'] === 'true' && environment['USE_VIRTUAL_NETWORK'] === 'false';
  const scheduler = environment[SCHEDULER_VARIABLE] ?? '';
  if (needsAddresses && scheduler === '')
    return `${SCHEDULER_VARIABLE}: without a virtual network the app reaches the scheduler by its public endpoint, which must be told the addresses that may connect. Or set USE_VIRTUAL_NETWORK to true`;
  for (const variable of [SCHEDULER_VARIABLE, 'TARGET_ALLOWED_IP_RANGES']) {
    const list = environment[variable] ?? '';
    const fault = list === '' ? null : list === EVERYBODY ? `${EVERYBODY} is for the API only` : faultInAddresses(list);
    if (fault !== null) return `${variable}: ${fault}`;
  }
  return null;
}

/** Which addresses may call the API: those that the environment names, or those that a person agrees to. Never a guess. */
export async function chooseAddresses(environment: Environment, { ask, ownAddress }: Questions): Promise<Choice> {
  const elsewhere = faultInOthers(environment);
  if (elsewhere !== null) return { ok: false, message: `${elsewhere}.\n` };
  if (environment['PUBLIC_API'] === 'false')
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
