/** Versions of operator sets that are accepted: [first, last]. */
export const acceptedOpsets: Readonly<Record<string, readonly [number, number]>> = {
  '': [7, 23],
  'ai.onnx.ml': [1, 5],
  'com.microsoft': [1, 1],
};

/** Versions of the file format that are accepted. */
export const acceptedIrVersions = [3, 11] as const;

/**
 * ONNX Runtime's own operators that are accepted: computation alone. Others of that domain load files and libraries
 * (`EPContext`) or run other sessions, so this is a list of what is allowed.
 */
export const acceptedMicrosoftOperators: ReadonlySet<string> = new Set([
  'Attention',
  'BiasGelu',
  'BiasSoftmax',
  'DequantizeLinear',
  'DynamicQuantizeLSTM',
  'DynamicQuantizeMatMul',
  'EmbedLayerNormalization',
  'FastGelu',
  'FusedConv',
  'FusedGemm',
  'FusedMatMul',
  'Gelu',
  'GroupQueryAttention',
  'MatMulIntegerToFloat',
  'MatMulNBits',
  'MultiHeadAttention',
  'NhwcMaxPool',
  'QAttention',
  'QGemm',
  'QLinearAdd',
  'QLinearAveragePool',
  'QLinearConcat',
  'QLinearConv',
  'QLinearGlobalAveragePool',
  'QLinearLeakyRelu',
  'QLinearMul',
  'QLinearSigmoid',
  'QLinearSoftmax',
  'QuantizeLinear',
  'QuickGelu',
  'RotaryEmbedding',
  'SimplifiedLayerNormalization',
  'SkipLayerNormalization',
  'SkipSimplifiedLayerNormalization',
]);
