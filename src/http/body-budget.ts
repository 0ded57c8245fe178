/**
 * What all bodies that are being read may take together. Each has its own limit, but a hundred senders who stop just
 * short of 12 MB would hold a gigabyte for as long as they may take. Small bodies are free, so that nobody can shut the
 * door for forms without files by filling it with large ones.
 */
export interface BodyBudget {
  /** A new body: call `grow` with its length so far. False: there is no room just now. */
  readonly open: () => { readonly grow: (length: number) => boolean; readonly close: () => void };
}

const FREE_BYTES = 64 << 10;
const MAX_BYTES = 128 << 20;

export function createBodyBudget(maxBytes: number = MAX_BYTES): BodyBudget {
  let used = 0;
  return {
    open: () => {
      let held = 0;
      return {
        grow: (length) => {
          const wanted = Math.max(0, length - FREE_BYTES);
          if (used - held + wanted > maxBytes) return false;
          used += wanted - held;
          held = wanted;
          return true;
        },
        close: () => {
          used -= held;
          held = 0;
        },
      };
    },
  };
}
