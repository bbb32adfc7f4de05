import type { ModelSignature, SignatureInput } from '../../onnx/signature.ts';
import { rounded } from './json-schema.ts';

/** TypeScript interfaces of a record and of its prediction, as the text of a module. */
export function typescriptOfRecord(signature: ModelSignature): string {
  const members = signature.inputs.flatMap((input) => [
    `  /** ${comment(describe(input))} */`,
    `  readonly ${key(input.name)}?: ${typeOf(input)} | null;`,
  ]);
  const { output } = signature;
  const classes = output.kind === 'classification' ? output.classes.map(literal).join(' | ') : '';
  return [
    `/** A record to predict ${comment(signature.target)} for; absent and null are missing. */`,
    'export interface ModelInput {',
    ...members,
    '}',
    '',
    '/** What the model answers for one record. */',
    'export interface ModelOutput {',
    ...(output.kind === 'classification'
      ? [`  readonly prediction: ${classes};`, `  readonly probabilities: Readonly<Record<${classes}, number>>;`]
      : [
          `  ${output.unit ? `/** In ${comment(output.unit)}. */\n  ` : ''}readonly prediction: number;`,
          ...(output.interval
            ? [
                `  /** Holds ${Math.round(output.interval.coverage * 100)} % of true values. */`,
                '  readonly interval: { readonly low: number; readonly high: number };',
              ]
            : []),
        ]),
    '}',
    '',
  ].join('\n');
}

function typeOf(input: SignatureInput): string {
  switch (input.kind) {
    case 'number':
      return 'number';
    case 'boolean':
      return `boolean | ${literal(input.labels[0])} | ${literal(input.labels[1])}`;
    case 'category':
      // `string & {}` keeps the editor's suggestions while it allows values that the model has not seen.
      return input.categories.length === 0 || input.categories.length > 50
        ? 'string'
        : `${input.categories.map(literal).join(' | ')} | (string & {})`;
    case 'datetime':
      return 'string | number';
  }
}

function describe(input: SignatureInput): string {
  switch (input.kind) {
    case 'number':
      return `${input.integers ? 'Whole number' : 'Number'}${input.unit ? ` in ${input.unit}` : ''}, mostly from ${rounded(input.range[0])} to ${rounded(input.range[1])}.`;
    case 'boolean':
      return 'True or false.';
    case 'category':
      return `One of ${input.categories.length} known values, or any other.`;
    case 'datetime':
      return 'ISO 8601, or milliseconds since 1970.';
  }
}

const key = (name: string): string => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : literal(name));

/** A string literal in which no character can end it, hide in it or turn the reading order of what follows. */
function literal(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

const comment = (text: string): string =>
  text
    .replace(/\*\//g, '* /')
    .replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, ' ');
