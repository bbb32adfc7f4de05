import type { GraphOperations } from './operator.ts';
import type { Attributes, Value } from './value.ts';

function transposed(graph: GraphOperations, value: Value): Value {
  const rank = value.shape.length;
  const order = [...Array.from({ length: rank - 2 }, (_, axis) => axis), rank - 1, rank - 2];
  return graph.apply('Transpose', [value], { perm: { ints: order } });
}

/** Which operands of a product are transposed, and by what it is multiplied. */
export interface ProductOptions {
  readonly transA?: boolean;
  readonly transB?: boolean;
  /** @default 1 */
  readonly alpha?: number;
}

/** op(a)·op(b), transposed inside the kernel where the runtime can: `Gemm` for matrices, `FusedMatMul` for stacks. */
export function product(graph: GraphOperations, a: Value, b: Value, options: ProductOptions = {}): Value {
  const { transA = false, transB = false, alpha = 1 } = options;
  const attributes: Attributes = {
    transA: { int: transA ? 1 : 0 },
    transB: { int: transB ? 1 : 0 },
    alpha: { float: alpha },
  };
  if (a.shape.length === 2 && b.shape.length === 2) return graph.apply('Gemm', [a, b], attributes);
  if (a.type === 'float') return graph.apply('FusedMatMul', [a, b], attributes);
  const left = transA ? transposed(graph, a) : a;
  const plain = graph.apply('MatMul', [left, transB ? transposed(graph, b) : b]);
  return alpha === 1 ? plain : graph.apply('Mul', [plain, graph.scalar(alpha, plain)]);
}
