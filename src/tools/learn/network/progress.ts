import type { Tensor, TrainingSnapshot } from '../../../backends/backend.ts';
import { decodeArrays, encodeArrays } from '../../../core/helpers/encode-arrays.ts';

/** Where a training is: everything that it goes on from. */
export interface Progress {
  /** Epochs that are done, and batches of the one after them. */
  readonly epoch: number;
  readonly batch: number;
  /** Epochs since the best one. */
  readonly waited: number;
  readonly retreats: number;
  readonly isOver: boolean;
  readonly best?: { readonly epoch: number; readonly loss: number; readonly state: Readonly<Record<string, Tensor>> };
  /** The weights averaged over the epochs. */
  readonly average?: Readonly<Record<string, Tensor>>;
  readonly snapshot?: TrainingSnapshot;
}

const formatVersion = 2;

type Shapes = Readonly<Record<string, readonly number[]>>;

/** A training's progress as one blob. */
export function encodeProgress({ best, average, snapshot, ...rest }: Progress): Uint8Array[] {
  const arrays: Record<string, Float32Array> = {};
  const keep = (prefix: string, state: Readonly<Record<string, Tensor>>): Shapes =>
    Object.fromEntries(
      Object.entries(state).map(([key, { data, shape }]) => {
        arrays[`${prefix}${key}`] = data as Float32Array;
        return [key, shape];
      }),
    );
  const json = {
    formatVersion,
    ...rest,
    ...(best === undefined ? {} : { best: { epoch: best.epoch, loss: best.loss, shapes: keep('best:', best.state) } }),
    ...(average === undefined ? {} : { average: keep('average:', average) }),
    ...(snapshot === undefined ? {} : { snapshot: { ...snapshot, state: keep('now:', snapshot.state) } }),
  };
  return encodeArrays(json, arrays);
}

/** Reads it back; undefined where the bytes are no progress of this version. */
export function decodeProgress(bytes: Uint8Array): Progress | undefined {
  const { json, arrays } = decodeArrays(bytes);
  if ((json as { readonly formatVersion?: unknown } | null)?.formatVersion !== formatVersion) return undefined;
  const { best, average, snapshot, ...rest } = json as Omit<Progress, 'best' | 'average' | 'snapshot'> & {
    readonly average?: Shapes;
    readonly best?: { readonly epoch: number; readonly loss: number; readonly shapes: Shapes };
    readonly snapshot?: Omit<TrainingSnapshot, 'state'> & { readonly state: Shapes };
  };
  const tensors = (prefix: string, shapes: Shapes): Readonly<Record<string, Tensor>> =>
    Object.fromEntries(
      Object.entries(shapes).map(([key, shape]) => [
        key,
        { dtype: 'float32', shape, data: arrays[`${prefix}${key}`] as Float32Array },
      ]),
    );
  return {
    ...rest,
    ...(best === undefined
      ? {}
      : { best: { epoch: best.epoch, loss: best.loss, state: tensors('best:', best.shapes) } }),
    ...(average === undefined ? {} : { average: tensors('average:', average) }),
    ...(snapshot === undefined ? {} : { snapshot: { ...snapshot, state: tensors('now:', snapshot.state) } }),
  };
}
