import type { LayerDefinition } from './layer-definition.ts';
import { activationDefinition } from './layers/activation.ts';
import { attentionDefinition } from './layers/attention.ts';
import { denseDefinition } from './layers/dense.ts';
import { dropoutDefinition } from './layers/dropout.ts';
import { embeddingDefinition } from './layers/embedding.ts';
import { entityEmbeddingsDefinition } from './layers/entity-embeddings.ts';
import { addDefinition, concatenateDefinition, multiplyDefinition } from './layers/joining.ts';
import { batchNormDefinition, layerNormDefinition, rmsNormDefinition } from './layers/normalisation.ts';
import { positionsDefinition } from './layers/positions.ts';
import { gruDefinition, lstmDefinition } from './layers/recurrent.ts';
import { flattenDefinition, reshapeDefinition } from './layers/shaping.ts';
import {
  averageTokensDefinition,
  classTokenDefinition,
  featureTokensDefinition,
  takeTokenDefinition,
} from './layers/tokens.ts';
import type { PlainLayer } from './network-spec.ts';

/** The definition of each kind of layer. */
export const layerKinds: {
  readonly [K in PlainLayer['kind']]: LayerDefinition<Extract<PlainLayer, { readonly kind: K }>>;
} = {
  dense: denseDefinition,
  activation: activationDefinition,
  dropout: dropoutDefinition,
  flatten: flattenDefinition,
  reshape: reshapeDefinition,
  concatenate: concatenateDefinition,
  add: addDefinition,
  multiply: multiplyDefinition,
  embedding: embeddingDefinition,
  'layer-norm': layerNormDefinition,
  'batch-norm': batchNormDefinition,
  'rms-norm': rmsNormDefinition,
  attention: attentionDefinition,
  positions: positionsDefinition,
  'feature-tokens': featureTokensDefinition,
  'class-token': classTokenDefinition,
  'take-token': takeTokenDefinition,
  'average-tokens': averageTokensDefinition,
  'entity-embeddings': entityEmbeddingsDefinition,
  gru: gruDefinition,
  lstm: lstmDefinition,
};
