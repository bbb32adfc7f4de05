import type { Signature } from './layer-definition.ts';
import type { ActivationLayer } from './layers/activation.ts';
import type { AttentionLayer } from './layers/attention.ts';
import type { Conv1dLayer, Conv2dLayer, ConvTranspose2dLayer, DepthwiseConv2dLayer } from './layers/convolution.ts';
import type { DenseLayer } from './layers/dense.ts';
import type { DropoutLayer } from './layers/dropout.ts';
import type { EmbeddingLayer } from './layers/embedding.ts';
import type { EntityEmbeddingsLayer } from './layers/entity-embeddings.ts';
import type { GroupNormLayer } from './layers/group-norm.ts';
import type { ImportedLayer } from './layers/imported.ts';
import type { AddLayer, ConcatenateLayer, MultiplyLayer } from './layers/joining.ts';
import type { BatchNormLayer, LayerNormLayer, RmsNormLayer } from './layers/normalisation.ts';
import type {
  AveragePool1dLayer,
  AveragePool2dLayer,
  GlobalAveragePoolLayer,
  GlobalMaxPoolLayer,
  MaxPool1dLayer,
  MaxPool2dLayer,
} from './layers/pooling.ts';
import type { PositionsLayer } from './layers/positions.ts';
import type { GruLayer, LstmLayer } from './layers/recurrent.ts';
import type { ResidualLayer } from './layers/residual.ts';
import type { FlattenLayer, ReshapeLayer } from './layers/shaping.ts';
import type { SqueezeExciteLayer } from './layers/squeeze-excite.ts';
import type { AverageTokensLayer, ClassTokenLayer, FeatureTokensLayer, TakeTokenLayer } from './layers/tokens.ts';
import type { UpsampleLayer } from './layers/upsample.ts';

/** A layer that computes something itself. */
export type PlainLayer =
  | DenseLayer
  | ActivationLayer
  | DropoutLayer
  | FlattenLayer
  | ReshapeLayer
  | ConcatenateLayer
  | AddLayer
  | MultiplyLayer
  | EmbeddingLayer
  | LayerNormLayer
  | BatchNormLayer
  | RmsNormLayer
  | AttentionLayer
  | PositionsLayer
  | FeatureTokensLayer
  | ClassTokenLayer
  | TakeTokenLayer
  | AverageTokensLayer
  | EntityEmbeddingsLayer
  | GruLayer
  | LstmLayer
  | Conv1dLayer
  | Conv2dLayer
  | DepthwiseConv2dLayer
  | ConvTranspose2dLayer
  | MaxPool1dLayer
  | MaxPool2dLayer
  | AveragePool1dLayer
  | AveragePool2dLayer
  | GlobalAveragePoolLayer
  | GlobalMaxPoolLayer
  | GroupNormLayer
  | UpsampleLayer
  | SqueezeExciteLayer
  | ImportedLayer;

/** Any layer. */
export type Layer = PlainLayer | ResidualLayer;

/**
 * A network as plain JSON (but for the bytes of a file that was imported). Each layer takes the one before it, or those that its `from` names; layers come after what
 * they take.
 *
 * @example
 * const network: NetworkSpec = {
 *   formatVersion: 1,
 *   inputs: { x: { dtype: 'float32', shape: [20] } },
 *   layers: [dense(64), relu(), dense(2)],
 *   outputs: { logits: 'dense-2' },
 * };
 */
export interface NetworkSpec {
  readonly formatVersion: 1;
  /** Inputs by name, each the element type and shape of one sample. */
  readonly inputs: Readonly<Record<string, Signature>>;
  readonly layers: readonly Layer[];
  /** Outputs by name, each the name of a layer. */
  readonly outputs: Readonly<Record<string, string>>;
}
