import { describe, expect, test } from 'vitest';
import { TrainerError } from '../../src/core/errors.ts';
import { createRandom } from '../../src/core/helpers/random.ts';
import { checkModel } from '../../src/onnx/check-model.ts';
import {
  attribute,
  bytes,
  craftedModels,
  initializer,
  int,
  message,
  model,
  node,
  output,
  type Write,
} from './crafted-models.ts';
import { buildSample } from './sample.ts';

test('a model of ours and a small valid model pass', () => {
  expect(checkModel(buildSample()).graph.nodes).toHaveLength(6);
  expect(checkModel(model()).graph.name).toBe('');
  expect(
    checkModel(model(initializer('w', int(1, 2), int(2, 1), bytes(9, new Uint8Array(8))))).graph.initializers,
  ).toHaveLength(1);
});

test.each(craftedModels)('%s is refused', (_name, code, pattern, content) => {
  const refuse = () => checkModel(content);
  expect(refuse).toThrow(expect.objectContaining({ code, message: expect.stringMatching(pattern) }));
  // A name in the file does not fill the log.
  expect(refuse).toThrow(expect.objectContaining({ message: expect.stringMatching(/^.{1,1000}$/s) }));
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
