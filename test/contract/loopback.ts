import type { Heard, Outbound, RemoteFile } from '../../src/channel.ts';

/**
 * A provider on the loopback: it speaks the real protocol and enforces the documented rules, so that `send`, `fetch`
 * and `listen` are tested without the outside world. One for each channel that has any of the three, in
 * `test/contract/<id>/loopback.ts`, listed in `loopbacks.ts`.
 */
export interface Loopback {
  /** Settings of an endpoint that talks to this loopback. */
  readonly settings: Record<string, unknown>;
  /** Somebody who may be written to. */
  readonly to: Outbound['to'];
  /** What the clients have got, oldest first. */
  readonly got: () => readonly Got[];
  /**
   * What the provider does with the next `send`: refuse for now, refuse for good, or take it and lose the answer on the
   * way back. After that it behaves again.
   */
  readonly misbehave: (how: 'later' | 'refuse' | 'lose-answer') => void;
  /** With a `fetch`: a file that is there, and one that is gone. */
  readonly files?: { readonly here: RemoteFile; readonly bytes: Uint8Array; readonly gone: RemoteFile };
  /** With a `listen`: a client writes this text. Resolves when the provider has it. */
  readonly arrive?: (text: string) => Promise<void>;
  /** With a `listen`: does this delivery carry that text? */
  readonly carries?: (heard: Heard, text: string) => boolean;
  /** With a `listen`: the provider drops every connection, as it does now and then. */
  readonly drop?: () => Promise<void>;
  readonly close: () => Promise<void>;
}

export interface Got {
  readonly text: string;
  readonly files: readonly { readonly name: string; readonly bytes: Uint8Array }[];
}

/** What a channel's test hands to the suite. */
export type OpenLoopback = () => Promise<Loopback>;
