import type { Prepared } from '../data/prepare.ts';
import type { Fitted } from './fit-variant.ts';

/** How much the learners themselves rely on each source column: weighted over members, summed over the features made of a column. */
export function reliance(
  members: Fitted['members'],
  prepared: Prepared,
): readonly { readonly column: string; readonly share: number }[] {
  const shares = new Map<string, number>(prepared.inputs.map((column) => [column, 0]));
  for (const { importance, weight } of members) {
    importance.forEach((value, feature) => {
      const { column } = prepared.features[feature]!;
      shares.set(column, (shares.get(column) ?? 0) + weight * value);
    });
  }
  return [...shares].map(([column, share]) => ({ column, share })).sort((a, b) => b.share - a.share);
}
