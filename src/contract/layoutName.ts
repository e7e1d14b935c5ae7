/** The layouts that documents can have, by the names that users give, the default first. */
export const LAYOUT_NAMES = ['tables', 'mlflow'] as const;

export type LayoutName = (typeof LAYOUT_NAMES)[number];

/** What a layout does with tables, where its definitions are not made yet. */
export interface LayoutTraits {
  /** Do several tables share a collection? Then all of them are read, whichever are chosen, and two choices of tables may meet in one. */
  readonly sharesCollections: boolean;
  /** Can one workspace be carried alone? */
  readonly choosesWorkspace: boolean;
}

/** By name, so that the compiler asks for those of a new one. */
export const LAYOUT_TRAITS: Readonly<Record<LayoutName, LayoutTraits>> = {
  tables: { sharesCollections: false, choosesWorkspace: false },
  mlflow: { sharesCollections: true, choosesWorkspace: true },
};

/** Those that can carry one workspace alone. */
export const WORKSPACE_LAYOUTS = LAYOUT_NAMES.filter((name) => LAYOUT_TRAITS[name].choosesWorkspace);

/** What is taken where a request names none. */
export const DEFAULT_LAYOUT: LayoutName = 'tables';
