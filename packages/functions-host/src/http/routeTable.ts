import type { RegisteredFunction } from '../worker/functionRegistry.ts';
import { compileRoute, type RouteTemplate } from './routeTemplate.ts';

/** Which key a function asks for. */
export type AuthLevel = 'anonymous' | 'function' | 'admin';

interface Route {
  readonly target: RegisteredFunction;
  readonly template: RouteTemplate;
  readonly methods: ReadonlySet<string>;
  readonly authLevel: AuthLevel;
}

/** The function that answers a request, and the parameters that its route took from the path. */
export interface RouteMatch {
  readonly target: RegisteredFunction;
  readonly authLevel: AuthLevel;
  readonly parameters: Readonly<Record<string, string>>;
}

/** The HTTP functions of the app by route. */
export class RouteTable {
  readonly #prefix: string;
  readonly #routes: Route[];

  /** `prefix` is host.json's `extensions.http.routePrefix`. Throws for a route or auth level it cannot read. */
  constructor(functions: readonly RegisteredFunction[], prefix: string) {
    this.#prefix = prefix.replace(/^\/|\/$/g, '').toLowerCase();
    this.#routes = functions
      .filter((target) => target.triggerType === 'httptrigger')
      .map(toRoute)
      .sort((left, right) => (left.template.rank < right.template.rank ? -1 : 1));
  }

  /** Each function as `GET,POST /api/route/{parameter}`, for people; the more specific routes first. */
  describe(): string[] {
    const start = this.#prefix === '' ? '/' : `/${this.#prefix}/`;
    return this.#routes.map(({ target, methods }) => `${[...methods].join(',')} ${start}${routeOf(target)}`);
  }

  /** `path` is the path of the URL, still encoded. Undefined when no function has that path and method. */
  match(method: string, path: string): RouteMatch | undefined {
    const start = this.#prefix === '' ? '/' : `/${this.#prefix}/`;
    if (!`${path}/`.toLowerCase().startsWith(start)) return undefined;
    const rest = path.slice(start.length);
    for (const { target, template, methods, authLevel } of this.#routes) {
      if (!methods.has(method)) continue;
      const parameters = template.match(rest);
      if (parameters !== undefined) return { target, authLevel, parameters };
    }
    return undefined;
  }
}

function routeOf({ name, trigger }: RegisteredFunction): string {
  return trigger.route ?? name;
}

function toRoute(target: RegisteredFunction): Route {
  const { methods = ['GET', 'POST'], authLevel = 'anonymous' } = target.trigger;
  const level = authLevel.toLowerCase();
  if (level !== 'anonymous' && level !== 'function' && level !== 'admin') {
    throw new Error(`Function "${target.name}" has the unknown auth level "${authLevel}"`);
  }
  return {
    target,
    template: compileRoute(routeOf(target)),
    methods: new Set(methods.map((method) => method.toUpperCase())),
    authLevel: level,
  };
}
