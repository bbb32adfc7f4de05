import type { Calibration } from './calibration.ts';

type Kind<K extends Calibration['kind']> = Extract<Calibration, { readonly kind: K }>;

/** What rounding of a float32 probability may be magnified by, so that the graph stays within 1e-5 of the typed arrays. */
export const steepest = 50;
/** Most knots of an isotonic calibration. */
const mostKnots = 100;
/** Bounds of slopes and exponents, which separable or empty folds would run away from. */
const bounds = [0.2, 5] as const;

/**
 * Platt's sigmoid on the logit, by Newton's method with a line search; targets are shrunk as Platt (1999) and Lin, Lin &
 * Weng (2007) do, and the slope is kept within [0.2, 5].
 */
export function fitSigmoid(truth: Float64Array, probabilities: Float64Array, weights?: Float64Array): Kind<'sigmoid'> {
  const logits = probabilities.map((p) => {
    const kept = Math.min(1 - 1e-9, Math.max(1e-9, p));
    return Math.log(kept / (1 - kept));
  });
  let positives = 0;
  let total = 0;
  for (let row = 0; row < truth.length; row++) {
    const weight = weights === undefined ? 1 : weights[row]!;
    positives += weight * truth[row]!;
    total += weight;
  }
  const targets = [1 / (total - positives + 2), (positives + 1) / (positives + 2)] as const;
  /** Mean loss, gradient and Hessian; with a fixed slope the offset alone moves. */
  const evaluate = (slope: number, offset: number) => {
    let loss = 0;
    let gs = 0;
    let go = 0;
    let hss = 0;
    let hso = 0;
    let hoo = 0;
    for (let row = 0; row < truth.length; row++) {
      const weight = (weights === undefined ? 1 : weights[row]!) / total;
      const z = logits[row]!;
      const eta = slope * z + offset;
      const small = Math.exp(-Math.abs(eta));
      const p = eta >= 0 ? 1 / (1 + small) : small / (1 + small);
      const target = targets[truth[row] === 1 ? 1 : 0];
      loss += weight * (Math.log1p(small) + Math.max(0, eta) - target * eta);
      const difference = weight * (p - target);
      const curvature = weight * p * (1 - p);
      gs += difference * z;
      go += difference;
      hss += curvature * z * z;
      hso += curvature * z;
      hoo += curvature;
    }
    return { loss, gs, go, hss, hso, hoo };
  };
  const descend = (start: number, offsetStart: number, fixed: boolean): readonly [number, number] => {
    let slope = start;
    let offset = offsetStart;
    let at = evaluate(slope, offset);
    for (let iteration = 0; iteration < 50; iteration++) {
      const determinant = (at.hss + 1e-12) * (at.hoo + 1e-12) - at.hso * at.hso;
      const ds = fixed ? 0 : -((at.hoo + 1e-12) * at.gs - at.hso * at.go) / determinant;
      const d0 = fixed ? -at.go / (at.hoo + 1e-12) : -((at.hss + 1e-12) * at.go - at.hso * at.gs) / determinant;
      let step = 1;
      let next = evaluate(slope + ds, offset + d0);
      while (!(next.loss < at.loss) && step > 1e-6) {
        step /= 2;
        next = evaluate(slope + step * ds, offset + step * d0);
      }
      if (!(next.loss < at.loss)) break;
      slope += step * ds;
      offset += step * d0;
      const fall = at.loss - next.loss;
      at = next;
      if (fall < 1e-14) break;
    }
    return [slope, offset];
  };
  const [slope, offset] = descend(1, 0, false);
  const kept = Math.min(bounds[1], Math.max(bounds[0], slope));
  if (kept === slope) return { kind: 'sigmoid', slope, offset };
  return { kind: 'sigmoid', slope: kept, offset: descend(kept, offset, true)[1] };
}

/**
 * Isotonic regression (pool adjacent violators), then at most 100 knots: the middles of the pooled blocks, the lightest
 * neighbours merged until they fit and no rise is steeper than 50. Each block's mean is shrunk by half a row at either
 * side, so that no probability is 0 or 1.
 */
