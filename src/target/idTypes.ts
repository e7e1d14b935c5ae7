import { ObjectId } from 'mongodb';

/**
 * The least `_id` of each type that a layout's documents have: strings and ObjectIds. Comparisons of a query stay within one type, so
 * that a collection is gone through once for each.
 */
export const LOWEST_IDS: readonly (string | ObjectId)[] = ['', new ObjectId('0'.repeat(24))];

/** Finds what somebody else put there under an `_id` of any other type. */
export const OF_OTHER_TYPES = { _id: { $not: { $type: ['string', 'objectId'] } } };
