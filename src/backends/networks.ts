/** What both entries of the engine have, for Node and for browsers: networks, what trains them, and what is said about them. */
export { TrainerError } from '../core/errors.ts';
export type { Blobs } from '../core/helpers/blobs.ts';
export type {
  Backend,
  BackendCapabilities,
  BackendRuntime,
  CallOptions,
  EvaluateOptions,
  Evaluation,
  LoadOptions,
  ModelOptions,
  Predictor,
  Retreat,
  StepOptions,
  Tensor,
  Tensors,
  TrainableNetwork,
  TrainingData,
  TrainingSnapshot,
  WeightsOptions,
} from './backend.ts';
export { type EncoderOptions, encoder } from './network/blocks/encoder.ts';
export { type FtTransformerOptions, ftTransformer } from './network/blocks/ft-transformer.ts';
export { type GptOptions, gpt } from './network/blocks/gpt.ts';
export { type MlpOptions, mlp } from './network/blocks/mlp.ts';
export { type MobilenetBlockOptions, mobilenetBlock } from './network/blocks/mobilenet-block.ts';
export { type ResnetOptions, resnet } from './network/blocks/resnet.ts';
export { type TabularResnetOptions, tabularResnet } from './network/blocks/tabular-resnet.ts';
export { type TcnOptions, tcn } from './network/blocks/tcn.ts';
export { gelu, leakyRelu, relu, sigmoid, silu, softmax, softplus, tanh } from './network/layers/activation.ts';
export { attention } from './network/layers/attention.ts';
export { conv1d, conv2d, convTranspose2d, depthwiseConv2d } from './network/layers/convolution.ts';
export { dense } from './network/layers/dense.ts';
export { dropout } from './network/layers/dropout.ts';
export { embedding } from './network/layers/embedding.ts';
export { entityEmbeddings } from './network/layers/entity-embeddings.ts';
export { groupNorm } from './network/layers/group-norm.ts';
export { add, concatenate, multiply } from './network/layers/joining.ts';
export { batchNorm, layerNorm, rmsNorm } from './network/layers/normalisation.ts';
export {
  averagePool1d,
  averagePool2d,
  globalAveragePool,
  globalMaxPool,
  maxPool1d,
  maxPool2d,
} from './network/layers/pooling.ts';
export { positions } from './network/layers/positions.ts';
export { gru, lstm } from './network/layers/recurrent.ts';
export { residual } from './network/layers/residual.ts';
export { flatten, reshape } from './network/layers/shaping.ts';
export { squeezeExcite } from './network/layers/squeeze-excite.ts';
export { averageTokens, classToken, featureTokens, takeToken } from './network/layers/tokens.ts';
export { upsample } from './network/layers/upsample.ts';
export type { Loss } from './network/loss.ts';
export { type NetworkOptions, network } from './network/network.ts';
export type { Layer, NetworkSpec } from './network/network-spec.ts';
export type { Optimiser } from './network/optimiser.ts';
export type { ParameterGroup } from './network/parameter-group.ts';
export type { Schedule } from './network/schedule.ts';
export {
  readShard,
  type Shard,
  type ShardBatches,
  type ShardIndex,
  shardedBatches,
  stepsOverShards,
  writeShards,
} from './network/shards.ts';
export { type NetworkSummary, summariseNetwork } from './network/summarise-network.ts';
export type { Training } from './network/training.ts';
export { type AdaptOptions, type ImportOptions, importNetwork } from './onnx/import/import-network.ts';
