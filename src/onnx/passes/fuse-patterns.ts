import type { OnnxGraph, OnnxNode } from '../model.ts';
import { attributesOf, constantOf } from '../read-tensor.ts';
import { attributeOf } from '../written-parts.ts';
import { countUses, plainNode } from './graph-pass.ts';
import { removeDeadCode } from './remove-dead-code.ts';

/** What patterns are looked for in. */
class Matcher {
  readonly #producers = new Map<string, OnnxNode>();
  readonly #numbers = new Map<string, { readonly values: readonly number[]; readonly rank: number }>();
  readonly #ranks = new Map<string, number>();
  readonly #uses: ReadonlyMap<string, number>;

  constructor(graph: OnnxGraph) {
    for (const node of graph.nodes) for (const output of node.outputs) this.#producers.set(output, node);
    for (const tensor of graph.initializers) {
      this.#ranks.set(tensor.name, tensor.dims.length);
      if (tensor.dims.reduce((a, b) => a * b, 1) > 8) continue;
      const constant = constantOf(tensor);
      if (constant === undefined || constant.type === 'string') continue;
      this.#numbers.set(tensor.name, { values: Array.from(constant.data, Number), rank: tensor.dims.length });
    }
    this.#uses = countUses(graph);
  }

  /** The node that makes a value, if it is of that operator and nothing else takes the value. */
  node(name: string | undefined, operator: string, mayBeShared = false): OnnxNode | undefined {
    const node = this.#producers.get(name ?? '');
    if (node?.operator !== operator || node.domain !== '') return undefined;
    return mayBeShared || this.#uses.get(name!) === 1 ? node : undefined;
  }

  /** The number of a scalar constant. */
  scalar(name: string | undefined): number | undefined {
    const known = this.#numbers.get(name ?? '');
    return known?.values.length === 1 ? known.values[0] : undefined;
  }

  /** The other input of a node that takes a scalar constant close to a number. */
  besides(node: OnnxNode | undefined, value: number, isOrdered = false): string | undefined {
    if (node === undefined) return undefined;
    const [a, b] = node.inputs;
    const isClose = (name: string | undefined) => Math.abs((this.scalar(name) ?? Number.NaN) - value) < 1e-6 * value;
    if (isClose(b)) return a;
    return !isOrdered && isClose(a) ? b : undefined;
  }

  /** Whether the node reduces the last axis and keeps it. */
  isOverLast(node: OnnxNode): boolean {
    const { keepdims } = attributesOf(node);
    const keeps = keepdims === undefined || ('int' in keepdims && Number(keepdims.int) === 1);
    const axes = this.#numbers.get(node.inputs[1] ?? '')?.values;
    return keeps && axes?.length === 1 && axes[0] === -1;
  }

  isVector(name: string | undefined): boolean {
    return this.#ranks.get(name ?? '') === 1;
  }
}

/** x·½·(1 + erf(x/√2)), its factors in any order. */
function matchGelu(match: Matcher, node: OnnxNode): OnnxNode | undefined {
  if (node.operator !== 'Mul' || node.domain !== '') return undefined;
  /** The x of 1 + erf(x/√2). */
  const inner = (name: string | undefined): string | undefined => {
    const erf = match.node(match.besides(match.node(name, 'Add'), 1), 'Erf');
    const divided = match.besides(match.node(erf?.inputs[0], 'Div'), Math.SQRT2, true);
    return divided ?? match.besides(match.node(erf?.inputs[0], 'Mul'), Math.SQRT1_2);
  };
  const product = (name: string | undefined): readonly (string | undefined)[] | undefined =>
    match.node(name, 'Mul')?.inputs;
  const pairs = (inputs: readonly (string | undefined)[]) => [inputs, [...inputs].reverse()];
  const half = match.besides(node, 0.5);
  // ½·(x·(1 + erf)).
  const found = pairs(product(half) ?? []).find(([x, rest]) => x !== undefined && inner(rest) === x)?.[0];
  // (½·x)·(1 + erf), or x·(½·(1 + erf)).
  const x =
    found ??
    pairs(node.inputs).flatMap(([a, b]) => {
      const halved = match.besides(match.node(a, 'Mul'), 0.5);
      if (halved !== undefined && inner(b) === halved) return [halved];
      const factor = match.besides(match.node(b, 'Mul'), 0.5);
      return a !== undefined && factor !== undefined && inner(factor) === a ? [a] : [];
    })[0];
  return x === undefined ? undefined : plainNode('Gelu', [x], node.outputs[0]!);
}

/** (x − mean) / √(variance + ε) · scale + shift over the last axis. */
function matchLayerNorm(match: Matcher, node: OnnxNode): OnnxNode | undefined {
  if (node.operator !== 'Add' || node.domain !== '') return undefined;
  for (const [product, shift] of [node.inputs, node.inputs.toReversed()]) {
    const scaled = match.isVector(shift) ? match.node(product, 'Mul') : undefined;
    for (const [normal, scale] of scaled === undefined ? [] : [scaled.inputs, scaled.inputs.toReversed()]) {
      const quotient = match.isVector(scale) ? match.node(normal, 'Div') : undefined;
      const centred = match.node(quotient?.inputs[0], 'Sub', true);
      const sum = match.node(match.node(quotient?.inputs[1], 'Sqrt')?.inputs[0], 'Add');
      const mean = match.node(centred?.inputs[1], 'ReduceMean');
      if (centred === undefined || sum === undefined || mean === undefined) continue;
      for (const [variance, small] of [sum.inputs, sum.inputs.toReversed()]) {
        const epsilon = match.scalar(small);
        const average = match.node(variance, 'ReduceMean');
        const square = match.node(average?.inputs[0], 'Pow') ?? match.node(average?.inputs[0], 'Mul');
        if (epsilon === undefined || average === undefined || square === undefined) continue;
        const [base, exponent] = square.inputs;
        const isSquare =
          base === quotient!.inputs[0] &&
          (square.operator === 'Mul' ? exponent === base : match.scalar(exponent) === 2);
        const x = centred.inputs[0]!;
        if (!isSquare || mean.inputs[0] !== x || !match.isOverLast(mean) || !match.isOverLast(average)) continue;
        return plainNode('LayerNormalization', [x, scale!, shift!], node.outputs[0]!, [
          attributeOf('axis', { int: -1 }),
          attributeOf('epsilon', { float: epsilon }),
        ]);
      }
    }
  }
  return undefined;
}

/**
 * Writes what exporters take apart as one operator again: GELU by the error function, and layer normalisation over the last axis. Both are
 * one kernel where they predict, and have gradients by hand where they are trained. The products round in another order than before: results
 * agree to single precision.
 */
export function fusePatterns(graph: OnnxGraph): OnnxGraph {
  const match = new Matcher(graph);
  let count = 0;
  const nodes = graph.nodes.map((node) => {
    const fused = matchGelu(match, node) ?? matchLayerNorm(match, node);
    if (fused !== undefined) count++;
    return fused ?? node;
  });
  return count === 0 ? graph : removeDeadCode({ ...graph, nodes });
}
