import type { Json } from '../core/helpers/canonical-json.ts';

/** One number (or word, or hash) that was reported, and what was found when it was computed again. */
export interface VerifyCheck {
  readonly name: string;
  readonly reported: number | string;
  readonly found: number | string;
  readonly ok: boolean;
}

type Leaf = number | string | boolean | null;

/** How two values are held against each other. */
export interface Comparison {
  /** Greatest difference relative to max(1, magnitude). @default 0 */
  readonly tolerance?: number;
  /** Paths that get a line each, also where they agree; the others share one. */
  readonly shown?: (path: string, reported: number | string | boolean | null | undefined) => boolean;
}

/** What is not there. */
const absent = 'nothing';

/** One check of one value. */
export function checkOf(name: string, reported: Leaf | undefined, found: Leaf | undefined, tolerance = 0): VerifyCheck {
  return { name, reported: shownLeaf(reported), found: shownLeaf(found), ok: isSame(reported, found, tolerance) };
}

/**
 * Compares two JSON values leaf by leaf: a line for every leaf that differs and for every one that is to be shown, and one
 * line that counts the rest.
 */
export function compareJson(
  name: string,
  reported: Json | undefined,
  found: Json | undefined,
  { tolerance = 0, shown = () => false }: Comparison = {},
): VerifyCheck[] {
  const before = leavesOf(reported);
  const after = leavesOf(found);
  const checks: VerifyCheck[] = [];
  let same = 0;
  for (const path of new Set([...before.keys(), ...after.keys()])) {
    const check = checkOf(`${name} ${path}`.trimEnd(), before.get(path), after.get(path), tolerance);
    if (!check.ok || shown(path, before.get(path))) checks.push(check);
    else same++;
  }
  if (same > 0) {
    const rest = checks.length > 0 ? `${name} (the rest)` : name;
    checks.push({ name: rest, reported: `${same} values`, found: `${same} values`, ok: true });
  }
  return checks;
}

function leavesOf(value: Json | undefined, path = '', into = new Map<string, Leaf>()): Map<string, Leaf> {
  if (value === undefined) return into;
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) leavesOf(item as Json, `${path}[${index}]`, into);
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, item] of Object.entries(value)) leavesOf(item as Json, path === '' ? key : `${path}.${key}`, into);
  } else into.set(path, value as Leaf);
  return into;
}

function isSame(reported: Leaf | undefined, found: Leaf | undefined, tolerance: number): boolean {
  if (typeof reported !== 'number' || typeof found !== 'number') return reported === found;
  return (
    reported === found || Math.abs(reported - found) <= tolerance * Math.max(1, Math.abs(reported), Math.abs(found))
  );
}

const shownLeaf = (leaf: Leaf | undefined): number | string =>
  leaf === undefined ? absent : typeof leaf === 'number' ? leaf : String(leaf);
