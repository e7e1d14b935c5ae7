/**
 * The slice of `@azure/functions-core` that the host offers and uses: the real module ships inside Azure's Node worker and
 * publishes no package, so its shapes are written down here as far as `@azure/functions` 4.16 looks at them.
 */

/** One value on its way into or out of a function (RpcTypedData); at most one member is set, none means `undefined`. */
export interface TypedData {
  readonly string?: string;
  readonly json?: string;
  readonly bytes?: Uint8Array;
  readonly int?: number;
  readonly double?: number;
  readonly http?: HttpData;
}

/** A nullable scalar as protobuf wraps it. */
export interface Nullable<T> {
  readonly value?: T;
}

/** A request on its way in (method, url, nullable*) or a response on its way out (statusCode, headers, cookies). */
export interface HttpData {
  readonly method?: string;
  readonly url?: string;
  readonly nullableHeaders?: Record<string, Nullable<string>>;
  readonly nullableParams?: Record<string, Nullable<string>>;
  readonly nullableQuery?: Record<string, Nullable<string>>;
  readonly statusCode?: string;
  readonly headers?: Record<string, string>;
  readonly cookies?: readonly HttpCookie[];
  readonly body?: TypedData | null;
}

/** A cookie of a response as the library hands it over; `expires` is in seconds since 1970. */
export interface HttpCookie {
  readonly name: string;
  readonly value: string;
  readonly domain?: Nullable<string>;
  readonly path?: Nullable<string>;
  readonly expires?: Nullable<{ readonly seconds: number }>;
  readonly secure?: Nullable<boolean>;
  readonly httpOnly?: Nullable<boolean>;
  readonly sameSite?: string;
  readonly maxAge?: Nullable<number>;
}

/** A value and the binding it belongs to. */
export interface NamedData {
  readonly name: string;
  readonly data: TypedData;
}

/** As the worker sends a binding to the host; of all that it says only what this host reads. */
export interface BindingInfo {
  readonly type?: string;
  readonly direction?: string;
  readonly route?: string;
  readonly methods?: readonly string[];
  readonly authLevel?: string;
}

/** A function as the library registers it. */
export interface FunctionMetadata {
  readonly name: string;
  readonly functionId?: string;
  readonly bindings: Readonly<Record<string, BindingInfo>>;
}

/** The app's own code; its arguments are what the library makes of the invocation. */
export type FunctionCallback = (...args: unknown[]) => unknown;
export type HookCallback = (context: Record<string, unknown>) => unknown;

/** What the library needs to know of one invocation; `state` tells it which phase is running. */
export interface CoreInvocationContext {
  readonly invocationId: string;
  readonly metadata: FunctionMetadata;
  readonly request: {
    readonly invocationId: string;
    readonly functionId: string;
    readonly inputData: readonly NamedData[];
    readonly triggerMetadata: Readonly<Record<string, TypedData>>;
  };
  state: 'preInvocationHooks' | 'invocation' | 'postInvocationHooks' | undefined;
  log(level: string, category: string, text: string): void;
}

/** What the library makes of what the code gave back: values of output bindings by name, and its own. */
export interface InvocationResponse {
  readonly invocationId: string;
  readonly outputData?: readonly { readonly name: string; readonly data?: TypedData | null }[];
  readonly returnValue?: TypedData | null;
}

/** The library's side of one invocation. */
interface InvocationModel {
  getArguments(): Promise<{ context: unknown; inputs: unknown[] }>;
  invokeFunction(context: unknown, inputs: unknown[], callback: FunctionCallback): Promise<unknown>;
  getResponse(context: unknown, result: unknown): Promise<InvocationResponse>;
}

/** The library itself, as it introduces itself with `setProgrammingModel`. */
export interface ProgrammingModel {
  readonly name: string;
  readonly version: string;
  getInvocationModel(context: CoreInvocationContext): InvocationModel;
  getCapabilities?(capabilities: Record<string, string>): Promise<Record<string, string>>;
}
