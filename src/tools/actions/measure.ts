import { type ModelMeasure, measureModel } from '../serve/measure-model.ts';
import { defineAction } from './action.ts';

export interface MeasureInput {
  /** Blob of the model file. */
  readonly model: string;
}

export interface MeasureOutput extends ModelMeasure {
  readonly sizeBytes: number;
  /** The most memory that this process, which has trained, has had. */
  readonly peakBytes: number;
}

/** Measures a finished model: clocked, so recorded and never used for a choice before the freeze. */
export const measure = defineAction<MeasureInput, MeasureOutput>({
  name: 'measure',
  async run(input, context) {
    const bytes = await context.blobs.get(input.model);
    // Before the measurement: what it takes itself is no part of training.
    const peakBytes = process.resourceUsage().maxRSS * 1024;
    return { ...(await measureModel(bytes, await context.backend())), sizeBytes: bytes.length, peakBytes };
  },
});
