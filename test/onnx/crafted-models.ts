import { PbfWriter } from 'pbf';
import { buildSample } from './sample.ts';

/** A message under construction; fields by number as in `onnx.proto`. */
export type Write = (writer: PbfWriter) => void;

export const message =
  (field: number, ...parts: Write[]): Write =>
  (writer) =>
    writer.writeMessage(field, (all: Write[], inner) => all.forEach((part) => void part(inner)), parts);
export const text =
  (field: number, value: string): Write =>
  (writer) =>
    writer.writeStringField(field, value);
export const int =
  (field: number, value: number): Write =>
  (writer) =>
    writer.writeVarintField(field, value);
export const bytes =
  (field: number, value: Uint8Array): Write =>
  (writer) =>
    writer.writeBytesField(field, value);

export function file(...parts: Write[]): Uint8Array {
  const writer = new PbfWriter();
  for (const part of parts) part(writer);
  return writer.finish().slice();
}

export const header = [int(1, 10), message(8, int(2, 21))];
export const tensorType = (type = 1, ...dims: number[]): Write =>
  message(2, message(1, int(1, type), message(2, ...dims.map((dim) => message(1, int(1, dim))))));
export const input = (name: string, ...rest: Write[]): Write =>
  message(11, text(1, name), ...(rest.length > 0 ? rest : [tensorType()]));
export const output = (name: string, ...rest: Write[]): Write =>
  message(12, text(1, name), ...(rest.length > 0 ? rest : [tensorType()]));
export const node = (operator: string, from: string[], to: string[], ...rest: Write[]): Write =>
  message(
    1,
    ...from.map((name) => text(1, name)),
    ...to.map((name) => text(2, name)),
    text(3, `the_${operator}`),
    text(4, operator),
    ...rest,
  );
export const attribute = (name: string, type: number, ...rest: Write[]): Write =>
  message(5, text(1, name), ...rest, int(20, type));
export const graph = (...parts: Write[]): Write => message(7, ...parts);
export const initializer = (name: string, ...rest: Write[]): Write => message(5, ...rest, text(8, name));

/** A model that is fine, with more in its graph. */
export const model = (...parts: Write[]): Uint8Array =>
  file(...header, graph(node('Neg', ['x'], ['y']), input('x'), output('y'), ...parts));
export const nested = (levels: number): Write =>
  attribute(
    'body',
    5,
    message(6, ...(levels > 0 ? [node('If', ['x'], [`o${levels}`], nested(levels - 1))] : []), output('x')),
  );

const varint =
  (field: number, value: bigint): Write =>
  (writer) => {
    const encoded: number[] = [field << 3];
    for (let rest = value; ; rest >>= 7n) {
      if (rest < 128n) {
        encoded.push(Number(rest));
        break;
      }
      encoded.push(Number(rest & 127n) | 128);
    }
    for (const byte of encoded) {
      writer.realloc(1);
      writer.buf[writer.pos++] = byte;
    }
  };
const fixed =
  (field: number, value: number): Write =>
  (writer) =>
    writer.writeFixed32Field(field, value);
const manyNodes =
  (count: number): Write =>
  (writer) => {
    for (let i = 0; i < count; i++) message(1, text(1, 'x'), text(2, `n${i}`), text(4, 'Neg'))(writer);
  };

/** An initializer whose own length is that of the file, in a graph that is shorter. */
function nestedBeyond(): Uint8Array {
  const tail = new Uint8Array(64);
  return file(...header, bytes(7, Uint8Array.of(0x2a, 0x30, 0x10, 0x01)), bytes(6, tail));
}

