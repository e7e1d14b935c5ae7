/** Parts of a connection string by their names in lower case; null where one is no name=value. */
function partsOf(text: string): ReadonlyMap<string, string> | null {
  const parts = text.split(';').filter((part) => part.trim() !== '');
  const pairs = parts.map((part) => /^\s*(\w+)=(.*)$/.exec(part));
  if (pairs.some((pair) => pair === null)) return null;
  return new Map(pairs.map((pair) => [(pair?.[1] ?? '').toLowerCase(), (pair?.[2] ?? '').trim()]));
}

/**
 * Can the storage client read it? It takes the emulator's word, an account with its key, or an endpoint with a shared access
 * signature: https://learn.microsoft.com/azure/storage/common/storage-configure-connection-string. What it cannot read it would
 * refuse at the first use only, as an answer of the service.
 */
export function isStorageConnection(text: string): boolean {
  const parts = partsOf(text);
  if (parts === null) return false;
  const part = (name: string): string => parts.get(name) ?? '';
  if (part('usedevelopmentstorage').toLowerCase() === 'true') return true;
  const endpoint = part('blobendpoint');
  if (endpoint !== '' && !/^https?:\/\/[^\s/]+/i.test(endpoint)) return false;
  if (part('accountkey') === '') return endpoint !== '' && part('sharedaccesssignature') !== '';
  const isReachable = endpoint !== '' || /^[\w.-]+$/.test(part('endpointsuffix'));
  return (
    isReachable &&
    /^https?$/i.test(part('defaultendpointsprotocol')) &&
    /^[\w-]+$/.test(part('accountname')) &&
    /^[A-Za-z0-9+/]+={0,2}$/.test(part('accountkey'))
  );
}
