import type { ModelSignature } from '../../onnx/signature.ts';

/** One record to predict, by column name. An absent or `null` member is a missing value. */
export type ServedRecord = Readonly<Record<string, unknown>>;

/** What a model answers for one record. */
export interface ServedPrediction {
  /** A class label, or a number. */
  readonly prediction: string | number;
  /** By class label; classification only. */
  readonly probabilities?: Readonly<Record<string, number>>;
  /** Regression only, where the model has one. */
  readonly interval?: { readonly low: number; readonly high: number };
}

/** Anything that predicts. */
export interface ServedModel {
  readonly signature: ModelSignature;
  /** SHA-256 of the model file. */
  readonly hash: string;
  /** One answer a record, in their order. @throws {TrainerError} RECORD_INVALID with `details.problems` */
  predict(records: readonly ServedRecord[]): Promise<readonly ServedPrediction[]>;
}
