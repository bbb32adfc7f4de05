import type { Json } from '../../core/helpers/canonical-json.ts';
import type { ModelSignature, SignatureInput } from '../../onnx/signature.ts';

/** A JSON Schema. */
export type JsonSchema = { readonly [key: string]: Json | undefined };

const dialect = 'https://json-schema.org/draft/2020-12/schema';

/** JSON Schema (2020-12) of one record of a model. Every member may be absent or null, which is a missing value; one must be there. */
export function jsonSchemaOfRecord(signature: ModelSignature): JsonSchema {
  return {
    $schema: dialect,
    title: `A record to predict ${signature.target} for`,
    type: 'object',
    // `fromEntries` defines members, so that a column named `__proto__` is one like any other.
    properties: Object.fromEntries(signature.inputs.map((input) => [input.name, schemaOf(input)])),
    additionalProperties: false,
    minProperties: 1,
  };
}

/** JSON Schema of the answer for one record. */
export function jsonSchemaOfAnswer({ output, target }: ModelSignature): JsonSchema {
  const title = `The prediction of ${target}`;
  if (output.kind === 'classification') {
    const share = { type: ['number', 'null'], minimum: 0, maximum: 1 };
    return {
      $schema: dialect,
      title,
      type: 'object',
      properties: {
        prediction: { type: 'string', enum: [...output.classes] },
        probabilities: {
          type: 'object',
          properties: Object.fromEntries(output.classes.map((label) => [label, share])),
          required: [...output.classes],
          additionalProperties: false,
        },
        explanation: explanationSchema,
      },
      required: ['prediction', 'probabilities'],
      additionalProperties: false,
    };
  }
  const limit = { type: ['number', 'null'] };
  const unit = output.unit === undefined ? {} : { description: `In ${output.unit}.` };
  const interval =
    output.interval === undefined
      ? {}
      : {
          interval: {
            type: 'object',
            description: `Holds ${Math.round(output.interval.coverage * 100)} % of true values.`,
            properties: { low: limit, high: limit },
            required: ['low', 'high'],
            additionalProperties: false,
          },
        };
  return {
    $schema: dialect,
    title,
    type: 'object',
    properties: { prediction: { type: ['number', 'null'], ...unit }, ...interval, explanation: explanationSchema },
    required: ['prediction', ...Object.keys(interval)],
    additionalProperties: false,
  };
}

const explanationSchema = {
  type: 'object',
  description:
    'With ?explain=1: exact SHAP values, what each column added to the score, largest first; base plus their sum is the score.',
  properties: {
    prediction: { type: ['string', 'number'] },
    scale: {
      enum: ['value', 'log-odds'],
      description: 'The unit of the target, or for classes the score before sigmoid or softmax and calibration.',
    },
    class: { type: 'string', description: 'The class whose score is explained.' },
    base: { type: 'number', description: 'The score that is expected before anything is known of the record.' },
    contributions: {
      type: 'array',
      items: {
        type: 'object',
        properties: { column: { type: 'string' }, value: { type: 'number' } },
        required: ['column', 'value'],
      },
    },
  },
  required: ['contributions'],
};

function schemaOf(input: SignatureInput): JsonSchema {
  switch (input.kind) {
    case 'number':
      return {
        type: ['number', 'string', 'null'],
        description: `${input.integers ? 'Whole number' : 'Number'}${input.unit ? ` in ${input.unit}` : ''}; 98 % of the values in training lay from ${rounded(input.range[0])} to ${rounded(input.range[1])}. A text is read as in the training data.`,
        examples: [
          rounded(
            input.integers ? Math.round((input.range[0] + input.range[1]) / 2) : (input.range[0] + input.range[1]) / 2,
          ),
        ],
      };
    case 'boolean':
      return {
        type: ['boolean', 'string', 'integer', 'null'],
        description: `${JSON.stringify(input.labels[0])} or 0 is false, ${JSON.stringify(input.labels[1])} or 1 is true.`,
        examples: [true, false],
      };
    case 'category':
      return {
        type: ['string', 'number', 'boolean', 'null'],
        description: 'One of the values that the model knows (see examples); any other counts as unknown.',
        examples: [...input.categories],
      };
    case 'datetime':
      return {
        type: ['string', 'integer', 'null'],
        description: 'ISO 8601 (UTC where it has no zone), or milliseconds since 1970.',
        examples: [new Date(Math.round((input.range[0] + input.range[1]) / 2)).toISOString()],
      };
  }
}

/** A limit of a range for reading. */
export const rounded = (value: number): number => Number(value.toPrecision(4));
