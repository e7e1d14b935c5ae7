import type { Document } from 'mongodb';

/** `hello`, as drivers of any age spell it. */
export function isHello(name: string): boolean {
  return name === 'hello' || name.toLowerCase() === 'ismaster';
}

/**
 * The server's answer to `hello` as it must leave the proxy. No compression is offered, so that every message can be read;
 * no topologyVersion, so that no driver asks for a stream of answers; a replica set's hosts are the proxy alone.
 */
export function rewriteHello(
  answer: Document,
  own: { readonly flavour: 'ru' | 'mongodb'; readonly address: string; readonly maxDocumentBytes: number },
): Document {
  const { compression: _compression, topologyVersion: _topologyVersion, ...rest } = answer;
  if (own.flavour === 'mongodb') {
    if (rest['setName'] === undefined) return rest;
    return {
      ...rest,
      hosts: [own.address],
      me: own.address,
      ...(rest['primary'] === undefined ? {} : { primary: own.address }),
    };
  }
  const { msg: _msg, ...known } = rest;
  return {
    ...known,
    // A driver that was given `replicaSet=globaldb`, a single host or `directConnection` finds a primary in this.
    setName: 'globaldb',
    setVersion: 1,
    secondary: false,
    hosts: [own.address],
    primary: own.address,
    me: own.address,
    tags: { region: 'West Europe' },
    maxWriteBatchSize: 1_000,
    maxBsonObjectSize: own.maxDocumentBytes,
  };
}
