import type { Operator } from './operator.ts';
import { abs } from './operators/abs.ts';
import { add } from './operators/add.ts';
import { cast } from './operators/cast.ts';
import { concat } from './operators/concat.ts';
import { cos } from './operators/cos.ts';
import { div } from './operators/div.ts';
import { equal } from './operators/equal.ts';
import { erf } from './operators/erf.ts';
import { exp } from './operators/exp.ts';
import { expand } from './operators/expand.ts';
import { floor } from './operators/floor.ts';
import { fusedMatMul } from './operators/fused-mat-mul.ts';
import { gather } from './operators/gather.ts';
import { gatherElements } from './operators/gather-elements.ts';
import { gelu } from './operators/gelu.ts';
import { gemm } from './operators/gemm.ts';
import { greater } from './operators/greater.ts';
import { hardSigmoid } from './operators/hard-sigmoid.ts';
import { identity } from './operators/identity.ts';
import { layerNormalization } from './operators/layer-normalization.ts';
import { leakyRelu } from './operators/leaky-relu.ts';
import { less } from './operators/less.ts';
import { log } from './operators/log.ts';
import { logSoftmax } from './operators/log-softmax.ts';
import { matMul } from './operators/mat-mul.ts';
import { max } from './operators/max.ts';
import { min } from './operators/min.ts';
import { mul } from './operators/mul.ts';
import { neg } from './operators/neg.ts';
import { oneHot } from './operators/one-hot.ts';
import { pad } from './operators/pad.ts';
import { reciprocal } from './operators/reciprocal.ts';
import { reduceMax } from './operators/reduce-max.ts';
import { reduceMean } from './operators/reduce-mean.ts';
import { reduceSum } from './operators/reduce-sum.ts';
import { reduceSumSquare } from './operators/reduce-sum-square.ts';
import { relu } from './operators/relu.ts';
import { reshape } from './operators/reshape.ts';
import { scatterElements } from './operators/scatter-elements.ts';
import { sigmoid } from './operators/sigmoid.ts';
import { sign } from './operators/sign.ts';
import { sin } from './operators/sin.ts';
import { slice } from './operators/slice.ts';
import { softmax } from './operators/softmax.ts';
import { softplus } from './operators/softplus.ts';
import { split } from './operators/split.ts';
import { sqrt } from './operators/sqrt.ts';
import { squeeze } from './operators/squeeze.ts';
import { sub } from './operators/sub.ts';
import { tanh } from './operators/tanh.ts';
import { transpose } from './operators/transpose.ts';
import { unsqueeze } from './operators/unsqueeze.ts';
import { where } from './operators/where.ts';

/** Every operator that can be trained through, by its name. */
export const operators: ReadonlyMap<string, Operator> = new Map(
  [
    abs,
    add,
    cast,
    concat,
    cos,
    div,
    equal,
    erf,
    exp,
    expand,
    floor,
    fusedMatMul,
    gatherElements,
    gather,
    gelu,
    gemm,
    greater,
    hardSigmoid,
    identity,
    layerNormalization,
    leakyRelu,
    less,
    logSoftmax,
    log,
    matMul,
    max,
    min,
    mul,
    neg,
    oneHot,
    pad,
    reciprocal,
    reduceMax,
    reduceMean,
    reduceSumSquare,
    reduceSum,
    relu,
    reshape,
    scatterElements,
    sigmoid,
    sign,
    sin,
    slice,
    softmax,
    softplus,
    split,
    sqrt,
    squeeze,
    sub,
    tanh,
    transpose,
    unsqueeze,
    where,
  ].map((operator) => [operator.name, operator]),
);
