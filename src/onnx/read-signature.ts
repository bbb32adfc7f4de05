import { z } from 'zod';
import { TrainerError } from '../core/errors.ts';
import { canonicalJson, type Json } from '../core/helpers/canonical-json.ts';
import { inputTensors } from './input-tensors.ts';
import { dataTypes, type OnnxModel, type OnnxValue } from './model.ts';
import type { ModelSignature, SignatureInput } from './signature.ts';

/** Keys of `metadata_props` that our models have. */
export const metadataKeys = {
  signature: 'traineragent.signature',
  card: 'traineragent.card',
  explanation: 'traineragent.explanation',
  reference: 'traineragent.reference',
} as const;

const index = z.number().int().min(0).max(1_000_000);
const range = z.tuple([z.number(), z.number()]);
const base = { name: z.string(), index, format: z.json().optional() };
const inputSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    ...base,
    kind: z.literal('number'),
    tensor: z.literal('numbers'),
    unit: z.string().optional(),
    integers: z.boolean(),
    range,
  }),
  z.strictObject({
    ...base,
    kind: z.literal('boolean'),
    tensor: z.literal('numbers'),
    labels: z.tuple([z.string(), z.string()]),
  }),
  z.strictObject({
    ...base,
    kind: z.literal('category'),
    tensor: z.literal('categories'),
    categories: z.array(z.string()),
  }),
  z.strictObject({ ...base, kind: z.literal('datetime'), tensor: z.literal('datetimes'), range }),
]);
const outputSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('classification'),
    classes: z.array(z.string()).min(2),
    positive: z.string().optional(),
  }),
  z.strictObject({
    kind: z.literal('regression'),
    unit: z.string().optional(),
    interval: z.strictObject({ coverage: z.number().gt(0).lt(1) }).optional(),
  }),
]);
const signatureSchema = z.strictObject({
  formatVersion: z.literal(1),
  task: z.enum(['binary', 'multiclass', 'regression']),
  target: z.string(),
  inputs: z.array(inputSchema),
  missingCategory: z.string().min(1),
  output: outputSchema,
});

function wrong(message: string, cause?: unknown): TrainerError {
  return new TrainerError('MODEL_SIGNATURE', message, cause === undefined ? {} : { cause });
}

const inputTypes = {
  numbers: dataTypes.float,
  categories: dataTypes.string,
  datetimes: dataTypes.int64,
} as const;

/** The outputs that a signature promises: name, element type and fixed dimensions after the rows. */
function promisedOutputs(signature: ModelSignature): readonly [name: string, dataType: number, columns?: number][] {
  const { output } = signature;
  if (output.kind === 'classification') {
    return [
      ['label', dataTypes.string],
      ['probabilities', dataTypes.float, output.classes.length],
    ];
  }
  const prediction: [string, number] = ['prediction', dataTypes.float];
  return output.interval === undefined ? [prediction] : [prediction, ['interval', dataTypes.float, 2]];
}

/** Whether a value has a free number of rows and then exactly `columns` columns, or no second dimension. */
function fits(value: OnnxValue, dataType: number, columns: number | undefined): boolean {
  const { shape } = value;
  if (value.dataType !== dataType || shape === undefined || typeof shape[0] === 'number') return false;
  return columns === undefined ? shape.length === 1 : shape.length === 2 && shape[1] === columns;
}

function checkInputs(signature: ModelSignature): void {
  const names = new Set<string>();
  const places = new Set<string>();
  for (const input of signature.inputs) {
    if (names.has(input.name)) throw wrong(`The model's signature has the input ${JSON.stringify(input.name)} twice.`);
    names.add(input.name);
    places.add(`${input.tensor}/${input.index}`);
  }
  for (const [tensor, count] of inputTensors(signature.inputs)) {
    for (let i = 0; i < count; i++) {
      if (!places.has(`${tensor}/${i}`)) throw wrong(`The model's signature fills no column ${i} of "${tensor}".`);
    }
  }
  const isRegression = signature.task === 'regression';
  if (isRegression !== (signature.output.kind === 'regression')) {
    throw wrong(`The model's signature has the task ${signature.task} and the output ${signature.output.kind}.`);
  }
}

