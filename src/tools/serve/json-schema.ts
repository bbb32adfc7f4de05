import type { Json } from '../../core/helpers/canonical-json.ts';
import type { ModelSignature, SignatureInput } from '../../onnx/signature.ts';

type Schema = { readonly [key: string]: Json | undefined };

/** JSON Schema (2020-12) of one record of a model. Every member may be absent or null, which is a missing value. */
export function jsonSchemaOfRecord(signature: ModelSignature): Schema {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: `A record to predict ${signature.target} for`,
    type: 'object',
    // `fromEntries` defines members, so that a column named `__proto__` is one like any other.
    properties: Object.fromEntries(signature.inputs.map((input) => [input.name, schemaOf(input)])),
    additionalProperties: false,
  };
}

function schemaOf(input: SignatureInput): Schema {
  switch (input.kind) {
    case 'number':
      return {
        type: ['number', 'null'],
        description: `${input.integers ? 'Whole number' : 'Number'}${input.unit ? ` in ${input.unit}` : ''}; 98 % of the values in training lay from ${rounded(input.range[0])} to ${rounded(input.range[1])}.`,
      };
    case 'boolean':
      return {
        anyOf: [{ type: ['boolean', 'null'] }, { enum: [...input.labels, 0, 1] }],
        description: `${JSON.stringify(input.labels[0])} is false, ${JSON.stringify(input.labels[1])} is true.`,
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
      };
  }
}

/** A limit of a range for reading. */
export const rounded = (value: number): number => Number(value.toPrecision(4));
