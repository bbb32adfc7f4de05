import { TrainerError } from '../core/errors.ts';

/** Calls of one network, done one after another in the order they came; one that fails does not keep the next from its turn. */
export class CallQueue {
  #tail: Promise<unknown> = Promise.resolve();
  #isOpen = true;

  /**
   * Does work in its turn. While it waits for that, an abort settles it at once and it is never begun; once it has begun, it looks at the signal itself.
   *
   * @throws {TrainerError} REQUEST_INVALID after {@link CallQueue.close}; RUN_ABORTED
   */
  async add<T>(work: () => Promise<T>, signal?: AbortSignal, message?: () => string): Promise<T> {
    if (!this.#isOpen) throw new TrainerError('REQUEST_INVALID', 'The network was disposed of; compile it again.');
    const aborted = (): TrainerError =>
      new TrainerError(
        'RUN_ABORTED',
        message?.() ?? 'The call was aborted through its signal; the network is as it was.',
        { cause: signal?.reason },
      );
    if (signal?.aborted) throw aborted();
    return new Promise<T>((resolve, reject) => {
      const giveUp = (): void => reject(aborted());
      signal?.addEventListener('abort', giveUp, { once: true });
      const turn = this.#tail.then(async () => {
        signal?.removeEventListener('abort', giveUp);
        if (signal?.aborted) return;
        try {
          resolve(await work());
        } catch (error) {
          reject(error);
        }
      });
      this.#tail = turn;
    });
  }

  /** Takes no more calls, and waits for those that are there. Returns whether it was open. */
  async close(): Promise<boolean> {
    const wasOpen = this.#isOpen;
    this.#isOpen = false;
    await this.#tail;
    return wasOpen;
  }
}
