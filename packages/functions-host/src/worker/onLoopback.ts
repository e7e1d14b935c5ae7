import { Server } from 'node:net';

/**
 * Runs work during which a server that names no address listens on loopback only. The library's own server for streams
 * names none: it would stand open on every interface of the machine, and firewalls would ask the user about it.
 */
export async function onLoopback<T>(work: () => Promise<T>): Promise<T> {
  const listen = Server.prototype.listen as (this: Server, ...parameters: unknown[]) => Server;
  const onlyHere = function (this: Server, ...parameters: unknown[]): Server {
    const namesNothing = parameters.length === 0 || typeof parameters[0] === 'function';
    return listen.apply(this, namesNothing ? [{ port: 0, host: 'localhost' }, ...parameters] : parameters);
  };
  Server.prototype.listen = onlyHere as Server['listen'];
  try {
    return await work();
  } finally {
    Server.prototype.listen = listen as Server['listen'];
  }
}
