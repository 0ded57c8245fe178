/** What the server and its processor thread say to each other. */
export interface ThreadStart {
  readonly url: string;
  readonly masterKeys: readonly Uint8Array[];
  readonly publicUrl: string;
  readonly logLevel: string;
}

export type ToThread = 'wake' | 'stop' | { readonly movedTo: number };

export interface FromThread {
  readonly processed: number;
}
