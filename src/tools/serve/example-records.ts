import type { ModelSignature, SignatureInput } from '../../onnx/signature.ts';

/** Values of one example: JSON that `POST /v1/predict` takes. */
export type ExampleRecord = Readonly<Record<string, string | number | boolean>>;

/** Made-up records: points within the ranges, known categories in turn. The same for the same signature. */
export function exampleRecords(signature: ModelSignature, count = 2): readonly ExampleRecord[] {
  return Array.from({ length: count }, (_, i) =>
    Object.fromEntries(signature.inputs.map((input) => [input.name, exampleValue(input, i, count)])),
  );
}

function exampleValue(input: SignatureInput, i: number, count: number): string | number | boolean {
  switch (input.kind) {
    case 'number': {
      const value = within(input.range, i, count);
      return input.integers ? Math.round(value) : Number(value.toPrecision(3));
    }
    case 'boolean':
      return i % 2 === 0;
    case 'category':
      return input.categories[i % Math.max(1, input.categories.length)] ?? 'other';
    case 'datetime':
      return new Date(Math.round(within(input.range, i, count))).toISOString();
  }
}

const within = ([low, high]: readonly [number, number], i: number, count: number): number =>
  low + ((high - low) * (i + 1)) / (count + 1);

/** A line for a POSIX shell that asks a running service for a prediction. */
export function exampleCurl(signature: ModelSignature, url: string): string {
  const body = JSON.stringify(exampleRecords(signature, 1)[0]).replace(
    /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return `curl -s ${quoted(`${url.replace(/\/$/, '')}/v1/predict`)} -H 'content-type: application/json' -d ${quoted(body)}`;
}

const quoted = (text: string): string => `'${text.replace(/'/g, "'\\''")}'`;
