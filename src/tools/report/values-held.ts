import type { ModelSignature, SignatureInput } from '../../onnx/signature.ts';
import type { RunFacts } from './report-facts.ts';

/** Which values of the data a report and a card tell beside what privacy allows of single rows. */
export const valuesTold =
  'Of the data this tells labels of classes, values that at least 10 rows have, and quantiles of numbers.';

/** Which values of the data a model file holds, by column: the card lists them, so that nobody shares them unawares. */
export function valuesHeldBy({ inputs, target, output }: ModelSignature): NonNullable<RunFacts['valuesHeld']> {
  const held = inputs.map((input) => ({ column: input.name, what: whatOf(input) }));
  return output.kind === 'classification'
    ? [...held, { column: target, what: `the ${output.classes.length} class labels` }]
    : held;
}

function whatOf(input: SignatureInput): string {
  switch (input.kind) {
    case 'number':
    case 'datetime':
      return 'the 1 % and 99 % quantiles, up to nine others with counts of rows, and thresholds or means that were learnt';
    case 'boolean':
      return 'the two spellings';
    case 'category':
      return `${input.categories.length} values, and counts of the commonest`;
  }
}
