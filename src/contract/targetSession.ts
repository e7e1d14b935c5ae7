/**
 * What a server must be to be read from, in libpq's words:
 * https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNECT-TARGET-SESSION-ATTRS.
 */
export const TARGET_SESSIONS = ['any', 'read-write', 'read-only', 'primary', 'standby', 'prefer-standby'] as const;

export type TargetSession = (typeof TARGET_SESSIONS)[number];
