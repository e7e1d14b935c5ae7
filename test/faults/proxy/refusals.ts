import { randomUUID } from 'node:crypto';

/** Whether answers to throttled requests say how long to wait. */
export type Hints = 'always' | 'never' | 'sometimes';

/** A refusal's text and what it told: undefined where it says nothing of waiting. */
export interface Refusal {
  readonly message: string;
  readonly toldMs: number | undefined;
}

const REASON =
  'Request rate is large. More Request Units may be needed, so no changes were made. Please retry this request later.';

/** The texts seen in the field (cosmos-facts §5), those with a waiting time first. */
const WITH_HINT: ReadonlyArray<(waitMs: number) => string> = [
  (waitMs) =>
    `Error=16500, RetryAfterMs=${waitMs}, Details='Response status code does not indicate success: TooManyRequests (429); ` +
    `Substatus: 3200; ActivityId: ${randomUUID()}; Reason: (\r\nErrors : [\r\n  "${REASON}"\r\n]\r\n);`,
  (waitMs) =>
    `Error=16500, RetryAfterMs=${waitMs}, Details='Response status code does not indicate success: TooManyRequests (429); ` +
    `Substatus: 3200; ActivityId: ${randomUUID()}; Reason: ({\r\n  "Errors": [\r\n    "${REASON}"\r\n  ]\r\n});`,
  (waitMs) => `Error=16500, RetryAfterMs=${waitMs}, Details='Batch write error.'`,
];
const WITHOUT_HINT: ReadonlyArray<() => string> = [
  () => `Error=16500, Details='Insert error.'`,
  () => `Message: {"Errors":["Request rate is large"]}\r\nActivityId: ${randomUUID()}, Request URI: /apps/a/services/b`,
];

/** One of the shapes in which RU accounts refuse, by chance. `waitMs` is the true time until the request would fit. */
export function throttleRefusal(waitMs: number, hints: Hints, random: () => number): Refusal {
  const shapes = WITH_HINT.length + WITHOUT_HINT.length;
  const told = hints === 'always' || (hints === 'sometimes' && random() * shapes < WITH_HINT.length);
  if (told) return { message: pick(WITH_HINT, random)(waitMs), toldMs: waitMs };
  return { message: pick(WITHOUT_HINT, random)(), toldMs: undefined };
}

function pick<T>(items: readonly T[], random: () => number): T {
  return items[Math.floor(random() * items.length)] as T;
}

/** A whole command's failure, as the `ok: 0` document that the server answers. */
export interface CommandFailure {
  readonly code: number;
  readonly codeName: string;
  readonly errmsg: string;
}

export const RETRYABLE_WRITES: CommandFailure = {
  code: 2,
  codeName: 'BadValue',
  errmsg:
    'Retryable writes are not supported. Please disable retryable writes by specifying "retrywrites=false" in the connection string or an equivalent driver specific config.',
};

export const TIMED_OUT: CommandFailure = {
  code: 50,
  codeName: 'ExceededTimeLimit',
  errmsg: 'Request timed out. Retries due to rate limiting: True.',
};

export const TOO_LARGE =
  'Error=16, Details=\'Response status code does not indicate success: RequestEntityTooLarge (413); Substatus: 0; Reason: (Message: {"Errors":["Request size is too large"]});';
