import { type LayerDefinition, type LayerPlace, positiveInteger, sizeOf } from '../layer-definition.ts';
import { expectImage } from './geometry.ts';

/** An image enlarged: [height, width, channels] → [height · factor, width · factor, channels]. */
export interface UpsampleLayer extends LayerPlace {
  readonly kind: 'upsample';
  readonly factor: number;
  /** Each value repeated, or a mean of the four around (pixel centres, as PyTorch's `bilinear`). @default 'nearest' */
  readonly mode?: 'nearest' | 'bilinear';
}

/** An image enlarged by a whole number. */
export function upsample(factor: number, options: Omit<UpsampleLayer, 'kind' | 'factor'> = {}): UpsampleLayer {
  return { ...options, kind: 'upsample', factor };
}

export const upsampleDefinition: LayerDefinition<UpsampleLayer> = {
  arity: [1, 1],
  options: {
    factor: positiveInteger,
    mode: (value) =>
      value === undefined || value === 'nearest' || value === 'bilinear' ? undefined : 'nearest or bilinear',
  },
  infer({ factor, mode = 'nearest' }, [input]) {
    const { sizes, channels } = expectImage(input!, 2);
    const shape = [...sizes.map((size) => size * factor), channels];
    return { output: { dtype: 'float32', shape }, parameters: [], flops: mode === 'nearest' ? 0 : 8 * sizeOf(shape) };
  },
};
