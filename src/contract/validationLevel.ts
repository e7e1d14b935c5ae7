/** How much of the result is checked: nothing, counts and what goes with them, or every document as well. */
export const VALIDATION_LEVELS = ['none', 'counts', 'full'] as const;

export type ValidationLevel = (typeof VALIDATION_LEVELS)[number];
