import { TrainerError } from '../../../core/errors.ts';
import type { RawTexts } from './texts.ts';

/** Distinct texts up to which a column is kept as codes while it is read; beyond, as bytes. Only a choice of speed. */
export const codesLimit = 20_000;
const maxBytes = 0xffff_ffff;

/** UTF-8 texts one after another; a row's end is where the next one starts. */
export class BytesBuilder {
  offsets = new Uint32Array(1025);
  bytes = new Uint8Array(1 << 16);

  /** Makes room for `length` bytes at `row`, and returns where they start. */
  reserve(row: number, length: number): number {
    if (row + 2 > this.offsets.length) {
      const offsets = new Uint32Array(Math.ceil(this.offsets.length * 1.6) + 2);
      offsets.set(this.offsets);
      this.offsets = offsets;
    }
    const start = this.offsets[row]!;
    const end = start + length;
    if (end > this.bytes.length) {
      if (end > maxBytes) {
        throw new TrainerError('DATA_TOO_WIDE', 'One text column holds more than 4 GiB. Leave it out, or set maxRows.');
      }
      const bytes = new Uint8Array(Math.min(maxBytes, Math.max(end, Math.ceil(this.bytes.length * 1.6))));
      bytes.set(this.bytes.subarray(0, start));
      this.bytes = bytes;
    }
    this.offsets[row + 1] = end;
    return start;
  }

  finish(rowCount: number): RawTexts {
    const offsets = this.offsets.slice(0, rowCount + 1);
    return { type: 'bytes', offsets, bytes: this.bytes.slice(0, offsets[rowCount] ?? 0) };
  }
}

/** Collects the texts of one column, as codes while they repeat and as bytes when they don't. */
export class TextBuilder {
  #codes = new Int32Array(1024);
  #dictionary: string[] = [];
  #lookup = new Map<string, number>();
  #long: BytesBuilder | undefined;
  #dictionaryLength = 0;
  rowCount = 0;

  push(text: string): void {
    const row = this.rowCount++;
    if (this.#long !== undefined) {
      this.#append(row, text);
      return;
    }
    if (row >= this.#codes.length) {
      const codes = new Int32Array(this.#codes.length * 2);
      codes.set(this.#codes);
      this.#codes = codes;
    }
    if (text === '') {
      this.#codes[row] = -1;
      return;
    }
    let code = this.#lookup.get(text);
    if (code === undefined) {
      code = this.#dictionary.length;
      this.#dictionary.push(text);
      this.#lookup.set(text, code);
      this.#dictionaryLength += text.length;
    }
    this.#codes[row] = code;
    if (code >= codesLimit || this.#dictionaryLength > 64 << 20) this.#toBytes();
  }

  #toBytes(): void {
    this.#long = new BytesBuilder();
    for (let row = 0; row < this.rowCount; row++) {
      const code = this.#codes[row]!;
      this.#append(row, code < 0 ? '' : this.#dictionary[code]!);
    }
    this.#codes = new Int32Array(0);
    this.#dictionary = [];
    this.#lookup = new Map();
  }

  #append(row: number, text: string): void {
    const length = Buffer.byteLength(text);
    const start = this.#long!.reserve(row, length);
    Buffer.from(this.#long!.bytes.buffer, start, length).write(text);
  }

  finish(): RawTexts {
    if (this.#long !== undefined) return this.#long.finish(this.rowCount);
    return { type: 'codes', codes: this.#codes.slice(0, this.rowCount), dictionary: this.#dictionary };
  }
}