export function fitIsotonic(
  truth: Float64Array,
  probabilities: Float64Array,
  weights?: Float64Array,
): Kind<'isotonic'> {
  const order = Int32Array.from(probabilities, (_, row) => row).sort(
    (a, b) => probabilities[a]! - probabilities[b]! || a - b,
  );
  let blocks: Block[] = [];
  for (const row of order) {
    const weight = weights === undefined ? 1 : weights[row]!;
    const x = probabilities[row]!;
    const last = blocks.at(-1);
    if (last !== undefined && last.high === x) {
      blocks[blocks.length - 1] = merge(last, {
        low: x,
        high: x,
        x: x * weight,
        positive: weight * truth[row]!,
        weight,
      });
    } else {
      blocks.push({ low: x, high: x, x: x * weight, positive: weight * truth[row]!, weight });
    }
  }
  const pooled: Block[] = [];
  for (const block of blocks) {
    let current = block;
    while (pooled.length > 0 && level(pooled.at(-1)!) >= level(current)) current = merge(pooled.pop()!, current);
    pooled.push(current);
  }
  blocks = pooled;
  while (blocks.length > mostKnots) mergeAt(blocks, lightest(blocks));
  for (let i = 0; i + 1 < blocks.length; ) {
    const [a, b] = [blocks[i]!, blocks[i + 1]!];
    if (value(b) - value(a) > steepest * (centre(b) - centre(a)) || value(b) <= value(a)) {
      mergeAt(blocks, i);
      i = Math.max(0, i - 1);
    } else {
      i++;
    }
  }
  return { kind: 'isotonic', x: blocks.map(centre), y: blocks.map(value) };
}

/** Rows of neighbouring probabilities: sums of weight, of weighted probability and of weighted truth. */
interface Block {
  readonly low: number;
  readonly high: number;
  readonly x: number;
  readonly positive: number;
  readonly weight: number;
}

const level = (block: Block) => block.positive / block.weight;
const value = (block: Block) => (block.positive + 0.5) / (block.weight + 1);
const centre = (block: Block) => block.x / block.weight;

function merge(a: Block, b: Block): Block {
  return { low: a.low, high: b.high, x: a.x + b.x, positive: a.positive + b.positive, weight: a.weight + b.weight };
}

function mergeAt(blocks: Block[], index: number): void {
  blocks.splice(index, 2, merge(blocks[index]!, blocks[index + 1]!));
}

function lightest(blocks: readonly Block[]): number {
  let best = 0;
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i + 1 < blocks.length; i++) {
    const weight = blocks[i]!.weight + blocks[i + 1]!.weight;
    if (weight < least) {
      least = weight;
      best = i;
    }
  }
  return best;
}

/** Temperature scaling (Guo et al. 2017): the exponent of least log loss within [0.2, 5], by golden section (it is convex). */
export function fitTemperature(
  truth: Float64Array,
  probabilities: Float64Array,
  classCount: number,
  weights?: Float64Array,
): Kind<'temperature'> {
  const logs = probabilities.map((p) => Math.log(Math.max(1e-12, p)));
  const loss = (exponent: number) => {
    let total = 0;
    for (let row = 0; row < truth.length; row++) {
      const base = row * classCount;
      let top = Number.NEGATIVE_INFINITY;
      for (let k = 0; k < classCount; k++) top = Math.max(top, exponent * logs[base + k]!);
      let sum = 0;
      for (let k = 0; k < classCount; k++) sum += Math.exp(exponent * logs[base + k]! - top);
      total +=
        (weights === undefined ? 1 : weights[row]!) * (top + Math.log(sum) - exponent * logs[base + truth[row]!]!);
    }
    return total;
  };
  const golden = (Math.sqrt(5) - 1) / 2;
  let low = Math.log(bounds[0]);
  let high = Math.log(bounds[1]);
  let a = high - golden * (high - low);
  let b = low + golden * (high - low);
  let [lossA, lossB] = [loss(Math.exp(a)), loss(Math.exp(b))];
  for (let i = 0; i < 50; i++) {
    if (lossA <= lossB) {
      high = b;
      [b, lossB] = [a, lossA];
      a = high - golden * (high - low);
      lossA = loss(Math.exp(a));
    } else {
      low = a;
      [a, lossA] = [b, lossB];
      b = low + golden * (high - low);
      lossB = loss(Math.exp(b));
    }
  }
  return { kind: 'temperature', exponent: Math.exp((low + high) / 2) };
}
