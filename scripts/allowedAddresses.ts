import { isIP } from 'node:net';

/** The whole internet, said on purpose. */
export const EVERYBODY = '*';

const MOST_BITS = { 4: 32, 6: 128 } as const;
type Version = keyof typeof MOST_BITS;

/** Addresses from the first to the last, as numbers. */
interface Range {
  readonly version: Version;
  readonly first: bigint;
  readonly last: bigint;
}

/**
 * What is wrong with a list of addresses that may connect, as a sentence, or null. A list is `*` alone, or addresses and
 * ranges in CIDR notation separated by commas; it is never empty, and its ranges are not the whole internet under another
 * name. `versions`: those of IP that the service takes.
 */
export function faultInAddresses(list: string, versions: readonly Version[] = [4, 6]): string | null {
  if (list === '') return 'The list of addresses is empty';
  if (list === EVERYBODY) return null;
  const ranges: Range[] = [];
  for (const entry of list.split(',')) {
    const range = readEntry(entry);
    if (typeof range === 'string') return range;
    if (!versions.includes(range.version))
      return `"${entry}" is of IPv${range.version}, which the service does not take: give addresses of IPv${versions.join(' or ')}`;
    ranges.push(range);
  }
  for (const version of versions) {
    if (isEverything(ranges, version))
      return `"${list}" is the whole internet of IPv${version}: say ${EVERYBODY} if that is meant`;
  }
  return null;
}

/** The range, or what is wrong with it. */
function readEntry(entry: string): Range | string {
  if (entry === EVERYBODY) return `${EVERYBODY} stands for everybody and goes alone`;
  const [address = '', bits, ...rest] = entry.split('/');
  const version = isIP(address);
  if ((version !== 4 && version !== 6) || rest.length > 0 || address !== address.trim() || address.includes('%'))
    return `"${entry}" is no address and no range such as 203.0.113.0/24; commas without spaces go between them`;
  const most = MOST_BITS[version];
  if (bits !== undefined && (!/^(?:0|[1-9]\d{0,2})$/.test(bits) || Number(bits) > most))
    return `"${entry}" is no range: behind the / goes a number up to ${most}, without a nought before it`;
  if (Number(bits) === 0) return `"${entry}" is the whole internet: say ${EVERYBODY} if that is meant`;
  const size = 1n << BigInt(most - Number(bits ?? most));
  const value = numberOf(address, version);
  // Firewalls of Azure take this address for all of its services.
  if (value === 0n && size === 1n)
    return `"${entry}" admits every service of Azure, those of other customers too: give the addresses that connect`;
  const first = value - (value % size);
  return { version, first, last: first + size - 1n };
}

function isEverything(ranges: readonly Range[], version: Version): boolean {
  const own = ranges.filter((range) => range.version === version).toSorted((a, b) => (a.first < b.first ? -1 : 1));
  let next = 0n;
  for (const { first, last } of own) {
    if (first > next) return false;
    if (last >= next) next = last + 1n;
  }
  return next === 1n << BigInt(MOST_BITS[version]);
}

/** An address as a number. */
function numberOf(address: string, version: Version): bigint {
  const parts = (text: string, separator: string) => (text === '' ? [] : text.split(separator));
  if (version === 4) return parts(address, '.').reduce((sum, part) => (sum << 8n) + BigInt(part), 0n);
  // The last 32 bits may stand as an address of IPv4.
  const [, head, tail] = /^(.*:)(\d+\.[\d.]+)$/.exec(address) ?? [null, address, null];
  const low = tail == null ? null : numberOf(tail, 4);
  const text = low === null ? address : `${head}${(low >> 16n).toString(16)}:${(low & 0xffffn).toString(16)}`;
  const [left = '', right = ''] = text.split('::');
  const [before, after] = [parts(left, ':'), parts(right, ':')];
  const groups = [...before, ...Array.from({ length: 8 - before.length - after.length }, () => '0'), ...after];
  return groups.reduce((sum, group) => (sum << 16n) + BigInt(`0x${group}`), 0n);
}
