import type { Random } from '../../../core/helpers/random.ts';

/** What {@link assignStrata} deals out. */
export interface StrataInput {
  /** Stratum of each row, 0 … stratumCount − 1. */
  readonly strata: Int32Array;
  readonly stratumCount: number;
  /** Rows of the same number stay together; absent where each row stands alone. */
  readonly groups?: Int32Array;
  /** Share of the rows that each bin should get; they sum to 1. */
  readonly shares: readonly number[];
  readonly random: Random;
}

/**
 * Deals rows into bins so that each bin has its share of every stratum, and groups stay whole.
 *
 * Groups of several rows go first, the largest before the smaller, each into the bin where it raises the chi-square
 * distance from the wished counts (of every stratum and of the total) least; single rows then fill the quotas that are
 * left, in random order. The greedy step follows scikit-learn's `StratifiedGroupKFold`, with unequal shares allowed.
 *
 * @returns the bin of each row.
 */
export function assignStrata(input: StrataInput): Uint8Array {
  const { strata, stratumCount, shares, random } = input;
  const rowCount = strata.length;
  const binCount = shares.length;
  const bins = new Uint8Array(rowCount);
  const sizes = new Float64Array(stratumCount);
  for (let row = 0; row < rowCount; row++) sizes[strata[row]!]!++;
  const counts = shares.map(() => new Float64Array(stratumCount));
  const totals = new Float64Array(binCount);

  const { single, several } = membersOf(input.groups, rowCount);
  random.shuffle(several);
  several.sort((left, right) => right.length - left.length);
  for (const members of several) {
    const held = new Map<number, number>();
    for (const row of members) held.set(strata[row]!, (held.get(strata[row]!) ?? 0) + 1);
    let best = 0;
    let bestRise = Number.POSITIVE_INFINITY;
    for (let bin = 0; bin < binCount; bin++) {
      let rise = chiSquareRise(members.length, totals[bin]!, shares[bin]! * rowCount);
      for (const [stratum, count] of held) {
        rise += chiSquareRise(count, counts[bin]![stratum]!, shares[bin]! * sizes[stratum]!);
      }
      if (rise < bestRise - 1e-12) {
        best = bin;
        bestRise = rise;
      }
    }
    for (const row of members) bins[row] = best;
    for (const [stratum, count] of held) counts[best]![stratum]! += count;
    totals[best]! += members.length;
  }

  const byStratum: number[][] = Array.from({ length: stratumCount }, () => []);
  for (const row of single) byStratum[strata[row]!]!.push(row);
  let dealt = rowCount - single.length;
  for (let stratum = 0; stratum < stratumCount; stratum++) {
    const rows = random.shuffle(byStratum[stratum]!);
    dealt += rows.length;
    const missing = shares.map((share, bin) => Math.max(0, share * sizes[stratum]! - counts[bin]![stratum]!));
    const wanted = missing.reduce((sum, value) => sum + value, 0);
    const exact = shares.map((share, bin) => rows.length * (wanted > 0 ? missing[bin]! / wanted : share));
    const quotas = exact.map((value) => Math.floor(value + 1e-9));
    let left = rows.length - quotas.reduce((sum, value) => sum + value, 0);
    // What rounding left over goes where the stratum lacks most, and among equals where the bin as a whole does.
    const lack = (bin: number): number =>
      2 * (exact[bin]! - quotas[bin]!) + (shares[bin]! * dealt - totals[bin]! - quotas[bin]!);
    const order = shares.map((_, bin) => bin).sort((a, b) => lack(b) - lack(a) || a - b);
    for (let i = 0; left > 0; i++, left--) quotas[order[i % binCount]!]!++;
    let next = 0;
    for (let bin = 0; bin < binCount; bin++) {
      for (let i = 0; i < quotas[bin]!; i++) bins[rows[next++]!] = bin;
      totals[bin]! += quotas[bin]!;
    }
  }
  fillEmptyBins(bins, totals, several);
  return bins;
}

function chiSquareRise(added: number, present: number, wished: number): number {
  return (added * added + 2 * added * (present - wished)) / wished;
}

function membersOf(groups: Int32Array | undefined, rowCount: number): { single: number[]; several: number[][] } {
  const single: number[] = [];
  const several: number[][] = [];
  if (groups === undefined) {
    for (let row = 0; row < rowCount; row++) single.push(row);
    return { single, several };
  }
  let largest = 0;
  for (const group of groups) largest = Math.max(largest, group);
  const sizes = new Int32Array(largest + 1);
  for (const group of groups) sizes[group]!++;
  const members = new Map<number, number[]>();
  for (let row = 0; row < rowCount; row++) {
    const group = groups[row]!;
    if (sizes[group] === 1) {
      single.push(row);
      continue;
    }
    const list = members.get(group);
    if (list === undefined) members.set(group, [row]);
    else list.push(row);
  }
  for (const list of members.values()) several.push(list);
  return { single, several };
}

/** Gives each empty bin the smallest group of the fullest bin: a bin without rows could measure nothing. */
function fillEmptyBins(bins: Uint8Array, totals: Float64Array, groups: readonly (readonly number[])[]): void {
  for (let empty = 0; empty < totals.length; empty++) {
    if (totals[empty]! > 0) continue;
    const held = totals.map((_, bin) => groups.filter((members) => bins[members[0]!] === bin).length);
    let donor = -1;
    for (let bin = 0; bin < totals.length; bin++) {
      if (held[bin]! > 1 && (donor < 0 || totals[bin]! > totals[donor]!)) donor = bin;
    }
    if (donor < 0) return;
    const given = groups.findLast((members) => bins[members[0]!] === donor)!;
    for (const row of given) bins[row] = empty;
    totals[empty]! += given.length;
    totals[donor]! -= given.length;
  }
}
