import { TrainerError } from '../../../core/errors.ts';
import { createRandom } from '../../../core/helpers/random.ts';
import { assignStrata } from './assign-strata.ts';
import { gather } from './gather.ts';

/** Validation folds of a set of rows (positions 0 … n − 1), repeated. */
export interface Folds {
  /**
   * `exchangeable`: fold k is validated by a fit on all other rows.
   * `expanding`: rows are in time order in blocks 0 … count; block 0 is only learned from, fold k (0 … count − 1) is block
   * k + 1, validated by a fit on all blocks before it.
   */
  readonly kind: 'exchangeable' | 'expanding';
  /** Number of folds a repeat. */
  readonly count: number;
  readonly repeats: number;
  /** One array a repeat: the fold of each row (for `expanding`, its block). */
  readonly assignments: readonly Uint8Array[];
}

/** What folds are made from. */
export interface FoldsInput {
  readonly rowCount: number;
  readonly strata: Int32Array;
  readonly stratumCount: number;
  /** Rows of the same number stay in the same fold. */
  readonly groups?: Int32Array;
  /** Present where order matters: ranks of the rows by time, equal where times are equal (positions must be in time order). */
  readonly timeRanks?: Int32Array;
  /** @default 5 */
  readonly count?: number;
  readonly repeats: number;
  readonly seed: number | string;
}

/**
 * Makes stratified, grouped or expanding folds.
 *
 * @throws {TrainerError} REQUEST_INVALID for fewer than two rows or groups.
 */
export function makeFolds(input: FoldsInput): Folds {
  const wanted = input.count ?? 5;
  if (input.timeRanks !== undefined) return expandingFolds(input.timeRanks, wanted);
  const units = input.groups === undefined ? input.rowCount : new Set(input.groups).size;
  const count = Math.min(wanted, units);
  if (count < 2) {
    throw new TrainerError(
      'REQUEST_INVALID',
      `Expected at least 2 independent rows or groups to make folds, got ${units}. Give more data, or no group column.`,
      { details: { units } },
    );
  }
  const random = createRandom(input.seed);
  const assignments: Uint8Array[] = [];
  for (let repeat = 0; repeat < input.repeats; repeat++) {
    assignments.push(
      assignStrata({
        strata: input.strata,
        stratumCount: input.stratumCount,
        ...(input.groups === undefined ? {} : { groups: input.groups }),
        shares: Array.from({ length: count }, () => 1 / count),
        random: random.fork(`repeat-${repeat}`),
      }),
    );
  }
  return { kind: 'exchangeable', count, repeats: input.repeats, assignments };
}

function expandingFolds(ranks: Int32Array, wanted: number): Folds {
  const rowCount = ranks.length;
  const blocks = new Uint8Array(rowCount);
  // Equal times share the block of the first of them, so a block may stay empty where many rows carry one time.
  let start = 0;
  let used = -1;
  let last = -1;
  for (let row = 0; row < rowCount; row++) {
    if (row === 0 || ranks[row] !== ranks[row - 1]) start = row;
    const block = Math.min(wanted, Math.floor((start * (wanted + 1)) / rowCount));
    if (block !== last) {
      used++;
      last = block;
    }
    blocks[row] = used;
  }
  if (used < 1) used = cutOnce(ranks, blocks);
  return { kind: 'expanding', count: used, repeats: 1, assignments: [blocks] };
}

/** Where one time holds almost all rows: two blocks, cut at the change of time that is nearest to the middle. */
function cutOnce(ranks: Int32Array, blocks: Uint8Array): number {
  let cut = 0;
  for (let row = 1; row < ranks.length; row++) {
    const nearer = Math.abs(row - ranks.length / 2) < Math.abs(cut - ranks.length / 2);
    if (ranks[row] !== ranks[row - 1] && (cut === 0 || nearer)) cut = row;
  }
  if (cut === 0) {
    throw new TrainerError(
      'REQUEST_INVALID',
      'Expected at least 2 different times to make folds by time, got 1. Give more data, or no time column.',
    );
  }
  blocks.fill(0, 0, cut).fill(1, cut);
  return 1;
}

/** The rows that one fold learns from and is validated on, as ascending positions. */
export function foldRows(
  folds: Folds,
  repeat: number,
  fold: number,
): { readonly train: Uint32Array; readonly validation: Uint32Array } {
  const assignment = folds.assignments[repeat];
  if (assignment === undefined || fold < 0 || fold >= folds.count) {
    throw new TrainerError('INTERNAL', `Expected a fold that exists, got repeat ${repeat}, fold ${fold}.`);
  }
  const expanding = folds.kind === 'expanding';
  const held = expanding ? fold + 1 : fold;
  const train: number[] = [];
  const validation: number[] = [];
  for (let row = 0; row < assignment.length; row++) {
    const own = assignment[row]!;
    if (own === held) validation.push(row);
    else if (!expanding || own < held) train.push(row);
  }
  return { train: Uint32Array.from(train), validation: Uint32Array.from(validation) };
}

/**
 * Folds inside the learning rows of one outer fold: what nested cross-validation selects by, so that the outer fold's
 * score was never selected on. The inner folds' positions count within `train`.
 */
export function nestedFolds(
  input: FoldsInput,
  outer: Folds,
  repeat: number,
  fold: number,
): { readonly train: Uint32Array; readonly validation: Uint32Array; readonly inner: Folds } {
  const { train, validation } = foldRows(outer, repeat, fold);
  const pick = (values: Int32Array): Int32Array => gather(values, train);
  let groups = input.groups === undefined ? undefined : pick(input.groups);
  let timeRanks = input.timeRanks === undefined ? undefined : pick(input.timeRanks);
  // Of two groups or times, one is left to learn from: inside it there is nothing to keep whole or in order.
  if (groups !== undefined && new Set(groups).size < 2) groups = undefined;
  if (timeRanks !== undefined && timeRanks[0] === timeRanks.at(-1)) timeRanks = undefined;
  const inner = makeFolds({
    rowCount: train.length,
    strata: pick(input.strata),
    stratumCount: input.stratumCount,
    ...(groups === undefined ? {} : { groups }),
    ...(timeRanks === undefined ? {} : { timeRanks }),
    ...(input.count === undefined ? {} : { count: input.count }),
    repeats: 1,
    seed: `${input.seed}/outer-${repeat}-${fold}`,
  });
  return { train, validation, inner };
}
