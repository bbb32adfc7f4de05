import { PbfWriter } from 'pbf';
import { describe, expect, test } from 'vitest';
import { TrainerError } from '../../src/core/errors.ts';
import { createRandom } from '../../src/core/helpers/random.ts';
import { checkModel } from '../../src/onnx/check-model.ts';
import { buildSample } from './sample.ts';

/** A message under construction; fields by number as in `onnx.proto`. */
type Write = (writer: PbfWriter) => void;

const message =
  (field: number, ...parts: Write[]): Write =>
  (writer) =>
    writer.writeMessage(field, (all: Write[], inner) => all.forEach((part) => void part(inner)), parts);
const text =
  (field: number, value: string): Write =>
  (writer) =>
    writer.writeStringField(field, value);
const int =
  (field: number, value: number): Write =>
  (writer) =>
    writer.writeVarintField(field, value);
const bytes =
  (field: number, value: Uint8Array): Write =>
  (writer) =>
    writer.writeBytesField(field, value);

function file(...parts: Write[]): Uint8Array {
  const writer = new PbfWriter();
  for (const part of parts) part(writer);
  return writer.finish().slice();
}

const header = [int(1, 10), message(8, int(2, 21))];
const tensorType = (type = 1, ...dims: number[]): Write =>
  message(2, message(1, int(1, type), message(2, ...dims.map((dim) => message(1, int(1, dim))))));
const input = (name: string, ...rest: Write[]): Write =>
  message(11, text(1, name), ...(rest.length > 0 ? rest : [tensorType()]));
const output = (name: string, ...rest: Write[]): Write =>
  message(12, text(1, name), ...(rest.length > 0 ? rest : [tensorType()]));
const node = (operator: string, from: string[], to: string[], ...rest: Write[]): Write =>
  message(
    1,
    ...from.map((name) => text(1, name)),
    ...to.map((name) => text(2, name)),
    text(3, `the_${operator}`),
    text(4, operator),
    ...rest,
  );
const attribute = (name: string, type: number, ...rest: Write[]): Write =>
  message(5, text(1, name), ...rest, int(20, type));
const graph = (...parts: Write[]): Write => message(7, ...parts);
const initializer = (name: string, ...rest: Write[]): Write => message(5, ...rest, text(8, name));

/** A model that is fine, with more in its graph. */
const model = (...parts: Write[]): Uint8Array =>
  file(...header, graph(node('Neg', ['x'], ['y']), input('x'), output('y'), ...parts));
const nested = (levels: number): Write =>
  attribute(
    'body',
    5,
    message(6, ...(levels > 0 ? [node('If', ['x'], [`o${levels}`], nested(levels - 1))] : []), output('x')),
  );

test('a model of ours and a small valid model pass', () => {
  expect(checkModel(buildSample()).graph.nodes).toHaveLength(6);
  expect(checkModel(model()).graph.name).toBe('');
  expect(
    checkModel(model(initializer('w', int(1, 2), int(2, 1), bytes(9, new Uint8Array(8))))).graph.initializers,
  ).toHaveLength(1);
});

test.each<[string, string, RegExp, Uint8Array]>([
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
    /IR version 3 to 11, got 99/,
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
])('%s is refused', (_name, code, pattern, content) => {
  expect(() => checkModel(content)).toThrow(expect.objectContaining({ code, message: expect.stringMatching(pattern) }));
});

test('limits on bytes, nodes and elements are kept', () => {
  const sample = buildSample();
  expect(() => checkModel(sample, { bytes: 10 })).toThrow(/at most 10/);
  expect(() => checkModel(sample, { nodes: 4 })).toThrow(/more than 4 nodes/);
  expect(() => checkModel(sample, { elements: 5 })).toThrow(/at most/);
});

test('a value of the outer graph can be used inside, and not made again', () => {
  const branch = (...parts: Write[]): Uint8Array =>
    model(node('If', ['x'], ['z'], attribute('then_branch', 5, message(6, ...parts))));
  expect(() => checkModel(branch(node('Abs', ['y'], ['inner']), output('inner', message(2))))).not.toThrow();
  expect(() => checkModel(branch(node('Abs', ['x'], ['y']), output('y')))).toThrow(/two values named "y"/);
});

test('many small messages do not become more memory than is accepted', () => {
  const pairs = new Uint8Array(5_000_000);
  for (let i = 0; i < pairs.length; i += 2) pairs[i] = 0x72;
  expect(() => checkModel(pairs)).toThrow(/more elements than are accepted/);
});

describe('altered files', () => {
  const sample = buildSample();

  test('500 files with a byte changed are refused with a typed error or accepted', () => {
    const random = createRandom('flips');
    let refused = 0;
    for (let i = 0; i < 500; i++) {
      const flipped = sample.slice();
      const at = random.integer(flipped.length);
      flipped[at] = flipped[at]! ^ (1 + random.integer(255));
      try {
        checkModel(flipped);
      } catch (error) {
        if (!TrainerError.isInstance(error)) throw error;
        expect(['MODEL_INVALID', 'MODEL_UNSUPPORTED']).toContain(error.code);
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(250);
  });

  test('every prefix of a file is refused', () => {
    // Cut between two fields of the top level, what is left is a whole message with less in it.
    let accepted = 0;
    for (let length = 0; length < sample.length; length++) {
      try {
        checkModel(sample.subarray(0, length));
        accepted++;
      } catch (error) {
        if (!TrainerError.isInstance(error)) throw error;
      }
    }
    expect(accepted).toBeLessThanOrEqual(2);
  });
});
