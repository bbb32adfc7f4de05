import { type EntityEmbeddingsLayer, entityWidths, hasOneTable } from '../../network/layers/entity-embeddings.ts';
import type { PositionsLayer } from '../../network/layers/positions.ts';
import type {
  AverageTokensLayer,
  ClassTokenLayer,
  FeatureTokensLayer,
  TakeTokenLayer,
} from '../../network/layers/tokens.ts';
import { type Lower, last } from './layer-context.ts';

export const lowerPositions: Lower<PositionsLayer> = ({ graph, inputs: [x], parameter }) =>
  graph.apply('Add', [x!, parameter('weight')]);

export const lowerFeatureTokens: Lower<FeatureTokensLayer> = ({ graph, inputs: [x], parameter }) => {
  const wide = graph.apply('Unsqueeze', [x!, graph.ints([-1])]);
  return graph.apply('Add', [graph.apply('Mul', [wide, parameter('weight')]), parameter('bias')]);
};

/** A row of zeros before, to which the token is added: so the batch stays free. */
export const lowerClassToken: Lower<ClassTokenLayer> = ({ graph, inputs: [x], parameter }) => {
  const [, positions, width] = x!.shape as [number, number, number];
  const room = graph.apply('Pad', [x!, graph.ints([0, 1, 0, 0, 0, 0])]);
  const row = graph.apply('Reshape', [parameter('weight'), graph.ints([1, width])]);
  return graph.apply('Add', [room, graph.apply('Pad', [row, graph.ints([0, 0, positions, 0])])]);
};

export const lowerTakeToken: Lower<TakeTokenLayer> = ({ graph, inputs: [x] }, { position }) => {
  const [, positions, width] = x!.shape as [number, number, number];
  const at = position < 0 ? position + positions : position;
  const taken = graph.apply('Slice', [x!, graph.ints([at]), graph.ints([at + 1]), graph.ints([1])]);
  return graph.apply('Reshape', [taken, graph.ints([-1, width])]);
};

export const lowerAverageTokens: Lower<AverageTokensLayer> = ({ graph, inputs: [x, mask] }) => {
  const axes = graph.ints([1]);
  const gone = { keepdims: { int: 0 } };
  if (mask === undefined) return graph.apply('ReduceMean', [x!, axes], gone);
  const ones = graph.apply('Unsqueeze', [graph.apply('Cast', [mask], { to: { int: 1 } }), graph.ints([-1])]);
  const sum = graph.apply('ReduceSum', [graph.apply('Mul', [x!, ones]), axes], gone);
  return graph.apply('Div', [sum, graph.apply('ReduceSum', [ones, axes], gone)]);
};

/** One lookup where all columns share a table, each behind the rows of those before it; else one a column. */
export const lowerEntityEmbeddings: Lower<EntityEmbeddingsLayer> = ({ graph, inputs: [ids], parameter }, layer) => {
  const widths = entityWidths(layer);
  const columns = widths.length;
  if (hasOneTable(widths)) {
    let before = 0;
    const offsets = layer.entries.map((count) => {
      before += count;
      return before - count;
    });
    const rows = graph.apply('Add', [ids!, graph.ints(offsets)]);
    const vectors = graph.apply('Gather', [parameter('weight'), rows], { axis: { int: 0 } });
    return graph.apply('Reshape', [vectors, graph.ints([-1, columns * widths[0]!])]);
  }
  const one = graph.ints(widths.map(() => 1));
  const vectors = graph.applyAll('Split', [ids!, one], last).map((column, i) => {
    const flat = graph.apply('Reshape', [column, graph.ints([-1])]);
    return graph.apply('Gather', [parameter(`weight-${i + 1}`), flat], { axis: { int: 0 } });
  });
  return graph.apply('Concat', vectors, last);
};
