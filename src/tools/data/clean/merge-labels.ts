import type { LabelMerge } from './cleaning-plan.ts';

/** A spelling of another case is a variant only where it has at most this share of the main spelling's rows. */
const variantShare = 0.25;

/**
 * Finds class labels that are spellings of one: they differ in white space at the ends, in runs of it, or in case. Case
 * alone may mean something ("A" and "a" as letters), so two frequent spellings of different case stay apart and are told.
 */
export function mergeLabels(counts: ReadonlyMap<string, number>): {
  readonly merges: readonly LabelMerge[];
  readonly similar: readonly (readonly string[])[];
} {
  const groups = new Map<string, string[]>();
  for (const label of [...counts.keys()].sort()) {
    const key = squeeze(label).toLowerCase();
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [label]);
    else group.push(label);
  }
  const merges: LabelMerge[] = [];
  const similar: string[][] = [];
  const rowsOf = (label: string): number => counts.get(label)!;
  for (const group of groups.values()) {
    if (group.length < 2) continue;
    const byRows = group.toSorted((left, right) => rowsOf(right) - rowsOf(left) || (left < right ? -1 : 1));
    const kept: { to: string; from: string[] }[] = [];
    for (const label of byRows) {
      const home = kept.find(({ to }) => squeeze(to) === squeeze(label) || rowsOf(label) <= variantShare * rowsOf(to));
      if (home === undefined) kept.push({ to: label, from: [] });
      else home.from.push(label);
    }
    for (const { to, from } of kept) {
      if (from.length === 0) continue;
      merges.push({ to, rows: rowsOf(to), from: from.map((label) => ({ label, rows: rowsOf(label) })) });
    }
    if (kept.length > 1) similar.push(kept.map(({ to }) => to));
  }
  merges.sort((left, right) => (left.to < right.to ? -1 : 1));
  return { merges, similar };
}

function squeeze(label: string): string {
  return label.normalize('NFC').trim().replace(/\s+/gu, ' ');
}
