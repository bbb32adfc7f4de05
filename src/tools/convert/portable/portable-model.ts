import type { ModelSignature } from '../../../onnx/signature.ts';

/** Numbers as base64 of little-endian bytes, or texts. int64 is kept as float64, whose whole numbers reach 2^53. */
export type PortableData =
  | {
      readonly type: 'float32' | 'float64' | 'int64' | 'bool';
      readonly shape: readonly number[];
      readonly data: string;
    }
  | { readonly type: 'string'; readonly shape: readonly number[]; readonly data: readonly string[] };

/** An attribute of a node. */
export type PortableAttribute = number | string | readonly string[] | PortableData;

/** A model as JSON, with everything that predicting needs. */
export interface PortableModel {
  readonly signature: ModelSignature;
  readonly constants: Readonly<Record<string, PortableData>>;
  readonly nodes: readonly {
    readonly operator: string;
    readonly inputs: readonly string[];
    readonly outputs: readonly string[];
    readonly attributes: Readonly<Record<string, PortableAttribute>>;
  }[];
}
