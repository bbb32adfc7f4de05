import { expect, test } from 'vitest';
import { sha256 } from '../../src/core/helpers/hash.ts';
import { decodeModel } from '../../src/onnx/decode.ts';
import { encodeModel } from '../../src/onnx/encode.ts';
import { createGraphBuilder } from '../../src/onnx/graph-builder.ts';
import { buildSample } from './sample.ts';

test('the same calls give the same bytes', () => {
  expect(buildSample()).toEqual(buildSample());
});

test('the bytes are those of earlier versions, on every platform and version of Node', () => {
  expect(sha256(buildSample())).toBe('c2454dea516c13b02f56e2395123a410d2d9365569c5bc1e3b5ea5b2423bee33');
});

test('decoding and encoding a model gives its bytes back', () => {
  const bytes = buildSample();
  expect(encodeModel(decodeModel(bytes))).toEqual(bytes);
});

test('equal constants are shared, and others are not', () => {
  const graph = createGraphBuilder();
  const first = graph.floats([1, 2]);
  expect(graph.floats([1, 2])).toBe(first);
  expect(graph.floats([1, 2], [2, 1])).not.toBe(first);
  expect(graph.ints([1, 2])).not.toBe(first);
  expect(graph.floats([1, -0])).not.toBe(graph.floats([1, 0]));
  const strings = graph.constant({ type: 'string', shape: [2], data: ['a', 'bc'] });
  expect(graph.constant({ type: 'string', shape: [2], data: ['ab', 'c'] })).not.toBe(strings);
});

test('metadata are sorted by key, whatever the order they were given in', () => {
  const build = (metadata: Record<string, string>): Uint8Array => {
    const graph = createGraphBuilder();
    graph.output('y', graph.input('x', 'float', [-1]), 'float', [-1]);
    return graph.build({ name: 'identity', metadata });
  };
  const bytes = build({ b: '2', a: 'é\u{1F427}' });
  expect(bytes).toEqual(build({ a: 'é\u{1F427}', b: '2' }));
  expect(decodeModel(bytes).metadata).toEqual([
    ['a', 'é\u{1F427}'],
    ['b', '2'],
  ]);
});

test('a file states opset 21, IR 10 and only the other domains that it uses', () => {
  const model = decodeModel(buildSample());
  expect(model.irVersion).toBe(10);
  expect(model.producerName).toBe('traineragent');
  expect(model.opsets).toEqual([
    { domain: '', version: 21 },
    { domain: 'ai.onnx.ml', version: 5 },
  ]);
  const plain = createGraphBuilder();
  plain.output('y', plain.node('Neg', [plain.input('x', 'float', ['N'])]), 'float', ['N']);
  expect(decodeModel(plain.build({ name: 'plain' })).opsets).toEqual([{ domain: '', version: 21 }]);
});

test('attributes keep integers of 64 bits, floats, text and tensors', () => {
  const graph = createGraphBuilder();
  const x = graph.input('x', 'float', [-1]);
  graph.output(
    'y',
    graph.node('Anything', [x], {
      attributes: {
        big: { ints: [-9223372036854775808n, 9223372036854775807n, -1, 300, 9007199254740991] },
        small: { int: -9223372036854775808n },
        float: { float: 0.5 },
        floats: { floats: new Float32Array([1.5, Number.NaN, Number.POSITIVE_INFINITY]) },
        text: { string: 'ÿ' },
        texts: { strings: ['', 'a b'] },
        tensor: { tensor: { type: 'uint8', shape: [2], data: new Uint8Array([7, 255]) } },
        empty: { ints: [] },
      },
    }),
    'float',
    [-1],
  );
  const attributes = decodeModel(graph.build({ name: 'attributes' })).graph.nodes[0]!.attributes;
  const byName = Object.fromEntries(attributes.map((attribute) => [attribute.name, attribute]));
  expect(attributes.map((attribute) => attribute.name)).toEqual(Object.keys(byName).sort());
  expect(byName.big?.ints).toEqual([-9223372036854775808n, 9223372036854775807n, -1, 300, 9007199254740991]);
  expect(byName.small?.int).toBe(-9223372036854775808n);
  expect(byName.float?.float).toBe(0.5);
  expect(byName.floats?.floats).toEqual(new Float32Array([1.5, Number.NaN, Number.POSITIVE_INFINITY]));
  expect(new TextDecoder().decode(byName.text?.string)).toBe('ÿ');
  expect(byName.texts?.strings?.map((bytes) => new TextDecoder().decode(bytes))).toEqual(['', 'a b']);
  expect(byName.tensor?.tensor?.raw).toEqual(new Uint8Array([7, 255]));
  expect(byName.empty?.type).toBe(7);
});

test('an output takes over the name of its value, and a second output of it is a copy', () => {
  const graph = createGraphBuilder();
  const x = graph.input('x', 'float', [-1]);
  const y = graph.node('Neg', [x]);
  const z = graph.node('Abs', [y]);
  graph.output('negative', y, 'float', [-1]);
  graph.output('again', y, 'float', [-1]);
  graph.output('same', x, 'float', [-1]);
  graph.output('absolute', z, 'float', [-1]);
  const { nodes, outputs } = decodeModel(graph.build({ name: 'outputs' })).graph;
  expect(nodes.map((node) => [node.operator, node.inputs, node.outputs])).toEqual([
    ['Neg', ['x'], ['negative']],
    ['Abs', ['negative'], ['absolute']],
    ['Identity', ['negative'], ['again']],
    ['Identity', ['x'], ['same']],
  ]);
  expect(outputs.map((output) => output.name)).toEqual(['negative', 'again', 'same', 'absolute']);
});

test.each([
  ['an unknown value', () => createGraphBuilder().node('Neg', ['nothing'])],
  [
    'two inputs of one name',
    () => {
      const graph = createGraphBuilder();
      graph.input('x', 'float', [1]);
      graph.input('x', 'float', [1]);
    },
  ],
  ['a constant whose shape does not fit its data', () => createGraphBuilder().floats([1, 2, 3], [2, 2])],
  ['an integer that is not safe', () => createGraphBuilder().ints([2 ** 53])],
  ['a graph without outputs', () => createGraphBuilder().build({ name: 'none' })],
])('%s is refused', (_name, build) => {
  expect(build).toThrow(expect.objectContaining({ code: 'INTERNAL' }));
});
