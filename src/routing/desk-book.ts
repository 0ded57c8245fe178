import type { Tx } from '../access/actor.ts';
import type { Desk } from './desk.ts';
import { loadDesk } from './desk-store.ts';

/** The desk in memory of one process, read again when its version has moved. */
export interface DeskBook {
  readonly current: (tx: Tx, version: number) => Promise<Desk>;
}

export function createDeskBook(): DeskBook {
  let desk: Desk | undefined;
  return {
    current: async (tx, version) => {
      if (desk?.version !== version) desk = await loadDesk(tx);
      return desk;
    },
  };
}
