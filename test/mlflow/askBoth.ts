import { runPython } from './runPython.ts';
import type { Sampling, Servers } from './servers.ts';

const TIMEOUT_MS = 60 * 60_000;

/** What two servers answered. */
export interface Answers {
  readonly questions: number;
  readonly different: number;
  readonly areas: Readonly<Record<string, { readonly different: number }>>;
  readonly examples: readonly { readonly question: string; readonly parts: readonly string[] }[];
}

/** What is asked, and of whom. */
export interface Asked {
  /** Addresses. */
  readonly sql: string;
  readonly mongodb: string;
  readonly sampling: Sampling;
  /** For the SQL side alone: two SQL servers need it on both, which self-checks do without. */
  readonly workspace?: string | undefined;
  /** Ids of experiments in MongoDB by those that the rows have got on the way back. */
  readonly experiments?: Readonly<Record<string, string>>;
}

/** Asks two servers the same questions. */
export async function askBoth(
  servers: Servers,
  { sql, mongodb, sampling, workspace, experiments }: Asked,
): Promise<Answers> {
  const { step, offset } = sampling;
  const argv = ['questions.py', '--sql', sql, '--mongodb', mongodb, '--step', String(step), '--offset', String(offset)];
  if (workspace !== undefined) argv.push('--workspace', workspace);
  if (experiments !== undefined) argv.push('--back', JSON.stringify(experiments));
  return (await runPython(servers, argv, {}, TIMEOUT_MS)) as Answers;
}

/** The first questions that were answered differently, for people. */
export function examplesOf(answers: Answers): string[] {
  return answers.examples.map(({ question, parts }) => [question, ...parts].join('\n    '));
}