function checkGraph(signature: ModelSignature, model: OnnxModel): void {
  const { graph } = model;
  const tensors = inputTensors(signature.inputs);
  for (const input of graph.inputs) {
    const name = input.name as SignatureInput['tensor'];
    if (!tensors.has(name)) throw wrong(`The graph has the input "${input.name}", which the signature does not fill.`);
  }
  for (const [tensor, count] of tensors) {
    const input = graph.inputs.find((value) => value.name === tensor);
    if (input === undefined || !fits(input, inputTypes[tensor], count)) {
      throw wrong(
        `Expected the graph to have an input "${tensor}" of ${count} columns and its type, as the signature says.`,
      );
    }
  }
  const promised = promisedOutputs(signature);
  for (const [name, dataType, columns] of promised) {
    const output = graph.outputs.find((value) => value.name === name);
    if (output === undefined || !fits(output, dataType, columns)) {
      throw wrong(`Expected the graph to have an output "${name}" of the type and columns that the signature says.`);
    }
  }
  if (graph.outputs.length !== promised.length) throw wrong('The graph has outputs that the signature does not name.');
}

/**
 * An entry of the metadata as JSON; undefined where there is none.
 *
 * @throws {TrainerError} MODEL_SIGNATURE where it is no JSON.
 */
export function parseMetadata(model: OnnxModel, key: string): unknown {
  const entry = model.metadata.find(([name]) => name === key);
  if (entry === undefined) return undefined;
  try {
    return JSON.parse(entry[1]);
  } catch (cause) {
    throw wrong(`The model's metadata "${key}" is no valid JSON.`, cause);
  }
}

/**
 * Reads the signature of a checked model and holds it against the graph's inputs and outputs.
 *
 * @throws {TrainerError} MODEL_SIGNATURE where there is none, or it is broken or does not match; FORMAT_VERSION where a
 * newer version wrote it.
 */
export function readSignature(model: OnnxModel): ModelSignature {
  const json = parseMetadata(model, metadataKeys.signature);
  if (json === undefined) {
    throw wrong(
      'The model carries no signature, so it is not known which columns it takes. Predict with its tensors instead.',
    );
  }
  const version = (json as { formatVersion?: unknown } | null)?.formatVersion;
  if (typeof version === 'number' && version > 1) {
    throw new TrainerError(
      'FORMAT_VERSION',
      `The model's signature has format version ${version}; this reads 1. Update traineragent.`,
    );
  }
  const signature = validate(json);
  checkGraph(signature, model);
  return signature;
}

function validate(json: unknown): ModelSignature {
  let parsed: ReturnType<typeof signatureSchema.safeParse>;
  try {
    parsed = signatureSchema.safeParse(json);
  } catch (cause) {
    // JSON nested so deep that the schema overflows the stack.
    throw wrong("The model's signature can not be read.", cause);
  }
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const where = issue === undefined || issue.path.length === 0 ? '' : ` at ${issue.path.join('.')}`;
    throw wrong(`The model's signature is broken${where}: ${issue?.message ?? 'unknown reason'}.`, parsed.error);
  }
  const signature = parsed.data as ModelSignature;
  checkInputs(signature);
  return signature;
}

/**
 * The card that the file carries: everything measured that does not depend on the clock or the machine.
 *
 * @throws {TrainerError} MODEL_SIGNATURE where it is no JSON.
 */
export function readCard(model: OnnxModel): Json | undefined {
  return parseMetadata(model, metadataKeys.card) as Json | undefined;
}

/**
 * The text that the file's metadata hold, canonical, so that equal signatures give equal files.
 *
 * @throws {TrainerError} MODEL_SIGNATURE where it breaks a rule.
 */
export function writeSignature(signature: ModelSignature): string {
  const text = canonicalJson(signature);
  // As it will be read, without members that are undefined.
  validate(JSON.parse(text));
  return text;
}
