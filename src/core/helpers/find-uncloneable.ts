/** A value within another one that can not be sent to another process, and where it is. */
export interface Uncloneable {
  /** As one would write it: `options.model.load`. */
  readonly path: string;
  readonly got: string;
}

/** What crosses whole: structured clones keep it. */
const crossing = new Set(
  'Array,Map,Set,Date,RegExp,ArrayBuffer,DataView,Boolean,Number,String,Error'
    .split(',')
    .concat(
      'Int8Array,Uint8Array,Uint8ClampedArray,Int16Array,Uint16Array,Int32Array,Uint32Array'.split(','),
      'Float32Array,Float64Array,BigInt64Array,BigUint64Array'.split(','),
    ),
);

/** What a value is that does not cross; undefined for what does. */
function strangeness(value: unknown): string | undefined {
  if (typeof value === 'function' || typeof value === 'symbol') return `a ${typeof value}`;
  if (typeof value !== 'object' || value === null) return undefined;
  const kind = Object.prototype.toString.call(value).slice('[object '.length, -1);
  if (crossing.has(kind)) return undefined;
  if (kind !== 'Object') return `a ${kind}`;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === null || prototype === Object.prototype) return undefined;
  // Its fields would arrive, and its methods would not.
  const { name } = ((prototype as object).constructor ?? {}) as { readonly name?: unknown };
  return typeof name === 'string' && name !== '' ? `an instance of ${name}` : 'an object with a prototype of its own';
}

const memberOf = (path: string, key: string): string =>
  /^[A-Za-z_$][\w$]*$/.test(key) ? `${path}.${key}` : `${path}[${JSON.stringify(key)}]`;

/** The first part of a value that can not be sent to another process as it is: a function, a symbol, an object with methods. */
export function findUncloneable(value: unknown, path: string): Uncloneable | undefined {
  const seen = new Set<unknown>();
  const look = (part: unknown, at: string): Uncloneable | undefined => {
    const got = strangeness(part);
    if (got !== undefined) return { path: at, got };
    if (typeof part !== 'object' || part === null || ArrayBuffer.isView(part) || seen.has(part)) return undefined;
    seen.add(part);
    const members: readonly (readonly [string, unknown])[] =
      part instanceof Map
        ? [...part].flatMap(([key, one], i) => [
            [`${at} (key ${i})`, key] as const,
            [`${at} (value ${i})`, one] as const,
          ])
        : part instanceof Set
          ? [...part].map((one, i) => [`${at} (value ${i})`, one] as const)
          : Object.entries(part).map(
              ([key, one]) => [Array.isArray(part) ? `${at}[${key}]` : memberOf(at, key), one] as const,
            );
    for (const [where, one] of members) {
      const found = look(one, where);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  return look(value, path);
}
