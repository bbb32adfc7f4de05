import { describe, expect, it } from 'vitest';
import { assessRequest } from '../../../src/agents/task/assess/assess.ts';
import { understandRequest } from '../../../src/agents/task/understand/understand-request.ts';
import type { FixedAnswers } from '../../../src/agents/task/understand/understanding.ts';
import { verdictMessage } from '../../../src/core/verdict-messages.ts';
import { profileOf } from './score-requests.ts';

const penguins = profileOf({
  rows: 344,
  columns: [
    'species | category | Adelie:152 Chinstrap:68 Gentoo:124',
    'island | category | distinct=3',
    'bill_length_mm | number | 30..60',
    'body_mass_g | number | 2700..6300',
  ],
});
const visits = profileOf({
  rows: 900,
  columns: [
    'browser | category | chrome:500 firefox:400',
    'module | number | 0..100',
    'minutes_in_browser | number | 0..90',
    'dependencies | number | 0..50',
    'bought | category | no:700 yes:200',
  ],
});

function specOf(prompt: string, profile = penguins, fixed: FixedAnswers = {}) {
  const result = understandRequest({ prompt, profile, fixed });
  if (result.kind !== 'spec') throw new Error(`Expected a spec, got ${JSON.stringify(result)}`);
  return result.spec;
}

const formsOf = (prompt: string, profile = penguins) => (specOf(prompt, profile).forms ?? []).map(({ form }) => form);

describe('forms that a request asks for in words', () => {
  it.each([
    ['Predict the species of a penguin, as float16', ['float16']],
    ['Predict species in FP16', ['float16']],
    ['Predict species in half precision', ['float16']],
    ['Predict species, as float-16 weights', ['float16']],
    ['Predict species as int8', ['int8']],
    ['Predict species, quantised to int8 please', ['int8']],
    ['Predict species, quantized', ['int8']],
    ['Predict species, statically quantized 8-bit weights', ['int8']],
    ['Predict species as dynamic int8', ['int8-dynamic']],
    ['Predict species, dynamically quantised', ['int8-dynamic']],
    ['Predict species as int8 (dynamic and static)', ['int8', 'int8-dynamic']],
    ['Predict species, static and dynamic int8', ['int8', 'int8-dynamic']],
    ['Predict species for the browser', ['browser']],
    ['Predict species, it must run in the browser', ['browser']],
    ['Predict species, deliver it for our web browser users', ['browser']],
    ['Predict species, no server, runs in-browser', ['browser']],
    ['Predict species as a JavaScript module', ['javascript']],
    ['Predict species as an ES module', ['javascript']],
    ['Predict species as a module of JavaScript', ['javascript']],
    ['Predict species with no dependencies', ['javascript']],
    ['Predict species in plain JavaScript without dependencies', ['javascript']],
    ['Predict species as a dependency-free TypeScript module', ['typescript']],
    ['Predict species; I want the model as TypeScript code', ['typescript']],
    [
      'Predict species as ONNX float32, float16, int8 (dynamic and static), as a JS module and for the browser',
      ['float32', 'float16', 'int8', 'int8-dynamic', 'javascript', 'browser'],
    ],
    ['Predict species', []],
  ])('"%s" is %j', (prompt, forms) => {
    expect(formsOf(prompt)).toEqual(forms);
  });

  it.each([
    ['Predict species. Not in float16.', []],
    ["Predict species, don't quantise it", []],
    ['Predict species, without quantisation', []],
    ['Predict species. We do not need a browser version', []],
    ['Predict species; float32 is not needed', []],
    ['Predict species, no int8, float16 instead of float32', ['float16']],
    ['Predict species as int8 rather than float16', ['int8']],
  ])('"%s" denies and asks for %j', (prompt, forms) => {
    expect(formsOf(prompt)).toEqual(forms);
  });

  it.each([
    ['Predict bought from browser and module', 'bought'],
    ['Predict the browser of a visitor', 'browser'],
    ['Predict minutes in browser', 'minutes_in_browser'],
    ['How many dependencies has a module? Estimate dependencies.', 'dependencies'],
  ])('"%s" speaks of columns and asks for none', (prompt, target) => {
    const spec = specOf(prompt, visits);
    expect([spec.target.value, spec.forms]).toEqual([target, undefined]);
  });

  it('are no score, no limit and no column to leave out', () => {
    const spec = specOf(
      'Predict species in half precision, 16-bit weights, no dependencies, precision of at least 0.9',
    );
    expect(spec.metrics).toMatchObject([{ metric: 'precision', threshold: 0.9 }]);
    expect(spec.limits).toEqual({});
    expect(spec.unsupported.filter(({ code }) => code !== 'METRIC_UNSUITED')).toEqual([]);
    expect(spec.forms).toEqual([
      { form: 'float16', source: 'prompt', quote: 'half precision' },
      { form: 'javascript', source: 'prompt', quote: 'no dependencies' },
    ]);
  });

  it('give way to what the host has fixed', () => {
    expect(specOf('Predict species as int8', penguins, { forms: ['float16'] }).forms).toEqual([
      { form: 'float16', source: 'host' },
    ]);
    expect(specOf('Predict species as int8', penguins, { forms: [] }).forms).toBeUndefined();
  });

  it.each([
    'tflite',
    'TensorFlow Lite',
    'CoreML',
    'Core ML',
    'TorchScript',
    'PMML',
    'OpenVINO',
    'TensorRT',
    'bfloat16',
    '4-bit quantization',
    'python code',
  ])('that can not be had are refused before training, with what can: %s', (form) => {
    const spec = specOf(`Predict species as ${form}`);
    expect(spec.forms).toBeUndefined();
    const reason = assessRequest(spec, penguins).reasons.find(({ code }) => code === 'UNSUPPORTED_WISH');
    expect(reason?.evidence.wish).toBe('EXPORT_FORMAT');
    const message = verdictMessage(reason!);
    expect(message).toContain(form);
    expect(message).toMatch(/can not be made here, and nothing is trained for it\. What can be done: ask for ONNX/);
  });
});

describe('a limit in words', () => {
  it.each([
    ['Predict species in under 2 ms', { latencyMs: 2 }],
    ['Predict species, it fits in 200 kB', { sizeBytes: 200_000 }],
    ['Predict species on a device with 256 MB', { memoryBytes: 256_000_000 }],
    ['Predict species on a 512 MB container', { memoryBytes: 512_000_000 }],
    ['Predict species, the phone has 256 MB of memory', { memoryBytes: 256_000_000 }],
    ['Predict species, the model file on the phone must be below 2 MB', { sizeBytes: 2_000_000 }],
    ['Predict species on a board with 4 MB of flash', { sizeBytes: 4_000_000 }],
  ])('"%s" is %j', (prompt, limits) => {
    const found = Object.entries(specOf(prompt).limits).map(([name, wish]) => [name, wish.value]);
    expect(Object.fromEntries(found)).toEqual(limits);
  });
});
