import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { TrainerError } from '../../core/errors.ts';

/** What a key may do: predict (and read the signature), read metrics, or administer (which includes both). */
export type KeyScope = 'predict' | 'outcomes' | 'metrics' | 'admin';

/** A key as it is stored: its hash, never itself. */
export interface ApiKey {
  readonly name: string;
  readonly scopes: readonly KeyScope[];
  /** SHA-256 in hexadecimal digits. */
  readonly sha256: string;
}

const scopes: readonly KeyScope[] = ['predict', 'outcomes', 'metrics', 'admin'];

const hashOf = (key: string): Buffer => createHash('sha256').update(key).digest();

/**
 * Makes a key of 256 random bits, which is why a plain hash of it may be stored. The key itself is shown once, here.
 *
 * @throws {TrainerError} REQUEST_INVALID
 */
export function createApiKey(
  name: string,
  granted: readonly KeyScope[],
): { readonly key: string; readonly stored: ApiKey } {
  const key = `ta_${randomBytes(32).toString('base64url')}`;
  const stored = { name, scopes: [...granted], sha256: hashOf(key).toString('hex') };
  parseKeys(JSON.stringify({ keys: [stored] }));
  return { key, stored };
}

/**
 * Reads a file of keys: `{"keys": [{"name", "scopes", "sha256"}]}`.
 *
 * @throws {TrainerError} REQUEST_INVALID naming the position of what is wrong, never what stands there.
 */
export function parseKeys(text: string): readonly ApiKey[] {
  const wrong = (what: string): TrainerError =>
    new TrainerError(
      'REQUEST_INVALID',
      `Expected keys as {"keys": [{"name": …, "scopes": ["predict"], "sha256": …}]}: ${what}. Make one with: traineragent key`,
    );
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw wrong('it is not JSON');
  }
  const keys = (parsed as { keys?: unknown } | null)?.keys;
  if (!Array.isArray(keys)) throw wrong('there is no list of keys');
  return keys.map((item: unknown, i) => {
    const { name, scopes: granted, sha256 } = (item ?? {}) as Record<string, unknown>;
    if (typeof name !== 'string' || !/^[\w.-]{1,64}$/.test(name))
      throw wrong(`key ${i} needs a name of letters, digits, dots and dashes, up to 64`);
    if (
      !Array.isArray(granted) ||
      granted.length === 0 ||
      !granted.every((scope) => scopes.includes(scope as KeyScope))
    )
      throw wrong(`key ${i} needs scopes out of ${scopes.join(', ')}`);
    if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256))
      throw wrong(`key ${i} needs a sha256 of 64 digits`);
    return { name, scopes: granted as readonly KeyScope[], sha256 };
  });
}

/** Whether a key may do something: the key's name where it may. */
export type KeyCheck =
  | { readonly name: string }
  | { readonly problem: 'KEY_MISSING' | 'KEY_INVALID' | 'SCOPE_MISSING' };

/** Makes the check of keys. Every stored hash is compared, each in constant time. */
export function createKeyCheck(
  keys: readonly ApiKey[],
): (authorization: string | undefined, scope: KeyScope) => KeyCheck {
  const stored = keys.map(({ name, scopes: granted, sha256 }) => ({ name, granted, hash: Buffer.from(sha256, 'hex') }));
  return (authorization, scope) => {
    const key = /^Bearer +([\w.~+/=-]{1,512}) *$/i.exec(authorization ?? '')?.[1];
    if (key === undefined) return { problem: 'KEY_MISSING' };
    const hash = hashOf(key);
    let found: (typeof stored)[number] | undefined;
    for (const candidate of stored) if (timingSafeEqual(candidate.hash, hash)) found = candidate;
    if (found === undefined) return { problem: 'KEY_INVALID' };
    if (!found.granted.includes(scope) && !found.granted.includes('admin')) return { problem: 'SCOPE_MISSING' };
    return { name: found.name };
  };
}
