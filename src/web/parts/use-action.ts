import { type QueryKey, useMutation, useQueryClient } from '@tanstack/react-query';
import { tellDone, tellProblem } from './tell.ts';

interface Options<Answer, Wanted> {
  /** What to read again afterwards, whether it worked or not. */
  readonly refresh?: readonly QueryKey[];
  readonly done?: string;
  readonly onDone?: (answer: Answer, wanted: Wanted) => void | Promise<void>;
  /** Returns true when it has told the person itself. */
  readonly onProblem?: (error: unknown, wanted: Wanted) => boolean;
}

/** A change that a person asked for: runs it, says how it went, reads again what it changed. */
export function useAction<Answer, Wanted = void>(
  run: (wanted: Wanted) => Promise<Answer>,
  options: Options<Answer, Wanted> = {},
) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: run,
    onSuccess: async (answer, wanted) => {
      if (options.done !== undefined) tellDone(options.done);
      await options.onDone?.(answer, wanted);
    },
    onError: (error, wanted) => {
      if (options.onProblem?.(error, wanted) !== true) tellProblem(error);
    },
    onSettled: () => {
      for (const queryKey of options.refresh ?? []) void client.invalidateQueries({ queryKey });
    },
  });
}
