import { createRandom } from '../../../core/helpers/random.ts';
import { assignStrata } from '../split/assign-strata.ts';

/** What a sample is drawn from. */
export interface SampleInput {
  readonly rowCount: number;
  /** Rows that are wanted. */
  readonly size: number;
  /** Stratum of each row: each keeps its share, and at least its first 50 rows. */
  readonly strata: Int32Array;
  readonly stratumCount: number;
  /** Groups that are taken whole or not at all. */
  readonly groups?: Int32Array;
  readonly seed: number | string;
}

/** A sample of rows, with what it kept. */
export interface RowSample {
  /** Ascending positions. */
  readonly rows: Uint32Array;
  readonly source: number;
  readonly share: number;
  /** Rows of each stratum in the source and in the sample. */
  readonly strata: readonly { readonly source: number; readonly kept: number }[];
}

/** Rows of a stratum that a sample never takes away: a rare class has few enough. */
const minStratumRows = 50;

/** Draws rows without replacement, stratified, groups whole. All rows where no more than `size` are there. */
export function sampleRows(input: SampleInput): RowSample {
  const { rowCount, size, strata, stratumCount } = input;
  let kept: Uint8Array;
  if (size >= rowCount) {
    kept = new Uint8Array(rowCount).fill(1);
  } else {
    const random = createRandom(`${input.seed}/sample`);
    const share = size / rowCount;
    const groups = input.groups === undefined ? {} : { groups: input.groups };
    kept = assignStrata({ strata, stratumCount, ...groups, shares: [1 - share, share], random });
    keepRare(kept, input, random.fork('rare'));
  }
  const rows: number[] = [];
  const counts = Array.from({ length: stratumCount }, () => ({ source: 0, kept: 0 }));
  for (let row = 0; row < rowCount; row++) {
    counts[strata[row]!]!.source++;
    if (kept[row] === 0) continue;
    counts[strata[row]!]!.kept++;
    rows.push(row);
  }
  return { rows: Uint32Array.from(rows), source: rowCount, share: rows.length / rowCount, strata: counts };
}

function keepRare(kept: Uint8Array, input: SampleInput, random: ReturnType<typeof createRandom>): void {
  // A whole group can't be taken for one of its rows without changing the other strata.
  if (input.groups !== undefined) return;
  const held = new Int32Array(input.stratumCount);
  const left: number[][] = Array.from({ length: input.stratumCount }, () => []);
  for (let row = 0; row < kept.length; row++) {
    if (kept[row] === 1) held[input.strata[row]!]!++;
    else left[input.strata[row]!]!.push(row);
  }
  left.forEach((rows, stratum) => {
    const wanted = minStratumRows - held[stratum]!;
    if (wanted > 0) for (const row of random.shuffle(rows).slice(0, wanted)) kept[row] = 1;
  });
}
