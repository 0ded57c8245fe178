import type { Tx } from '../access/actor.ts';

/**
 * Held shared by every batch that routes, alone by whoever takes a queue away: no lead goes to a queue that is gone.
 */
const DESK_LOCK = 0x6465736b; // "desk"

/** For a batch, before it learns which version of the desk is valid. Shared locks wait for nobody but a deletion. */
export async function holdDesk(tx: Tx): Promise<void> {
  await tx`select pg_advisory_xact_lock_shared(${DESK_LOCK})`;
}

/** For a deletion: waits for the batches under way, and makes the next ones wait for its commit. */
export async function holdDeskAlone(tx: Tx): Promise<void> {
  await tx`select pg_advisory_xact_lock(${DESK_LOCK})`;
}
