import type { Operator } from './operator.ts';
import { abs } from './operators/abs.ts';
import { add } from './operators/add.ts';
import { and } from './operators/and.ts';
import { argMax } from './operators/arg-max.ts';
import { averagePool } from './operators/average-pool.ts';
import { batchNormalization } from './operators/batch-normalization.ts';
import { blockImages, unblockImages } from './operators/blocked/block-images.ts';
import { blockedConvolution } from './operators/blocked/blocked-convolution.ts';
import { blockedDepthwise } from './operators/blocked/blocked-depthwise.ts';
import { blockedGlobalAverage } from './operators/blocked/blocked-global-average.ts';
import { blockedNormalization } from './operators/blocked/blocked-normalization.ts';
import { blockedConv, blockedGlobalAveragePool, reorderInput, reorderOutput } from './operators/blocked/raw.ts';
import { cast } from './operators/cast.ts';
import { ceil } from './operators/ceil.ts';
import { celu } from './operators/celu.ts';
import { channelNormalization } from './operators/channel-normalization.ts';
import { clip } from './operators/clip.ts';
import { concat } from './operators/concat.ts';
import { constantOfShape } from './operators/constant-of-shape.ts';
import { conv } from './operators/conv.ts';
import { convTranspose } from './operators/conv-transpose.ts';
import { cos } from './operators/cos.ts';
import { cumSum } from './operators/cum-sum.ts';
import { depthToSpace } from './operators/depth-to-space.ts';
import { div } from './operators/div.ts';
import { einsum } from './operators/einsum.ts';
import { elu } from './operators/elu.ts';
import { equal } from './operators/equal.ts';
import { erf } from './operators/erf.ts';
import { exp } from './operators/exp.ts';
import { expand } from './operators/expand.ts';
import { floor } from './operators/floor.ts';
import { fusedMatMul } from './operators/fused-mat-mul.ts';
import { gather } from './operators/gather.ts';
import { gatherElements } from './operators/gather-elements.ts';
import { gatherNd } from './operators/gather-nd.ts';
import { gelu } from './operators/gelu.ts';
import { gemm } from './operators/gemm.ts';
import { globalAveragePool } from './operators/global-average-pool.ts';
import { globalMaxPool } from './operators/global-max-pool.ts';
import { greater } from './operators/greater.ts';
import { greaterOrEqual } from './operators/greater-or-equal.ts';
import { groupNormalization } from './operators/group-normalization.ts';
import { hardSigmoid } from './operators/hard-sigmoid.ts';
import { hardSwish } from './operators/hard-swish.ts';
import { identity } from './operators/identity.ts';
import { instanceNormalization } from './operators/instance-normalization.ts';
import { layerNormalization } from './operators/layer-normalization.ts';
import { leakyRelu } from './operators/leaky-relu.ts';
import { less } from './operators/less.ts';
import { lessOrEqual } from './operators/less-or-equal.ts';
import { log } from './operators/log.ts';
import { logSoftmax } from './operators/log-softmax.ts';
import { lrn } from './operators/lrn.ts';
import { matMul } from './operators/mat-mul.ts';
import { max } from './operators/max.ts';
import { maxPool } from './operators/max-pool.ts';
import { min } from './operators/min.ts';
import { mish } from './operators/mish.ts';
import { mod } from './operators/mod.ts';
import { mul } from './operators/mul.ts';
import { neg } from './operators/neg.ts';
import { not } from './operators/not.ts';
import { oneHot } from './operators/one-hot.ts';
import { or } from './operators/or.ts';
import { pRelu } from './operators/p-relu.ts';
import { pad } from './operators/pad.ts';
import { patchConvolution } from './operators/patch-convolution.ts';
import { pow } from './operators/pow.ts';
import { range } from './operators/range.ts';
import { reciprocal } from './operators/reciprocal.ts';
import { reduceL1 } from './operators/reduce-l1.ts';
import { reduceL2 } from './operators/reduce-l2.ts';
import { reduceLogSumExp } from './operators/reduce-log-sum-exp.ts';
import { reduceMax } from './operators/reduce-max.ts';
import { reduceMean } from './operators/reduce-mean.ts';
import { reduceMin } from './operators/reduce-min.ts';
import { reduceProd } from './operators/reduce-prod.ts';
import { reduceSum } from './operators/reduce-sum.ts';
import { reduceSumSquare } from './operators/reduce-sum-square.ts';
import { relu } from './operators/relu.ts';
import { reshape } from './operators/reshape.ts';
import { resize } from './operators/resize.ts';
import { round } from './operators/round.ts';
import { scatterElements } from './operators/scatter-elements.ts';
import { scatterNd } from './operators/scatter-nd.ts';
import { selu } from './operators/selu.ts';
import { shape } from './operators/shape.ts';
import { shiftedConvolution } from './operators/shifted-convolution.ts';
import { shrink } from './operators/shrink.ts';
import { sigmoid } from './operators/sigmoid.ts';
import { sign } from './operators/sign.ts';
import { simplifiedLayerNormalization } from './operators/simplified-layer-normalization.ts';
import { sin } from './operators/sin.ts';
import { slice } from './operators/slice.ts';
import { softmax } from './operators/softmax.ts';
import { softplus } from './operators/softplus.ts';
import { softsign } from './operators/softsign.ts';
import { spaceToDepth } from './operators/space-to-depth.ts';
import { split } from './operators/split.ts';
import { sqrt } from './operators/sqrt.ts';
import { squeeze } from './operators/squeeze.ts';
import { sub } from './operators/sub.ts';
import { tanh } from './operators/tanh.ts';
import { thresholdedRelu } from './operators/thresholded-relu.ts';
import { tile } from './operators/tile.ts';
import { tileMaxPool } from './operators/tile-max-pool.ts';
import { topK } from './operators/top-k.ts';
import { transpose } from './operators/transpose.ts';
import { trilu } from './operators/trilu.ts';
import { unsqueeze } from './operators/unsqueeze.ts';
import { where } from './operators/where.ts';
import { winogradConvolution } from './operators/winograd-convolution.ts';

