/** A row that this batch counted on has changed meanwhile: nothing is written, the batch is decided again. */
export class Overtaken extends Error {
  override readonly name = 'Overtaken';
}
