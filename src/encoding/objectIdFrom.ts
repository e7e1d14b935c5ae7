import { ObjectId } from 'bson';

/** An ObjectId as a driver takes it in a filter, from its 24 hex digits. */
export function objectIdFrom(hex: string): unknown {
  return ObjectId.createFromHexString(hex);
}
