import { ValueFault } from '../../../../encoding/valueFault.ts';

const TIMESTAMP = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.([0-9]+))?Z$/;

/** Milliseconds of a timestamp as protobuf writes it; null where there is none. Throws {@link ValueFault} where it is none, or tells more than milliseconds. */
export function millisecondsOf(text: string | null): bigint | null {
  if (text === null) return null;
  const decimals = TIMESTAMP.exec(text);
  const time = decimals === null ? Number.NaN : Date.parse(text);
  if (Number.isNaN(time)) throw new ValueFault('one of its times is no timestamp of RFC 3339 in UTC');
  if (/[1-9]/.test(decimals?.[1]?.slice(3) ?? ''))
    throw new ValueFault('one of its times tells more than milliseconds');
  return BigInt(time);
}
