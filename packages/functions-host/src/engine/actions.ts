/** Numbers of the actions an orchestrator answers with, as the SDK's ActionType has them. */
export const ACTION = {
  callActivity: 0,
  callActivityWithRetry: 1,
  callChild: 2,
  callChildWithRetry: 3,
  continueAsNew: 4,
  createTimer: 5,
  waitForEvent: 6,
  callHttp: 8,
  whenAny: 11,
  whenAll: 12,
} as const;

/** When and how often a failed task is tried again. Times in milliseconds. */
export interface RetryOptions {
  readonly firstRetryIntervalInMilliseconds: number;
  readonly maxNumberOfAttempts: number;
  readonly backoffCoefficient?: number;
  readonly maxRetryIntervalInMilliseconds?: number;
}

/** One action of the SDK: an object of its classes, or what JSON leaves of one. */
export interface Action {
  readonly actionType: number;
  readonly functionName?: string;
  readonly input?: unknown;
  readonly instanceId?: string;
  readonly version?: string;
  readonly retryOptions?: RetryOptions;
  readonly fireAt?: string | Date;
  readonly isCanceled?: boolean;
  readonly httpRequest?: HttpCall;
  readonly compoundActions?: readonly Action[];
}

/** The request of `context.df.callHttp`. */
export interface HttpCall {
  readonly method: string;
  readonly uri: string;
  readonly content?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly tokenSource?: unknown;
  readonly asynchronousPatternEnabled?: boolean;
}

/** The leaves of an action list, depth first: the order in which the SDK gives out its task ids. */
export function flattenActions(actions: readonly Action[]): Action[] {
  const leaves: Action[] = [];
  const visit = (action: Action): void => {
    if (action.actionType === ACTION.whenAny || action.actionType === ACTION.whenAll) {
      for (const inner of action.compoundActions ?? []) visit(inner);
    } else {
      leaves.push(action);
    }
  };
  for (const action of actions) visit(action);
  return leaves;
}

/** Whether the SDK counts a task id for this leaf. */
export function takesTaskId(action: Action): boolean {
  return action.actionType !== ACTION.waitForEvent && action.actionType !== ACTION.continueAsNew;
}

/** Why these leaves cannot be carried out, in a sentence for the instance's output; undefined if they can. */
export function objectionTo(
  leaves: readonly Action[],
  seen: number,
  functions: { hasActivity(name: string): boolean; hasOrchestrator(name: string): boolean },
): string | undefined {
  for (const { actionType, functionName = '', httpRequest } of leaves.slice(seen)) {
    const isActivity = actionType === ACTION.callActivity || actionType === ACTION.callActivityWithRetry;
    const isChild = actionType === ACTION.callChild || actionType === ACTION.callChildWithRetry;
    if (isActivity && !functions.hasActivity(functionName)) return missing(functionName, 'activity');
    if (isChild && !functions.hasOrchestrator(functionName)) return missing(functionName, 'orchestrator');
    if (actionType === ACTION.callHttp && httpRequest?.tokenSource !== undefined && httpRequest.tokenSource !== null) {
      return 'callHttp with a token source is not supported by this host';
    }
    if (!(Object.values(ACTION) as number[]).includes(actionType)) {
      return `This host knows no durable entities (action ${actionType})`;
    }
  }
  return undefined;
}

function missing(name: string, kind: string): string {
  return `The function '${name}' doesn't exist, is disabled, or is not an ${kind} function`;
}
