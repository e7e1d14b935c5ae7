import type { Owner } from '../../contract/ownership.ts';
import { KeptProof } from '../../contract/proof.ts';

/** The proof that the last whole migration has left in the target's record; null where there is none, or one of another release. */
export function keptProof({ proof }: Pick<Owner, 'proof'>): KeptProof | null {
  try {
    const { success, data } = KeptProof.safeParse(proof === undefined ? null : JSON.parse(proof));
    return success ? data : null;
  } catch {
    return null;
  }
}
