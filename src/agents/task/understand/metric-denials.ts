import type { Quantity } from './quantities.ts';
import type { Reading, Span } from './reading.ts';

const before =
  /(?:don't|do not|doesn't|not|never) (?:really |much )?(?:care (?:much )?(?:about|for)|interested in|need|want|look at|optimi[sz]e(?: for)?|use)(?: the| any)? $|(?:rather than|instead of|forget(?: about)?|never mind|no need for|skip)(?: the)? $/u;
const after =
  /^(?: \p{L}+)? ?(?:(?:isn't|is not|are not|aren't|is less|not|doesn't|does not|don't|won't)(?: \p{L}+ly| that| so| really| too)? (?:important|needed|necessary|required|relevant|a concern|interesting|matter|of interest|the goal|count|the point|useful)|(?:is|are) (?:irrelevant|unimportant|useless|misleading))/u;

/** Whether the words say that a score is not what is wished ("accuracy isn't important", "rather than the RMSE"). */
export function isDenied(reading: Reading, span: Span): boolean {
  const first = reading.tokens[span.from]!;
  const last = reading.tokens[span.to - 1]!;
  return (
    before.test(reading.text.slice(Math.max(0, first.at - 60), first.at)) ||
    after.test(reading.text.slice(last.at + last.word.length, last.at + last.word.length + 60))
  );
}

const small =
  /^(?:it|this|that|should|must|has|have|needs?|to|be|is|the|score|value|values|metric|target|goal|minimum|min|max|threshold|we|i|want|aim|for|get|reach|please|a|of|and|at|least|with|bar|level|requirement|required|minimal|acceptance|:|=|-|,|\.|!|\(|\)|")$/u;

/** A bound in a sentence of its own ("Min: 0.55.", "It should be at least 0.8") belongs to a score named elsewhere. */
export function loneBound(reading: Reading, quantity: Quantity): boolean {
  if (quantity.bound === 'none' || (quantity.unit !== 'none' && quantity.unit !== 'share')) return false;
  const { sentence } = reading.tokens[quantity.from]!;
  return reading.tokens.every(
    (token, index) =>
      token.sentence !== sentence || (index >= quantity.from && index < quantity.to) || small.test(token.word),
  );
}
