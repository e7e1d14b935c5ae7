/** The layouts that documents can have, by the names that users give, the default first. */
export const LAYOUT_NAMES = ['tables', 'mlflow'] as const;

export type LayoutName = (typeof LAYOUT_NAMES)[number];

/** What is taken where a request names none. */
export const DEFAULT_LAYOUT: LayoutName = 'tables';
