import type { LayerPlace } from '../layer-definition.ts';
import type { Layer } from '../network-spec.ts';

/** The input plus what the inner layers make of it; the shape must stay. */
export interface ResidualLayer extends LayerPlace {
  readonly kind: 'residual';
  readonly layers: readonly Layer[];
}

/** The input plus what the inner layers make of it (He et al., 2015). */
export function residual(layers: readonly Layer[], place: LayerPlace = {}): ResidualLayer {
  return { ...place, kind: 'residual', layers };
}
