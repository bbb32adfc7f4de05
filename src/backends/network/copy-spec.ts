import { TrainerError } from '../../core/errors.ts';
import { reading } from '../given.ts';

/** Levels that a description may have: far more than a network has, and fewer than an object that contains itself. */
const mostLevels = 100;

/** What something is that can't be described by data, for an error; undefined for what can. */
function strangeness(value: unknown): string | undefined {
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'symbol') return 'a symbol';
  if (typeof value === 'bigint') return 'a bigint';
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Uint8Array)
    return undefined;
  const kind = Object.prototype.toString.call(value).slice('[object '.length, -1);
  return kind === 'Object' ? undefined : `a ${kind}`;
}

/** The place of a member, as one would write it. */
const memberOf = (path: string, key: string): string =>
  /^[A-Za-z_$][\w$]*$/.test(key) ? `${path}.${key}` : `${path}[${JSON.stringify(key)}]`;

/**
 * A copy of the description of a network or a training, as it may go to another process or machine: numbers, texts, lists and objects of these. Bytes, those of
 * a file, are shared: they may be most of the memory.
 *
 * @param path what it is, for errors
 * @param bytes what stands for bytes. @default themselves
 * @throws {TrainerError} REQUEST_INVALID naming the place of a function or of another object that is no data
 */
export function copySpec<T>(value: T, path: string, bytes: (own: Uint8Array) => unknown = (own) => own): T {
  const copy = (part: unknown, at: string, levels: number): unknown => {
    const got =
      levels > mostLevels ? `more than ${mostLevels} levels, as of an object that contains itself` : strangeness(part);
    if (got !== undefined) {
      throw new TrainerError(
        'REQUEST_INVALID',
        `Expected ${at} to be plain data (numbers, texts, true or false, lists and objects of these), got ${got}. ` +
          'Networks and trainings are described by data, so that they can be stored and sent to another process.',
        { details: { path: at } },
      );
    }
    if (typeof part !== 'object' || part === null) return part;
    if (part instanceof Uint8Array) return bytes(part);
    if (Array.isArray(part)) return part.map((one, i) => copy(one, `${at}[${i}]`, levels + 1));
    const entries = Object.entries(part).map(([key, one]) => [key, copy(one, memberOf(at, key), levels + 1)] as const);
    return Object.fromEntries(entries);
  };
  return reading(`the ${path}`, () => copy(value, path, 0) as T);
}
