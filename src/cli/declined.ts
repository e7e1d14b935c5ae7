/** Somebody was asked and said no: `message` is the one line that is shown. Nothing failed, so there is no report of it. */
export class Declined extends Error {}