/** One tree of one node and two leaves, with some of its lists replaced. */
function trees(replaced: Readonly<Record<string, readonly number[]>>): Write {
  const lists: Readonly<Record<string, readonly number[]>> = {
    nodes_featureids: [0],
    nodes_truenodeids: [0],
    nodes_falsenodeids: [1],
    nodes_trueleafs: [replaced.nodes_truenodeids === undefined ? 1 : 0],
    nodes_falseleafs: [1],
    leaf_targetids: [0, 0],
    tree_roots: [0],
    ...replaced,
  };
  const tensor = (type: number, data: Uint8Array, count: number): Write =>
    message(5, int(1, count), int(2, type), bytes(9, data));
  const floats = (...values: number[]): Uint8Array => new Uint8Array(Float32Array.from(values).buffer);
  return node(
    'TreeEnsemble',
    ['x'],
    ['z'],
    text(7, 'ai.onnx.ml'),
    attribute('n_targets', 2, int(3, 1)),
    ...Object.entries(lists).map(([name, values]) => attribute(name, 7, ...values.map((value) => int(8, value)))),
    attribute('nodes_modes', 4, tensor(2, Uint8Array.of(0), 1)),
    attribute('nodes_splits', 4, tensor(1, floats(0.5), 1)),
    attribute('leaf_weights', 4, tensor(1, floats(1, 2), 2)),
  );
}

const withTrees = (replaced: Parameters<typeof trees>[0]): Uint8Array =>
  file(...header, message(8, text(1, 'ai.onnx.ml'), int(2, 5)), graph(input('x'), output('z'), trees(replaced)));

function giantName(): Uint8Array {
  const name = 'x'.repeat(10_000_000);
  return model(node('Abs', ['x'], [name]), node('Abs', ['x'], [name]));
}

