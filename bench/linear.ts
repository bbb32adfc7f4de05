import { execFileSync } from 'node:child_process';
import { denseDesign } from '../src/tools/learn/linear/design.ts';
import { fitGlm } from '../src/tools/learn/linear/fit-glm.ts';
import { type Bench, makeRow, type Row } from './row.ts';

interface Case {
  readonly name: string;
  /** 0 for ridge. */
  readonly classes: number;
  readonly columns: number;
  readonly alpha: number;
  readonly parameters: string;
  readonly seconds: number;
  readonly x: readonly number[];
  readonly target: readonly number[];
  readonly weights: readonly number[] | null;
  readonly coefficients: readonly number[];
  readonly intercepts: readonly number[];
}

/** ‖a − b‖ / ‖b‖. */
function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let difference = 0;
  let norm = 0;
  for (let i = 0; i < b.length; i++) {
    difference += (a[i]! - b[i]!) * (a[i]! - b[i]!);
    norm += b[i]! * b[i]!;
  }
  return Math.sqrt(difference / norm);
}

const bench: Bench = {
  name: 'linear',
  about:
    'Ridge, logistic and multinomial regression against scikit-learn: relative distance of coefficients and intercepts.',
  async run({ python, quick }) {
    const output = execFileSync(python, ['bench/linear.py', ...(quick ? ['--quick'] : [])], {
      maxBuffer: 1 << 28,
      encoding: 'utf8',
    });
    const { version, cases } = JSON.parse(output) as { version: string; cases: Case[] };
    console.error(`scikit-learn ${version}, inputs rounded to float32 for both`);
    return cases.map((c): Row => {
      const family = c.classes === 0 ? 'gaussian' : c.classes === 2 ? 'logistic' : 'multinomial';
      const start = performance.now();
      const fit = fitGlm(denseDesign(Float64Array.from(c.x), c.target.length, c.columns), Float64Array.from(c.target), {
        family,
        classCount: c.classes,
        alpha: c.alpha,
        weights: c.weights === null ? undefined : Float64Array.from(c.weights),
        tolerance: 1e-10,
        solver: 'newton',
      });
      const seconds = (performance.now() - start) / 1000;
      const size = `${c.target.length} × ${c.columns}`;
      console.error(`${c.name} (${size}): ${c.parameters}, ${seconds.toFixed(3)} s against ${c.seconds.toFixed(3)} s`);
      const ratio = Math.max(distance(fit.coefficients, c.coefficients), distance(fit.intercepts, c.intercepts));
      const norm = (values: ArrayLike<number>) =>
        Math.sqrt(Array.from(values).reduce((sum, value) => sum + value * value, 0));
      return makeRow({
        bench: 'linear',
        case: c.name,
        metric: 'coefficients (norm; ratio is the relative distance)',
        ours: norm(fit.coefficients),
        peer: norm(c.coefficients),
        ratio,
        must: '<= 1e-6',
      });
    });
  },
};

export default bench;
