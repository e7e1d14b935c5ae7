import { MigrationError } from '../errors.ts';
import { CODE, refusalText } from './failureKind.ts';
import { isPassingState, showCode, sqlStateOf } from './sqlState.ts';

/** Names by which request-unit accounts are reached; their answers name an activity also where another name leads to them. */
const REQUEST_UNIT_HOST = /\.(?:mongo\.cosmos|documents)\.azure\.(?:com|us|cn)\b/i;

/** What Cosmos DB says of a request that its firewall has stopped, and from where it came. Addresses of this side are no values. */
const FIREWALL = /originated from (?:(?:client )?IP ([0-9a-f.:]+)|(client VNET))/i;

/**
 * What a code of the server means at the places where this program meets it, on the flavour that answers: one code stands for
 * several things, and the text that tells them apart may quote values, so that only its fixed words are looked for
 * (cosmos-facts.md §1, §6, §13). `isCharged`: the target is known to have request units, whatever its name and its answer tell.
 * Null for a code that has no meaning of its own here.
 */
export function serverRefusal(error: unknown, code: number, display: string, isCharged = false): MigrationError | null {
  const text = refusalText(error);
  const isRequestUnits = isCharged || REQUEST_UNIT_HOST.test(display) || /ActivityId|\bError=\d+,/.test(text);
  const refused = (message: string, hint: string) =>
    new MigrationError('target-refused', `The target ${display} ${message} (${showCode(code)})`, {
      hint,
      cause: error,
    });
  const unreachable = (message: string, hint: string) =>
    new MigrationError('target-unreachable', `The target ${display} ${message} (${showCode(code)})`, {
      hint,
      cause: error,
    });
  switch (code) {
    case CODE.unauthorized:
      if (/unique index cannot be modified/i.test(text)) return refused(...FIXED_UNIQUE_INDEX);
      if (/storage quota/i.test(text)) {
        return refused('has no room left', 'Raise the storage of the account or collection, or choose another target');
      }
      return isRequestUnits ? deniedByAccount(text, refused) : refused('denies the user an action', NEEDS_READ_WRITE);
    case CODE.badValue:
      if (/unique index cannot be modified/i.test(text)) return refused(...FIXED_UNIQUE_INDEX);
      if (/retryable writes are not supported/i.test(text)) {
        return refused('takes no retryable writes', 'Write retryWrites=false into the target URI');
      }
      if (/order[- ]by (?:item|query)/i.test(text)) {
        return refused(
          'has no index for an order that is asked for',
          'Start the migration again, which makes the indexes that are missing; an indexing policy of the account may leave them out',
        );
      }
      return refused(
        'refused a command or a document as not valid',
        'A document over the size limit of the server is one cause, a server version that does not know an option another: compare the version with those in the README',
      );
    case CODE.internalError:
      return unreachable(
        'met an internal error',
        'It is tried again for a while; the log of the server tells what it was',
      );
    case CODE.exceededTimeLimit:
      return unreachable(
        'did not finish a request within its own time limit',
        isRequestUnits
          ? 'Raise the throughput of the target, or lower --batch-size; then go on with --resume'
          : 'The server is overloaded or waits for something: look at its running operations, then go on with --resume',
      );
    case CODE.cursorNotFound:
      return unreachable(
        'has dropped a cursor that was read from',
        'It was restarted, or closes cursors early: go on with --resume',
      );
    case CODE.viewNotSupported:
      return refused(
        'has a view in the place of a collection',
        'Choose another target database, or rename or drop the view: db.getCollectionInfos({ type: "view" }) lists them',
      );
    case CODE.indexBuildUnderWay:
      return unreachable(
        'builds another index of the same collection',
        'Wait until the build has ended, then go on with --resume',
      );
    case CODE.outOfDiskSpace:
      return refused('has no room left on its disk', 'Make room on the disk of the server, then go on with --resume');
    case CODE.illegalOperation:
      return refused(
        'refused a command as not allowed',
        'Write retryWrites=false into the target URI, where the server does not support retryable writes',
      );
    default:
      if (isPassingState(code)) return unreachable(...passingState(String(sqlStateOf(code))));
      if (sqlStateOf(code) === DISK_FULL) {
        return refused('has no room left on its disk', 'Give the cluster more storage, then go on with --resume');
      }
      return null;
  }
}

/** SQLSTATE of the DocumentDB engine's PostgreSQL without room. */
const DISK_FULL = '53100';

/** What the DocumentDB engine's PostgreSQL gets over by itself, by its SQLSTATE. */
function passingState(state: string): [message: string, hint: string] {
  if (state === '53300') {
    return [
      'has no session of its PostgreSQL to spare',
      'Lower maxPoolSize in the target URI, or choose a larger tier',
    ];
  }
  if (state === '55P03' || state.startsWith('40')) {
    return ['gave a request up for another one', 'Look which operations run there, then go on with --resume'];
  }
  return [
    'cannot serve now: its PostgreSQL restarts or fails over',
    'Go on with --resume once it serves again; the log of the cluster tells why it does not',
  ];
}

const NEEDS_READ_WRITE = 'Give the user the role readWrite on the target database';

const FIXED_UNIQUE_INDEX: [message: string, hint: string] = [
  'adds no unique index to a collection that is there already',
  'Empty the target with --drop-target, so that the index is made together with its collection',
];

/** Request units have this code for whatever forbids a request: the network stands before the key. */
function deniedByAccount(text: string, refused: (message: string, hint: string) => MigrationError): MigrationError {
  const [, address, network] = FIREWALL.exec(text) ?? [];
  const from = address ?? network;
  if (from !== undefined || /firewall/i.test(text)) {
    return refused(
      `lets nobody in from ${from ?? 'this address'}: its firewall stops the request`,
      'Admit the address under Networking of the account, or use its private endpoint; a change takes up to 15 minutes',
    );
  }
  return refused(
    'denies the request',
    'In this order: does the firewall of the account (Networking) admit this address? Is the key in the URI a read-write one, not a read-only key? Was the key regenerated since?',
  );
}
