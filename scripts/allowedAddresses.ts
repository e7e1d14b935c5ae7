import { isIP } from 'node:net';

/** The whole internet, said on purpose. */
export const EVERYBODY = '*';

const MOST_BITS = { 4: 32, 6: 128 } as const;

/**
 * What is wrong with a list of addresses that may connect, as a sentence, or null. A list is `*` alone, or addresses and
 * ranges in CIDR notation separated by commas; it is never empty, and no range is the whole internet under another name.
 */
export function faultInAddresses(list: string): string | null {
  if (list === '') return 'The list of addresses is empty';
  if (list === EVERYBODY) return null;
  for (const entry of list.split(',')) {
    const fault = faultInEntry(entry);
    if (fault !== null) return fault;
  }
  return null;
}

function faultInEntry(entry: string): string | null {
  if (entry === EVERYBODY) return `${EVERYBODY} stands for everybody and goes alone`;
  const [address = '', bits, ...rest] = entry.split('/');
  const version = isIP(address);
  if ((version !== 4 && version !== 6) || rest.length > 0 || address !== address.trim())
    return `"${entry}" is no address and no range such as 203.0.113.0/24; commas without spaces go between them`;
  if (bits === undefined) return null;
  if (!/^\d{1,3}$/.test(bits) || Number(bits) > MOST_BITS[version])
    return `"${entry}" is no range: behind the / goes a number up to ${MOST_BITS[version]}`;
  return Number(bits) === 0 ? `"${entry}" is the whole internet: say ${EVERYBODY} if that is meant` : null;
}
