import type { LayerDefinition } from './layer-definition.ts';
import { activationDefinition } from './layers/activation.ts';
import { attentionDefinition } from './layers/attention.ts';
import {
  conv1dDefinition,
  conv2dDefinition,
  convTranspose2dDefinition,
  depthwiseConv2dDefinition,
} from './layers/convolution.ts';
import { denseDefinition } from './layers/dense.ts';
import { dropoutDefinition } from './layers/dropout.ts';
import { embeddingDefinition } from './layers/embedding.ts';
import { entityEmbeddingsDefinition } from './layers/entity-embeddings.ts';
import { groupNormDefinition } from './layers/group-norm.ts';
import { importedDefinition } from './layers/imported.ts';
import { addDefinition, concatenateDefinition, multiplyDefinition } from './layers/joining.ts';
import { batchNormDefinition, layerNormDefinition, rmsNormDefinition } from './layers/normalisation.ts';
import {
  averagePool1dDefinition,
  averagePool2dDefinition,
  globalAveragePoolDefinition,
  globalMaxPoolDefinition,
  maxPool1dDefinition,
  maxPool2dDefinition,
} from './layers/pooling.ts';
import { positionsDefinition } from './layers/positions.ts';
import { gruDefinition, lstmDefinition } from './layers/recurrent.ts';
import { flattenDefinition, reshapeDefinition } from './layers/shaping.ts';
import { squeezeExciteDefinition } from './layers/squeeze-excite.ts';
import {
  averageTokensDefinition,
  classTokenDefinition,
  featureTokensDefinition,
  takeTokenDefinition,
} from './layers/tokens.ts';
import { upsampleDefinition } from './layers/upsample.ts';
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
  conv1d: conv1dDefinition,
  conv2d: conv2dDefinition,
  'depthwise-conv2d': depthwiseConv2dDefinition,
  'conv-transpose2d': convTranspose2dDefinition,
  'max-pool1d': maxPool1dDefinition,
  'max-pool2d': maxPool2dDefinition,
  'average-pool1d': averagePool1dDefinition,
  'average-pool2d': averagePool2dDefinition,
  'global-average-pool': globalAveragePoolDefinition,
  'global-max-pool': globalMaxPoolDefinition,
  'group-norm': groupNormDefinition,
  upsample: upsampleDefinition,
  'squeeze-excite': squeezeExciteDefinition,
  imported: importedDefinition,
};
