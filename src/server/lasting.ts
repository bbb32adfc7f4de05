/** Tells what lasts from what passes: so once it was so for some time without a break, until it was not for as long. */
export class Lasting {
  readonly #ms: number;
  #since: number | undefined;
  #isSo = false;

  constructor(ms: number) {
    this.#ms = ms;
  }

  /** Whether it has been so for long enough, and has not been otherwise for as long. */
  get isSo(): boolean {
    return this.#isSo;
  }

  /**
   * Notes how it is at some time.
   *
   * @param begins - whether it is so, where it was not
   * @param stays - whether it is still so, where it was
   */
  note(begins: boolean, stays: boolean, now: number): void {
    if ((this.#isSo ? stays : begins) === this.#isSo) {
      this.#since = undefined;
      return;
    }
    this.#since ??= now;
    if (now - this.#since < this.#ms) return;
    this.#isSo = !this.#isSo;
    this.#since = undefined;
  }
}
