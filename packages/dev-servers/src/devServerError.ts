/** `setup`: the machine lacks something that whoever calls can bring. `start`: a server was started and gave up. */
export type DevServerFault = 'setup' | 'start';

/** A server that is not there to use. `message` says why, `hint`, where there is more to say, what to do about it. */
export class DevServerError extends Error {
  override readonly name: string = 'DevServerError';
  readonly fault: DevServerFault;
  readonly hint: string | undefined;

  constructor(fault: DevServerFault, message: string, init: { hint?: string; cause?: unknown } = {}) {
    super(message, init.cause === undefined ? undefined : { cause: init.cause });
    this.fault = fault;
    this.hint = init.hint;
  }
}
