import { BSON, type Document } from 'mongodb';
import { elementsOf, rawField, rawItems, withElements } from './rawBson.ts';
import { buildMsg, OP_MSG, type WireMessage } from './wire.ts';

/** The lists of the three write commands, by command. */
const WRITE_LISTS: Readonly<Record<string, string>> = { insert: 'documents', update: 'updates', delete: 'deletes' };

/** A command as it came: its own fields decoded, its writes left as bytes. */
export interface Command {
  readonly name: string;
  readonly database: string;
  /** `database.collection`, where the command names one. */
  readonly namespace: string;
  readonly fields: Document;
  readonly message: WireMessage;
  /** The writes of an insert, update or delete, wherever in the message they stood. */
  readonly writes: readonly Buffer[] | undefined;
}

/** Decodes a request. */
export function readCommand(message: WireMessage): Command {
  const [first] = elementsOf(message.body);
  const name = first?.name ?? '';
  const listName = WRITE_LISTS[name];
  const body =
    listName === undefined ? message.body : withElements(message.body, (element) => element.name !== listName);
  const fields = BSON.deserialize(body);
  const database = String(fields['$db'] ?? 'admin');
  const collection: unknown = name === 'getMore' ? fields['collection'] : fields[name];
  return {
    name,
    database,
    namespace: typeof collection === 'string' ? `${database}.${collection}` : `${database}.`,
    fields,
    message,
    writes: listName === undefined ? undefined : writesOf(message, listName),
  };
}

function writesOf(message: WireMessage, listName: string): Buffer[] {
  const sequence = message.sequences.find(([name]) => name === listName);
  if (sequence !== undefined) return [...sequence[1]];
  const raw = rawField(message.body, listName);
  return raw === undefined ? [] : rawItems(raw.subarray(1));
}

/** The message to send on: as it came, or with only some of its writes, and always one that is answered. */
export function forwardable(command: Command, writes?: readonly Buffer[]): Buffer {
  const { message } = command;
  const isUnchanged = writes === undefined || writes.length === command.writes?.length;
  if (isUnchanged && (message.opCode !== OP_MSG || !message.moreToCome)) return message.raw;
  const listName = WRITE_LISTS[command.name];
  const body =
    listName === undefined ? message.body : withElements(message.body, (element) => element.name !== listName);
  return buildMsg({
    requestId: message.requestId,
    responseTo: 0,
    body,
    sequences: listName === undefined ? message.sequences : [[listName, writes ?? command.writes ?? []]],
  });
}

/** How many documents a cursor's page in a raw answer holds. */
export function pageLength(answer: Buffer): number {
  const cursor = rawField(answer, 'cursor')?.subarray(1);
  if (cursor === undefined) return 0;
  const batch = rawField(cursor, 'firstBatch') ?? rawField(cursor, 'nextBatch');
  return batch === undefined ? 0 : rawItems(batch.subarray(1)).length;
}
