import { PbfReader } from 'pbf';
import type { TrainerError } from '../core/errors.ts';
import { modelFault } from './model-fault.ts';

/** Bytes of the longest name that is accepted; those of exporters are paths of some hundred characters. */
const longestName = 1000;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** How a field is written (protobuf's wire types; groups are not read). */
type WireType = 0 | 1 | 2 | 5;

/** The error of bytes that are no protobuf message of the expected form. */
export function malformed(what: string): TrainerError {
  return modelFault('MODEL_INVALID', `The file is no valid ONNX model: ${what}.`);
}

/**
 * Reads protobuf that nobody vouches for: the varints, floats and positions are pbf's, and every length and wire type is
 * checked before it is used, because pbf itself reads past the end of messages and of the file without complaint.
 */
export class WireReader {
  readonly #pbf: PbfReader;
  readonly #end: number;
  readonly #depth: number;
  /** Shared by all readers of one file. */
  readonly #budget: { left: number };
  #type: WireType = 0;
  /** Numbers of the fields that may come once and came. */
  readonly #seen = new Set<number>();

  private constructor(pbf: PbfReader, end: number, depth: number, budget: { left: number }) {
    this.#pbf = pbf;
    this.#end = end;
    this.#depth = depth;
    this.#budget = budget;
  }

  /** A reader of a whole file that makes at most `elements` numbers (texts, byte strings and messages count eight). */
  static of(bytes: Uint8Array, elements: number): WireReader {
    return new WireReader(new PbfReader(bytes), bytes.length, 0, { left: elements });
  }

  /** Calls `read` with each field's number; what it leaves unread is skipped, after its length was checked. */
  fields(read: (field: number) => void): void {
    const pbf = this.#pbf;
    while (pbf.pos < this.#end) {
      const tag = this.#number();
      const type = tag % 8;
      const field = (tag - type) / 8;
      if (field < 1 || field > 536870911) throw malformed(`field number ${field} is out of range`);
      if (type !== 0 && type !== 1 && type !== 2 && type !== 5) throw malformed(`wire type ${type} is not allowed`);
      this.#type = type;
      const start = pbf.pos;
      read(field);
      if (pbf.pos === start) this.#skip();
    }
    if (pbf.pos !== this.#end) throw malformed('a message is longer than its stated length');
  }

  /** Refuses a second occurrence: parsers merge or replace repeated single fields, and need not agree on which. */
  once(field: number): void {
    if (this.#seen.has(field)) throw malformed(`field ${field} comes twice where it may come once`);
    this.#seen.add(field);
  }

  message<T>(read: (reader: WireReader) => T): T {
    if (this.#depth >= 64) throw malformed('messages are nested deeper than 64 levels');
    this.#spend(8);
    const end = this.#lengthEnd();
    const value = read(new WireReader(this.#pbf, end, this.#depth + 1, this.#budget));
    if (this.#pbf.pos !== end) throw malformed('a message is not read to its end');
    return value;
  }

  /** The bytes themselves, not a copy. */
  bytes(): Uint8Array {
    this.#spend(8);
    const end = this.#lengthEnd();
    const bytes = this.#pbf.buf.subarray(this.#pbf.pos, end);
    this.#pbf.pos = end;
    return bytes;
  }

  /** A name, which messages may repeat; other texts may be of any length. */
  text(mostBytes = longestName): string {
    const bytes = this.bytes();
    if (bytes.length > mostBytes)
      throw malformed(`a name has ${bytes.length} bytes; at most ${mostBytes} are accepted`);
    try {
      return utf8.decode(bytes);
    } catch {
      throw malformed('a name or text is not valid UTF-8');
    }
  }

  float(): number {
    this.#expect(5);
    this.#need(4);
    return this.#pbf.readFloat();
  }

  /** An int64 that must be a safe integer (dimensions, versions, kinds). */
  integer(): number {
    this.#expect(0);
    const value = Number(this.#varint());
    if (!Number.isSafeInteger(value)) throw malformed('an integer exceeds 2^53');
    return value;
  }

  int64(): bigint {
    this.#expect(0);
    return BigInt(this.#varint());
  }

  /** One more element, or a packed run of them. */
  floats(into: number[]): void {
    if (this.#type !== 2) {
      this.#spend(1);
      into.push(this.float());
      return;
    }
    const end = this.#lengthEnd();
    if ((end - this.#pbf.pos) % 4 !== 0) throw malformed('a list of floats has a broken length');
    this.#spend((end - this.#pbf.pos) / 4);
    while (this.#pbf.pos < end) into.push(this.#pbf.readFloat());
  }

  doubles(into: number[]): void {
    if (this.#type !== 2) {
      this.#spend(1);
      this.#expect(1);
      this.#need(8);
      into.push(this.#pbf.readDouble());
      return;
    }
    const end = this.#lengthEnd();
    if ((end - this.#pbf.pos) % 8 !== 0) throw malformed('a list of doubles has a broken length');
    this.#spend((end - this.#pbf.pos) / 8);
    while (this.#pbf.pos < end) into.push(this.#pbf.readDouble());
  }

  /** Numbers where they are safe, else bigint. */
  int64s(into: (number | bigint)[]): void {
    if (this.#type !== 2) {
      this.#spend(1);
      this.#expect(0);
      into.push(this.#varint());
      return;
    }
    const end = this.#lengthEnd();
    while (this.#pbf.pos < end) {
      this.#spend(1);
      const first = this.#pbf.buf[this.#pbf.pos]!;
      if (first < 0x80) {
        into.push(first);
        this.#pbf.pos++;
      } else into.push(this.#varint());
    }
    if (this.#pbf.pos !== end) throw malformed('a list of integers has a broken length');
  }

  #spend(count: number): void {
    this.#budget.left -= count;
    if (this.#budget.left < 0) throw malformed('it has more elements than are accepted');
  }

  /** A tag or a length, which are unsigned. */
  #number(): number {
    const value = this.#varint();
    return value < 0 ? Number(BigInt.asUintN(64, BigInt(value))) : Number(value);
  }

  /** An int64: a number where that is exact, else a bigint. pbf's own gives a double, which loses the low bits beyond 2^53. */
  #varint(): number | bigint {
    const pbf = this.#pbf;
    const start = pbf.pos;
    let end = start;
    while (end < this.#end && pbf.buf[end]! > 0x7f) end++;
    if (end >= this.#end || end - start > 9) throw malformed('an integer is cut or longer than 10 bytes');
    if (end - start < 7) return pbf.readVarint();
    let value = 0n;
    for (let i = end; i >= start; i--) value = (value << 7n) | BigInt(pbf.buf[i]! & 0x7f);
    pbf.pos = end + 1;
    const signed = BigInt.asIntN(64, value);
    const number = Number(signed);
    return Number.isSafeInteger(number) ? number : signed;
  }

  #lengthEnd(): number {
    this.#expect(2);
    const length = this.#number();
    this.#need(length);
    return this.#pbf.pos + length;
  }

  #need(length: number): void {
    if (length > this.#end - this.#pbf.pos) throw malformed('it is cut: a field is longer than what is left');
  }

  #expect(type: WireType): void {
    if (this.#type !== type) throw malformed(`a field has wire type ${this.#type} where ${type} is expected`);
  }

  #skip(): void {
    if (this.#type === 0) this.#varint();
    else if (this.#type === 2) this.#pbf.pos = this.#lengthEnd();
    else {
      const length = this.#type === 5 ? 4 : 8;
      this.#need(length);
      this.#pbf.pos += length;
    }
  }
}
