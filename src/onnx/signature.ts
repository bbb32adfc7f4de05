import type { Json } from '../core/helpers/canonical-json.ts';
import type { TaskKind } from '../core/task-spec.ts';

/** What a model takes and gives; stored in the file's `metadata_props` under `traineragent.signature`. */
export interface ModelSignature {
  readonly formatVersion: 1;
  readonly task: TaskKind;
  readonly target: string;
  /** In the order of the source's columns. */
  readonly inputs: readonly SignatureInput[];
  /** The reserved value that stands for missing in the `categories` tensor; refused as data. */
  readonly missingCategory: string;
  readonly output:
    | {
        readonly kind: 'classification';
        /** In the order of the `probabilities` tensor's columns. */
        readonly classes: readonly string[];
        /** The positive class of a binary task: the second of `classes`. */
        readonly positive?: string;
      }
    | {
        readonly kind: 'regression';
        readonly unit?: string;
        /** Present where the graph has an `interval` output. */
        readonly interval?: { readonly coverage: number };
      };
}

/** One column that a record must or may have. `index` is its column in its tensor; `format` says how its texts are read (plain JSON). */
export type SignatureInput =
  | {
      readonly name: string;
      readonly kind: 'number';
      readonly tensor: 'numbers';
      readonly index: number;
      readonly format?: Json;
      readonly unit?: string;
      readonly integers: boolean;
      /** 1 % and 99 % quantiles of training. */
      readonly range: readonly [number, number];
    }
  | {
      readonly name: string;
      readonly kind: 'boolean';
      readonly tensor: 'numbers';
      readonly index: number;
      readonly format?: Json;
      /** Spellings of false and true in training. */
      readonly labels: readonly [string, string];
    }
  | {
      readonly name: string;
      readonly kind: 'category';
      readonly tensor: 'categories';
      readonly index: number;
      readonly format?: Json;
      /** The values that the model knows. */
      readonly categories: readonly string[];
    }
  | {
      readonly name: string;
      readonly kind: 'datetime';
      /** int64 milliseconds; −9223372036854775808 is missing. */
      readonly tensor: 'datetimes';
      readonly index: number;
      readonly format?: Json;
      readonly range: readonly [number, number];
    };

export { inputTensors } from './input-tensors.ts';
export { metadataKeys, parseMetadata, readCard, readSignature, writeSignature } from './read-signature.ts';
