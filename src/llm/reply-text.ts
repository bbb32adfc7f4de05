import { modelError } from './model-error.ts';

/** The text of a reply while it arrives. */
export class ReplyText {
  readonly #name: string;
  readonly #limit: number;
  #text = '';

  constructor(name: string, limit: number) {
    this.#name = name;
    this.#limit = limit;
  }

  /** @throws {TrainerError} LLM_REPLY_TOO_LONG */
  add(piece: unknown): void {
    if (typeof piece !== 'string') return;
    if (this.#text.length + piece.length > this.#limit)
      throw modelError(
        'LLM_REPLY_TOO_LONG',
        this.#name,
        `the reply grew past ${this.#limit} characters and was stopped`,
      );
    this.#text += piece;
  }

  get value(): string {
    return this.#text;
  }
}
