import { expect } from 'vitest';
import type { TrainableNetwork, TrainingData } from '../../../../src/backends/backend.ts';

/** What PyTorch makes of the same start, data and batches. */
export interface ExpectedTraining {
  readonly batches: readonly (readonly number[])[];
  readonly losses: readonly number[];
  /** Weights after the last step, by key. */
  readonly end: Readonly<Record<string, readonly number[]>>;
  /** Of the losses, behind the point. */
  readonly digits: number;
}

/** Trains, and holds losses and weights against those of PyTorch. */
export async function expectTraining(
  trained: TrainableNetwork,
  data: TrainingData,
  { batches, losses: expected, end, digits }: ExpectedTraining,
): Promise<void> {
  const losses = await trained.steps(
    data,
    batches.map((rows) => Int32Array.from(rows)),
  );
  for (const [i, value] of expected.entries()) expect(losses[i]).toBeCloseTo(value, digits);
  const after = (await trained.snapshot()).state;
  for (const [key, values] of Object.entries(end)) {
    const own = after[key]!.data as Float32Array;
    const most = values.reduce((worst, value, i) => Math.max(worst, Math.abs(value - own[i]!)), 0);
    // Layer normalisation of four values that are close to each other makes much of a rounding.
    expect(most, key).toBeLessThan(5e-5);
  }
}
