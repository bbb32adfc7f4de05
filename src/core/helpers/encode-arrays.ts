import { TrainerError } from '../errors.ts';

/** Typed arrays that a blob can hold. */
export type BlobArray = Float64Array | Float32Array | Int32Array | Uint32Array | Uint8Array;

const magic = 'TRAC';
const formatVersion = 1;
const alignment = 64;
const types = {
  float64: Float64Array,
  float32: Float32Array,
  int32: Int32Array,
  uint32: Uint32Array,
  uint8: Uint8Array,
} as const;
type TypeName = keyof typeof types;

interface ArrayEntry {
  readonly name: string;
  readonly type: TypeName;
  readonly length: number;
  /** From the start of the blob. */
  readonly offset: number;
}

interface Header {
  readonly formatVersion: number;
  readonly json: unknown;
  readonly arrays: readonly ArrayEntry[];
}

const align = (size: number): number => Math.ceil(size / alignment) * alignment;

/**
 * JSON and named typed arrays as one blob, in pieces to be written one after another: the letters TRAC, the header's
 * length (uint32), the header as JSON, then each array little-endian at a multiple of 64 bytes. The same content gives
 * the same bytes. The pieces share memory with the arrays.
 */
export function encodeArrays(json: unknown, arrays: Readonly<Record<string, BlobArray>>): Uint8Array[] {
  const names = Object.keys(arrays).sort();
  const encoder = new TextEncoder();
  const entriesFrom = (start: number): ArrayEntry[] => {
    let offset = start;
    return names.map((name) => {
      const array = arrays[name]!;
      const entry = { name, type: typeOf(array), length: array.length, offset };
      offset = align(offset + array.byteLength);
      return entry;
    });
  };
  const encode = (start: number): Uint8Array =>
    encoder.encode(JSON.stringify({ formatVersion, json, arrays: entriesFrom(start) } satisfies Header));
  // The offsets are inside the header whose length moves them: grow until they fit.
  let start = align(8 + encode(0).length);
  let header = encode(start);
  while (8 + header.length > start) {
    start += alignment;
    header = encode(start);
  }
  const head = new Uint8Array(start);
  head.set(encoder.encode(magic));
  new DataView(head.buffer).setUint32(4, header.length, true);
  head.set(header, 8);
  const parts: Uint8Array[] = [head];
  for (const name of names) {
    const array = arrays[name]!;
    parts.push(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
    const rest = align(array.byteLength) - array.byteLength;
    if (rest > 0) parts.push(new Uint8Array(rest));
  }
  return parts;
}

function typeOf(array: BlobArray): TypeName {
  for (const [name, type] of Object.entries(types)) if (array instanceof type) return name as TypeName;
  throw new TrainerError('INTERNAL', 'Expected a typed array that blobs can hold.');
}

/**
 * Reads a blob of {@link encodeArrays}; the arrays are views of `bytes` where these are aligned in memory, else copies.
 *
 * @throws {TrainerError} FORMAT_VERSION where a newer version wrote it, STORE_FAILED where it is cut or altered.
 */
export function decodeArrays(bytes: Uint8Array): {
  readonly json: unknown;
  readonly arrays: Readonly<Record<string, BlobArray>>;
} {
  const header = readHeader(bytes);
  const isAligned = bytes.byteOffset % 8 === 0;
  const source = isAligned ? bytes : bytes.slice();
  const arrays: Record<string, BlobArray> = Object.create(null);
  for (const entry of header.arrays) {
    const { name, type, length, offset } = entry;
    const Type = Object.hasOwn(types, type) ? types[type] : undefined;
    const isWhole = [length, offset].every((number) => Number.isSafeInteger(number) && number >= 0);
    if (Type === undefined || typeof name !== 'string' || !isWhole || offset % alignment !== 0) {
      throw damaged('an array is described wrongly');
    }
    if (offset + length * Type.BYTES_PER_ELEMENT > bytes.length) throw damaged('it is cut');
    arrays[name] = new Type(source.buffer as ArrayBuffer, source.byteOffset + offset, length);
  }
  return { json: header.json, arrays };
}

function readHeader(bytes: Uint8Array): Header {
  if (bytes.length < 8 || new TextDecoder().decode(bytes.subarray(0, 4)) !== magic) {
    throw damaged('it does not begin as one');
  }
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(4, true);
  if (8 + length > bytes.length) throw damaged('it is cut');
  let header: Header;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(8, 8 + length))) as Header;
  } catch {
    throw damaged('its header is no JSON');
  }
  if (typeof header !== 'object' || header === null || !Number.isInteger(header.formatVersion)) {
    throw damaged('its header has no version');
  }
  if (header.formatVersion > formatVersion) {
    throw new TrainerError(
      'FORMAT_VERSION',
      `Expected a columnar blob of format version ${formatVersion} or older, got ${header.formatVersion}. ` +
        'Read it with the version that wrote it, or a newer one.',
      { details: { expected: formatVersion, received: header.formatVersion } },
    );
  }
  if (!Array.isArray(header.arrays)) throw damaged('its header lists no arrays');
  return header;
}

/** The error of a blob that can't be trusted. */
export function damaged(what: string): TrainerError {
  return new TrainerError('STORE_FAILED', `Expected a columnar blob, got bytes that are none: ${what}.`, {
    details: { what },
  });
}
