import { findAll, type Reading, type Span } from './reading.ts';
import { splitName } from './words.ts';

/** Pairs of outcomes of which a column records one and a request may ask for the other. */
const pairs: readonly (readonly [string, string])[] = [
  ['pass(?:ed|es|ing)?|success\\p{L}*|succeed\\p{L}*', 'fail(?:s|ed|ing|ures?)?|flunk\\p{L}*'],
  ['surviv\\p{L}+|alive', 'di(?:e|es|ed)|death|dead|mortality|perish\\p{L}*'],
  [
    'retain\\p{L}*|stay(?:s|ed|ing)?|renew\\p{L}*',
    'churn\\p{L}*|leav(?:e|es|ing|ers?)|left|cancel\\p{L}*|quit\\p{L}*|lapse\\p{L}*',
  ],
  [
    'approv\\p{L}+|accept\\p{L}*|grant\\p{L}*|admit\\p{L}*',
    'reject\\p{L}*|declin\\p{L}+|refus\\p{L}+|den(?:y|ied|ies|ial)',
  ],
  ['repa(?:y|id|ys|ying|yment)|paid', 'default\\p{L}*|delinquen\\p{L}+'],
  ['(?:on|in) ?time|punctual\\p{L}*', 'late|delay\\p{L}*|overdue'],
  ['won|wins?', 'los(?:e|es|t|ing)'],
  ['healthy|well', 'sick|ill|diseased'],
];

/** Where the prompt speaks only of the opposite of what a column records ("which will fail" of a column `passed`). */
export function oppositeSaid(name: string, reading: Reading): Span | undefined {
  const own = splitName(name).join(' ');
  for (const [a, b] of pairs) {
    for (const [here, there] of [
      [a, b],
      [b, a],
    ] as const) {
      if (!whole(here).test(own) || whole(there).test(own)) continue;
      const said = findAll(reading, whole(there))[0];
      // The column's own name may be spoken to say which column it is.
      const text = reading.text.replaceAll(name.toLowerCase(), ' ');
      if (said !== undefined && !whole(here).test(text)) return { from: said.from, to: said.to };
    }
  }
  return undefined;
}

function whole(words: string): RegExp {
  return new RegExp(`(?<![\\p{L}])(?:${words})(?![\\p{L}])`, 'gu');
}
