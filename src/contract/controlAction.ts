/** What an operator can do to a migration under way: routes, subcommands and buttons bear these names. */
export const CONTROL_ACTIONS = ['suspend', 'resume', 'cutover', 'cancel'] as const;

export type ControlAction = (typeof CONTROL_ACTIONS)[number];
