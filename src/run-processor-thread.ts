/** Starts the processor's thread and starts it again when it dies. */
import { Worker } from 'node:worker_threads';
import { redact } from './db/open.ts';
import { causeChain } from './errors.ts';
import type { Processor } from './intake/processor.ts';
import type { Log } from './log.ts';
import type { FromThread, ThreadStart, ToThread } from './processor-messages.ts';

export interface ProcessorThread extends Processor {
  /** The embedded database came back on another port. */
  readonly follow: (port: number) => void;
}

export interface ThreadOptions {
  /** Asked at every start: the address may have moved. */
  readonly begin: () => ThreadStart;
  readonly onProcessed: (count: number) => void;
  readonly log: Log;
}

const AGAIN_MS = 500;
/** The batch under way may take as long as its statements may. */
const STOP_WITHIN_MS = 15_000;

export function runProcessorThread({ begin, onProcessed, log }: ThreadOptions): ProcessorThread {
  let worker: Worker | undefined;
  let again: NodeJS.Timeout | undefined;
  let stopping = false;

  const start = (): void => {
    const fresh = new Worker(new URL('./processor-thread.ts', import.meta.url), {
      workerData: begin(),
      // A batch is a few megabytes of short-lived texts: in the default nursery half of it would be kept too long.
      resourceLimits: { maxYoungGenerationSizeMb: 64 },
    });
    worker = fresh;
    fresh.on('message', ({ processed }: FromThread) => onProcessed(processed));
    fresh.on('error', (error) => log.error('processor.died', { causes: causeChain(redact(error)) }));
    fresh.on('exit', (code) => {
      worker = undefined;
      if (stopping) return;
      log.warn('processor.restarting', { code });
      again = setTimeout(start, AGAIN_MS);
    });
  };
  const say = (message: ToThread): void => worker?.postMessage(message);
  start();

  return {
    wake: () => say('wake'),
    follow: (port) => say({ movedTo: port }),
    stop: async () => {
      stopping = true;
      clearTimeout(again);
      const running = worker;
      if (running === undefined) return;
      const gone = new Promise<void>((resolve) => running.once('exit', () => resolve()));
      say('stop');
      const late = setTimeout(() => void running.terminate(), STOP_WITHIN_MS);
      await gone;
      clearTimeout(late);
    },
  };
}