/** Files that somebody made to do harm: what each is, the code that refuses it, and what its message says. */
export const craftedModels: readonly (readonly [name: string, code: string, message: RegExp, file: Uint8Array])[] = [
  ['an empty file', 'MODEL_INVALID', /no graph/, new Uint8Array(0)],
  ['text', 'MODEL_INVALID', /no valid ONNX model/, new TextEncoder().encode('<html>not a model</html>')],
  ['a cut file', 'MODEL_INVALID', /cut/, buildSample().subarray(0, 200)],
  [
    'a length of 2 GB in a short file',
    'MODEL_INVALID',
    /longer than what is left/,
    Uint8Array.of(0x3a, 0xff, 0xff, 0xff, 0xff, 0x07),
  ],
  ['a varint of 11 bytes', 'MODEL_INVALID', /10 bytes/, Uint8Array.of(8, ...Array<number>(11).fill(0xff), 1)],
  ['a group', 'MODEL_INVALID', /wire type 3/, Uint8Array.of(0x0b)],
  ['field number 0', 'MODEL_INVALID', /field number 0/, Uint8Array.of(0x00, 0x01)],
  ['two graphs that a parser would merge', 'MODEL_INVALID', /comes twice/, file(...header, graph(), graph())],
  ['messages nested 500 deep', 'MODEL_INVALID', /nested deeper/, model(node('If', ['x'], ['z'], nested(100)))],
  ['graphs nested 9 deep', 'MODEL_INVALID', /nested deeper/, model(node('If', ['x'], ['z'], nested(9)))],
  ['no IR version', 'MODEL_INVALID', /version of the format/, file(message(8, int(2, 21)), graph())],
  [
    'a future IR version',
    'MODEL_UNSUPPORTED',
    /version 3 to 11 of the ONNX format \(IR version\), got 99/,
    file(int(1, 99), message(8, int(2, 21)), graph()),
  ],
  ['an old IR version', 'MODEL_UNSUPPORTED', /got 1\./, file(int(1, 1), message(8, int(2, 21)), graph())],
  ['a future opset', 'MODEL_UNSUPPORTED', /got 1000/, file(int(1, 10), message(8, int(2, 1000)), graph())],
  [
    'an opset imported twice',
    'MODEL_INVALID',
    /imported twice/,
    file(...header, message(8, text(1, 'ai.onnx'), int(2, 20)), graph()),
  ],
  ['no opset', 'MODEL_INVALID', /no operator set/, file(int(1, 10), graph())],
  ['local functions', 'MODEL_UNSUPPORTED', /local functions/, file(...header, graph(), message(25, text(1, 'f')))],
  ['training graphs', 'MODEL_UNSUPPORTED', /training/, file(...header, graph(), message(20))],
  [
    'a metadata key twice',
    'MODEL_INVALID',
    /key twice/,
    file(...header, graph(input('x'), output('x')), message(14, text(1, 'a')), message(14, text(1, 'a'))),
  ],
  [
    'an unknown domain',
    'MODEL_UNSUPPORTED',
    /the_Evil.*"evil\.domain"/,
    file(
      ...header,
      message(8, text(1, 'evil.domain'), int(2, 1)),
      graph(node('Evil', ['x'], ['y'], text(7, 'evil.domain')), input('x'), output('y')),
    ),
  ],
  ['the domain __proto__', 'MODEL_UNSUPPORTED', /"__proto__"/, model(node('Evil', ['x'], ['z'], text(7, '__proto__')))],
  [
    'an operator that loads files',
    'MODEL_UNSUPPORTED',
    /the_EPContext/,
    file(
      ...header,
      message(8, text(1, 'com.microsoft'), int(2, 1)),
      graph(node('EPContext', [], ['y'], text(7, 'com.microsoft')), output('y')),
    ),
  ],
  [
    'a domain that is not imported',
    'MODEL_INVALID',
    /not imported/,
    model(node('Scaler', ['x'], ['z'], text(7, 'ai.onnx.ml'))),
  ],
  ['a node without an operator', 'MODEL_INVALID', /no operator/, model(message(1, text(1, 'x'), text(2, 'z')))],
  ['a node without outputs', 'MODEL_INVALID', /makes no value/, model(node('Neg', ['x'], []))],
  [
    'an input that nothing makes',
    'MODEL_INVALID',
    /the_Abs.*"nowhere", which nothing makes/,
    model(node('Abs', ['nowhere'], ['z'])),
  ],
  ['a cycle', 'MODEL_INVALID', /the_Abs.*cycle/, model(node('Abs', ['b'], ['a']), node('Sin', ['a'], ['b']))],
  ['a node that takes its own output', 'MODEL_INVALID', /cycle/, model(node('Abs', ['a'], ['a']))],
  ['two nodes with one output name', 'MODEL_INVALID', /two values named "y"/, model(node('Abs', ['x'], ['y']))],
  ['two inputs of one name', 'MODEL_INVALID', /two values named "x"/, model(input('x'))],
  ['two outputs of one name', 'MODEL_INVALID', /two outputs named "y"/, model(output('y'))],
  ['an output that nothing makes', 'MODEL_INVALID', /Nothing makes the output "z"/, model(output('z'))],
  ['no output', 'MODEL_INVALID', /no output/, file(...header, graph(input('x')))],
  ['an input without a type', 'MODEL_INVALID', /"z" has no type/, model(input('z', message(2)))],
  [
    'a sequence as input',
    'MODEL_UNSUPPORTED',
    /"z" is no tensor/,
    model(input('z', message(2, message(4, message(1))))),
  ],
  ['an input of complex numbers', 'MODEL_UNSUPPORTED', /"z" is a tensor of type 14/, model(input('z', tensorType(14)))],
  [
    'an input of 2^60 elements',
    'MODEL_INVALID',
    /"z" claims a shape/,
    model(input('z', tensorType(1, 2 ** 30, 2 ** 30))),
  ],
  [
    'external data by location',
    'MODEL_INVALID',
    /"w" keeps its data in another file/,
    model(initializer('w', int(1, 1), int(2, 1), int(14, 1))),
  ],
  [
    'external data by its list',
    'MODEL_INVALID',
    /another file/,
    model(initializer('w', int(1, 1), int(2, 1), message(13, text(1, 'location'), text(2, '../../etc/passwd')))),
  ],
  [
    'external data in an attribute',
    'MODEL_INVALID',
    /the_Constant.*another file/,
    model(node('Constant', [], ['z'], attribute('value', 4, message(5, int(1, 1), int(2, 1), int(14, 1))))),
  ],
  [
    'external data in a graph inside a node',
    'MODEL_INVALID',
    /another file/,
    model(
      node(
        'If',
        ['x'],
        ['z'],
        attribute('then_branch', 5, message(6, initializer('w', int(1, 1), int(2, 1), int(14, 1)), output('w'))),
      ),
    ),
  ],
  ['sparse initializers', 'MODEL_UNSUPPORTED', /sparse/, model(message(15, message(1, int(2, 1), int(14, 1))))],
  ['a segment', 'MODEL_INVALID', /segment/, model(initializer('w', int(1, 1), int(2, 1), message(3)))],
  [
    'an initializer of an unknown type',
    'MODEL_UNSUPPORTED',
    /element type 99/,
    model(initializer('w', int(1, 1), int(2, 99))),
  ],
  [
    'an initializer of 2^60 elements',
    'MODEL_INVALID',
    /claims the shape/,
    model(initializer('w', int(1, 2 ** 30), int(1, 2 ** 30), int(2, 1))),
  ],
  ['a negative dimension', 'MODEL_INVALID', /dimension is -1/, model(initializer('w', int(1, -1), int(2, 1)))],
  [
    '17 dimensions',
    'MODEL_INVALID',
    /at most 16/,
    model(initializer('w', ...Array.from({ length: 17 }, () => int(1, 1)), int(2, 1))),
  ],
  [
    'raw data shorter than the shape',
    'MODEL_INVALID',
    /Expected 3 elements.*got 2/,
    model(initializer('w', int(1, 3), int(2, 1), bytes(9, new Uint8Array(8)))),
  ],
  [
    'raw data of half an element',
    'MODEL_INVALID',
    /got 1.5/,
    model(initializer('w', int(1, 2), int(2, 1), bytes(9, new Uint8Array(6)))),
  ],
  [
    'strings as raw data',
    'MODEL_INVALID',
    /got 0/,
    model(initializer('w', int(1, 2), int(2, 8), bytes(9, new Uint8Array(6)))),
  ],
  [
    'data twice',
    'MODEL_INVALID',
    /two lists/,
    model(initializer('w', int(1, 1), int(2, 1), bytes(4, new Uint8Array(4)), bytes(9, new Uint8Array(4)))),
  ],
  [
    'two initializers of one name',
    'MODEL_INVALID',
    /two values named "w"/,
    model(
      initializer('w', int(2, 1), bytes(9, new Uint8Array(4))),
      initializer('w', int(2, 1), bytes(9, new Uint8Array(4))),
    ),
  ],
  [
    'an attribute twice',
    'MODEL_INVALID',
    /"a" twice/,
    model(node('Abs', ['x'], ['z'], attribute('a', 2, int(3, 1)), attribute('a', 2, int(3, 2)))),
  ],
  [
    'an attribute of an unknown kind',
    'MODEL_INVALID',
    /unknown kind 77/,
    model(node('Abs', ['x'], ['z'], attribute('a', 77))),
  ],
  [
    'an attribute whose kind is not its content',
    'MODEL_INVALID',
    /does not hold/,
    model(node('Abs', ['x'], ['z'], attribute('a', 1, int(3, 1)))),
  ],
  [
    'an attribute that refers to a function',
    'MODEL_INVALID',
    /refers to/,
    model(node('Abs', ['x'], ['z'], attribute('a', 2, int(3, 1), text(21, 'outer')))),
  ],
  [
    'a constant shape of 2^60 elements',
    'MODEL_INVALID',
    /the_ConstantOfShape.*makes a tensor/,
    model(
      initializer(
        's',
        int(1, 2),
        int(2, 7),
        bytes(9, new Uint8Array(new BigInt64Array([2n ** 30n, 2n ** 30n]).buffer)),
      ),
      node('ConstantOfShape', ['s'], ['z']),
    ),
  ],
  ['a name that is not UTF-8', 'MODEL_INVALID', /UTF-8/, file(...header, bytes(2, Uint8Array.of(0xff, 0xfe)))],
  [
    'dimensions whose product is 0 in 64 bits',
    'MODEL_INVALID',
    /claims the shape/,
    model(initializer('w', int(1, 2 ** 32), int(1, 2 ** 32), int(2, 1))),
  ],
  [
    'a dimension of 2^63 - 1',
    'MODEL_INVALID',
    /dimension is 9223372036854775807/,
    model(initializer('w', varint(1, 2n ** 63n - 1n), int(2, 1))),
  ],
  ['an opset of 2^62', 'MODEL_INVALID', /exceeds 2\^53/, file(int(1, 10), message(8, varint(2, 2n ** 62n)), graph())],
  [
    'an IR version below zero',
    'MODEL_INVALID',
    /version of the format/,
    file(int(1, -3), message(8, int(2, 21)), graph()),
  ],
  ['a graph that is a number', 'MODEL_INVALID', /wire type|graph/, file(...header, int(7, 1))],
  [
    'a name of fixed length',
    'MODEL_INVALID',
    /wire type/,
    model(message(1, fixed(3, 7), text(4, 'Neg'), text(2, 'z'))),
  ],
  [
    'a dimension that is a text',
    'MODEL_INVALID',
    /Expected \d+ elements/,
    model(initializer('w', text(1, 'many'), int(2, 1))),
  ],
  ['a tensor that is longer than what holds it', 'MODEL_INVALID', /longer than what is left/, nestedBeyond()],
  [
    'a varint that ends with its message',
    'MODEL_INVALID',
    /cut/,
    file(...header, bytes(7, Uint8Array.of(0x2a, 0x03, 0x10, 0xff, 0xff))),
  ],
  [
    'a list that claims two gigabytes',
    'MODEL_INVALID',
    /longer than what is left/,
    file(...header, bytes(7, Uint8Array.of(0x2a, 0x06, 0x22, 0xff, 0xff, 0xff, 0xff, 0x07))),
  ],
  [
    'functions that call each other',
    'MODEL_UNSUPPORTED',
    /local functions/,
    file(
      ...header,
      graph(node('f', ['x'], ['y'], text(7, 'own')), input('x'), output('y')),
      message(25, text(1, 'f'), node('g', ['x'], ['y'], text(7, 'own'))),
      message(25, text(1, 'g'), node('f', ['x'], ['y'], text(7, 'own'))),
    ),
  ],
  ['more nodes than are accepted', 'MODEL_INVALID', /more than 100000 nodes|more elements/, model(manyNodes(100_001))],
  [
    'a domain with a NUL behind it',
    'MODEL_UNSUPPORTED',
    /not supported/,
    model(node('Scaler', ['x'], ['z'], text(7, 'ai.onnx.ml\0'))),
  ],
  [
    'external data in an absolute path',
    'MODEL_INVALID',
    /another file/,
    model(initializer('w', int(1, 1), int(2, 1), int(14, 1), message(13, text(1, 'location'), text(2, '/dev/zero')))),
  ],
  [
    'a constant shape below zero',
    'MODEL_INVALID',
    /the_ConstantOfShape.*makes a tensor/,
    model(
      initializer('s', int(1, 1), int(2, 7), bytes(9, new Uint8Array(new BigInt64Array([-5n]).buffer))),
      node('ConstantOfShape', ['s'], ['z']),
    ),
  ],
  ['a tree that leads back to its root', 'MODEL_INVALID', /reached twice/, withTrees({ nodes_truenodeids: [0] })],
  [
    'a tree that leads out of its nodes',
    'MODEL_INVALID',
    /leads to node 70000/,
    withTrees({ nodes_truenodeids: [70_000] }),
  ],
  ['a leaf that is not there', 'MODEL_INVALID', /leads to leaf 9/, withTrees({ nodes_falsenodeids: [9] })],
  ['a root that is not there', 'MODEL_INVALID', /tree_roots/, withTrees({ tree_roots: [5] })],
  ['a feature below zero', 'MODEL_INVALID', /nodes_featureids/, withTrees({ nodes_featureids: [-1] })],
  ['a leaf of an output that is not there', 'MODEL_INVALID', /leaf_targetids/, withTrees({ leaf_targetids: [0, 3] })],
  ['a name of ten megabytes', 'MODEL_INVALID', /a name has 10000000 bytes/, giantName()],
];
