import type { z } from 'zod';
import { fieldsOf } from '../issues.ts';
import { UsageError } from './command.ts';

/** The same shapes as the API's: what one refuses the other does not take. @throws UsageError naming the fields */
export function checkShape<Shape extends z.ZodType>(shape: Shape, given: unknown, what: string): z.output<Shape> {
  const read = shape.safeParse(given);
  if (read.success) return read.data;
  throw new UsageError(`${what} cannot be made like this:`, fieldsOf(read.error.issues));
}
