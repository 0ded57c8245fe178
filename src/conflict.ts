/** What is asked for does not fit what is there now: 409. The message tells the person what to do about it. */
export class Conflict extends Error {
  override readonly name = 'Conflict';
}
