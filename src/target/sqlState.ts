/*
 * SQLSTATEs of the DocumentDB engine's PostgreSQL. What MongoDB has no code for, the engine answers with the state as PostgreSQL
 * packs it: six bits a character, the first one lowest (MAKE_SQLSTATE in PostgreSQL's utils/elog.h; cosmos-facts.md §13).
 */

/** Classes that PostgreSQL has (appendix A of its manual); other letters come of codes that pack nothing. */
const CLASS = /^(?:0[0389ABFLPZ]|2[0-8BDF]|3[489BDF]|4[024]|5[34578]|72|F0|HV|P0|XX)/;

/** What a server gets over by itself: lost sessions, undone transactions, restarts, too many sessions, locks. */
const PASSING = /^(?:08|40)|^57P0[1-5]$|^53300$|^55P03$/;

/** Codes under it are MongoDB's own, into which states of small digits and zeros would be packed. */
const LEAST_PACKED = 512;

/** The SQLSTATE that a server's code packs, such as `57P03` of 50463173; null for a code that packs none. */
export function sqlStateOf(code: number): string | null {
  if (!Number.isInteger(code) || code < LEAST_PACKED || code >= 64 ** 5) return null;
  let state = '';
  for (let left = code, place = 0; place < 5; place++, left = Math.floor(left / 64)) {
    state += String.fromCharCode('0'.charCodeAt(0) + (left % 64));
  }
  return /^[0-9A-Z]{5}$/.test(state) && CLASS.test(state) ? state : null;
}

/** Does the code pack a state that passes by itself? */
export function isPassingState(code: number): boolean {
  const state = sqlStateOf(code);
  return state !== null && PASSING.test(state);
}

/** A code for people, with the SQLSTATE that it packs: that is what the engine's log has. */
export function showCode(code: number): string {
  const state = sqlStateOf(code);
  return state === null ? `code ${code}` : `code ${code}, SQLSTATE ${state}`;
}
