import { isUtf8 } from 'node:buffer';
import { TrainerError } from '../../../core/errors.ts';

/** Encodings that files are read in. */
export type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252';

/** What the first bytes tell of the encoding. */
export interface EncodingGuess {
  readonly encoding: Encoding;
  /** Length of the byte order mark. */
  readonly markBytes: number;
}

/** Finds the encoding by the byte order mark, or by the zero bytes that UTF-16 gives to Western text; else UTF-8. */
export function guessEncoding(head: Uint8Array): EncodingGuess {
  if (head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf) return { encoding: 'utf-8', markBytes: 3 };
  if (head[0] === 0xff && head[1] === 0xfe) return { encoding: 'utf-16le', markBytes: 2 };
  if (head[0] === 0xfe && head[1] === 0xff) return { encoding: 'utf-16be', markBytes: 2 };
  const length = Math.min(head.length, 4096) & ~1;
  let [even, odd] = [0, 0];
  for (let i = 0; i < length; i += 2) {
    if (head[i] === 0) even++;
    if (head[i + 1] === 0) odd++;
  }
  const most = length * 0.3;
  if (length >= 4 && odd > most && even < most / 8) return { encoding: 'utf-16le', markBytes: 0 };
  if (length >= 4 && even > most && odd < most / 8) return { encoding: 'utf-16be', markBytes: 0 };
  return { encoding: 'utf-8', markBytes: 0 };
}

// 0x80 to 0x9f of the WHATWG index windows-1252; the rest is Latin-1.
const windows1252 =
  '\u20ac\u0081\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\u008d\u017d\u008f' +
  '\u0090\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\u009d\u017e\u0178';

/**
 * Bytes of another encoding as UTF-8.
 *
 * @throws {TrainerError} DATA_ENCODING for UTF-16 that is cut in the middle of a character or has lone surrogates.
 */
export function toUtf8(bytes: Uint8Array, encoding: Encoding): Buffer {
  if (encoding === 'utf-8') return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (encoding === 'windows-1252') {
    const out = Buffer.allocUnsafe(bytes.length * 3);
    let at = 0;
    for (const byte of bytes) {
      if (byte < 0x80) out[at++] = byte;
      else if (byte > 0x9f) {
        out[at++] = 0xc0 | (byte >> 6);
        out[at++] = 0x80 | (byte & 0x3f);
      } else at += out.write(windows1252[byte - 0x80]!, at);
    }
    return out.subarray(0, at);
  }
  let little: Uint8Array = bytes;
  if (encoding === 'utf-16be' && (bytes.length & 1) === 0) little = Buffer.from(bytes).swap16();
  try {
    if ((bytes.length & 1) === 1) throw new RangeError('an odd number of bytes');
    // In pieces, because one string can't hold a large file.
    const decoder = new TextDecoder('utf-16le', { fatal: true });
    const parts: Buffer[] = [];
    for (let at = 0; at < little.length; at += 1 << 26) {
      parts.push(Buffer.from(decoder.decode(little.subarray(at, at + (1 << 26)), { stream: true })));
    }
    parts.push(Buffer.from(decoder.decode()));
    return Buffer.concat(parts);
  } catch (cause) {
    throw new TrainerError(
      'DATA_ENCODING',
      `Expected ${encoding.toUpperCase()} text, got bytes that are none (cut in the middle of a character, or a lone ` +
        'surrogate). Save the file as UTF-8, or name its encoding: `reading: { encoding }` in the request.',
      { cause, details: { encoding } },
    );
  }
}

/** Bytes that are no UTF-8, and where the first one is; multi-byte characters that are valid. */
export interface Utf8Faults {
  readonly faults: number;
  readonly first: number;
  readonly characters: number;
}

/** Counts what is wrong and what is right with the multi-byte characters of a text. */
export function countUtf8Faults(bytes: Uint8Array): Utf8Faults {
  let [faults, first, characters] = [0, -1, 0];
  for (let i = 0; i < bytes.length; ) {
    const byte = bytes[i]!;
    if (byte < 0x80) {
      i++;
      continue;
    }
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    if (byte >= 0xc2 && byte < 0xf5 && isUtf8(bytes.subarray(i, i + length)) && i + length <= bytes.length) {
      characters++;
      i += length;
    } else {
      if (first < 0) first = i;
      faults++;
      i++;
    }
  }
  return { faults, first, characters };
}

/**
 * What to do with bytes that claim no encoding and are no UTF-8: Windows-1252, unless most of their multi-byte characters
 * are valid UTF-8, which makes them a damaged UTF-8 file.
 *
 * @throws {TrainerError} DATA_ENCODING
 */
export function decideFallback(bytes: Uint8Array, hasMark: boolean): Encoding {
  const { faults, first, characters } = countUtf8Faults(bytes);
  if (!hasMark && faults >= characters) return 'windows-1252';
  throw new TrainerError(
    'DATA_ENCODING',
    `Expected UTF-8, got ${faults} ${faults === 1 ? 'byte that is' : 'bytes that are'} none (the first at byte ${first}) ` +
      `among ${characters} valid characters beyond ASCII. Repair the file, or say \`reading: { encoding: 'windows-1252' }\` in the request.`,
    { details: { firstByte: first, faults, characters } },
  );
}
