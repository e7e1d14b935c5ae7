/** Bounds of the integers that BSON and PostgreSQL have in common. */
export const INT32_MIN = -(2 ** 31);
export const INT32_MAX = 2 ** 31 - 1;
export const INT64_MIN = -(2n ** 63n);
export const INT64_MAX = 2n ** 63n - 1n;
/** A sign and 19 digits. */
export const MAX_INT64_CHARACTERS = 20;