/** Every operator that can be trained through, by its name. */
export const operators: ReadonlyMap<string, Operator> = new Map(
  [
    channelNormalization,
    patchConvolution,
    shiftedConvolution,
    winogradConvolution,
    tileMaxPool,
    blockedConvolution,
    blockedDepthwise,
    blockedGlobalAverage,
    blockedNormalization,
    blockImages,
    unblockImages,
    blockedConv,
    blockedGlobalAveragePool,
    reorderInput,
    reorderOutput,
    abs,
    add,
    and,
    argMax,
    cast,
    ceil,
    concat,
    constantOfShape,
    cos,
    cumSum,
    div,
    einsum,
    equal,
    erf,
    exp,
    expand,
    floor,
    fusedMatMul,
    gather,
    gatherElements,
    gatherNd,
    gelu,
    gemm,
    greater,
    greaterOrEqual,
    hardSigmoid,
    identity,
    layerNormalization,
    leakyRelu,
    less,
    lessOrEqual,
    log,
    logSoftmax,
    lrn,
    matMul,
    max,
    min,
    mod,
    mul,
    neg,
    not,
    oneHot,
    or,
    pad,
    pow,
    range,
    reciprocal,
    reduceL1,
    reduceL2,
    reduceLogSumExp,
    reduceMax,
    reduceMean,
    reduceMin,
    reduceProd,
    reduceSum,
    reduceSumSquare,
    relu,
    reshape,
    round,
    scatterElements,
    scatterNd,
    shape,
    sigmoid,
    sign,
    simplifiedLayerNormalization,
    sin,
    slice,
    softmax,
    softplus,
    split,
    sqrt,
    squeeze,
    sub,
    tanh,
    tile,
    topK,
    transpose,
    trilu,
    unsqueeze,
    averagePool,
    batchNormalization,
    celu,
    clip,
    conv,
    convTranspose,
    depthToSpace,
    elu,
    globalAveragePool,
    globalMaxPool,
    groupNormalization,
    hardSwish,
    instanceNormalization,
    maxPool,
    mish,
    pRelu,
    resize,
    selu,
    shrink,
    softsign,
    spaceToDepth,
    thresholdedRelu,
    where,
  ].map((operator) => [operator.name, operator]),
);
