/** Variables of a process, or settings that stand in for them, by name. */
export type Environment = Readonly<Record<string, string | undefined>>;
