import { createGraphBuilder } from '../../src/onnx/graph-builder.ts';

/** A small model with every kind of content: floats, strings, integers, several outputs, metadata. */
export function buildSample(): Uint8Array {
  const graph = createGraphBuilder();
  const numbers = graph.input('numbers', 'float', ['N', 3]);
  const categories = graph.input('categories', 'string', [-1, 1]);
  const product = graph.node('MatMul', [numbers, graph.floats([1, 2, 3, 4, 5, 6], [3, 2])]);
  const [left, right] = graph.nodes('Split', [product, graph.ints([1, 1])], {
    outputs: 2,
    attributes: { axis: { int: 1 } },
  });
  const codes = graph.node('LabelEncoder', [categories], {
    domain: 'ai.onnx.ml',
    attributes: {
      keys_strings: { strings: ['a', 'é'] },
      values_int64s: { ints: [2, -9223372036854775808n] },
      default_int64: { int: 1 },
    },
  });
  const isA = graph.node('Equal', [codes, graph.ints([2])]);
  const names = graph.constant({ type: 'string', shape: [1, 1], data: ['naïve'] });
  graph.output('left', left!, 'float', ['N', 1]);
  graph.output('right', right!, 'float', ['N', 1]);
  graph.output('codes', codes, 'int64', [-1, 1]);
  graph.output('is_a', isA, 'bool', [-1, 1]);
  graph.output('bytes', graph.node('Cast', [codes], { attributes: { to: { int: 2 } } }), 'uint8', [-1, 1]);
  graph.output('name', names, 'string', [1, 1]);
  return graph.build({ name: 'sample', metadata: { purpose: 'test' } });
}
