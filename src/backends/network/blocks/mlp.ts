import { relu } from '../layers/activation.ts';
import { dense } from '../layers/dense.ts';
import { dropout as dropOut } from '../layers/dropout.ts';
import type { Layer } from '../network-spec.ts';

/** What {@link mlp} takes. */
export interface MlpOptions {
  /** Units of each hidden layer. */
  readonly units: readonly number[];
  /** Values that come out: classes, or 1 for a number. */
  readonly outputs: number;
  /** The share that is set to zero behind each hidden layer while training. @default 0 */
  readonly dropout?: number;
}

/** Dense layers with ReLU between them. */
export function mlp({ units, outputs, dropout = 0 }: MlpOptions): readonly Layer[] {
  const hidden = units.flatMap((count): Layer[] => [dense(count), relu(), ...(dropout > 0 ? [dropOut(dropout)] : [])]);
  return [...hidden, dense(outputs)];
}
