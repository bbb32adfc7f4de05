import type { Mention, NamedColumn } from './mention.ts';
import { findAll, type Reading, type Span } from './reading.ts';
import { sameRoot, splitName } from './words.ts';

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
export function oppositeSaid(name: string, reading: Reading): (Span & { readonly isDenied: boolean }) | undefined {
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
      if (said !== undefined && !whole(here).test(text)) {
        const before = reading.text.slice(0, reading.tokens[said.from]!.at).trimEnd();
        return { from: said.from, to: said.to, isDenied: denial.test(before) };
      }
    }
  }
  return undefined;
}

function whole(words: string): RegExp {
  return new RegExp(`(?<![\\p{L}])(?:${words})(?![\\p{L}])`, 'gu');
}

/** "Rejections" speaks of a yes-or-no column `approved`. */
export function byOpposite(reading: Reading, column: NamedColumn): Mention[] {
  if (column.profile.distinct !== 2) return [];
  const said = oppositeSaid(column.name, reading);
  return said === undefined ? [] : [{ ...said, column: column.name, quality: 0.6, by: 'synonym', isHead: true }];
}

/** "Don't repay" is no opposite of a default. */
const denial =
  /(?:n't|(?<![\p{L}])(?:not|never|fails? to|failed to|unable to))(?: (?:be|ever|get|been|always|fully))?$/u;

/** Where the prompt asks only for what does not happen ("which will not renew" of a column `renewed`). */
export function denialSaid(name: string, reading: Reading): Span | undefined {
  const own = splitName(name).filter((word) => word.length >= 4);
  let denied: Span | undefined;
  for (const [index, token] of reading.tokens.entries()) {
    if (!own.some((word) => sameRoot(word, token.word)) || token.text.toLowerCase() === name.toLowerCase()) continue;
    const before = reading.tokens
      .slice(Math.max(0, index - 2), index)
      .map((other) => other.word)
      .join(' ');
    if (!/(?:n't|\bnot|\bnever|\bfails? to)(?: \p{L}+)?$/u.test(before)) return undefined;
    denied ??= { from: index - 1, to: index + 1 };
  }
  return denied;
}
