import type { ClassWeight } from '../../../core/task-spec.ts';
import type { Mention } from './mention.ts';
import { findAll, overlaps, quoteOf, type Reading, type Span } from './reading.ts';

/** Whether classes should count alike, and where the prompt says it. */
export interface ClassWeightWish extends Span {
  readonly value: ClassWeight;
}

const classes = '(?:class(?:es)?|labels|categories|groups|outcomes)';
const rare = '(?:rare(?:r|st)?|minority|small(?:er|est)?|scarce(?:r|st)?|infrequent|under-?represented|uncommon)';
const thing = `${rare}(?: \\p{L}+){0,1} (?:class(?:es)?|labels?|categor(?:y|ies)|cases?|outcomes?|ones?|side)`;
const imbalance = '(?:(?:class|label)[ -])?imbalances?(?: of the (?:class(?:es)?|labels?))?';
const wishes = [
  // Of the classes themselves.
  `(?:re-?)?balanc(?:e|ed|es|ing)(?: out)? (?:the |all |both |our |these )?(?:target )?classes(?! (?:accuracy|are|is))`,
  '(?:balanced|inverse|equal)[ -](?:class[ -]|frequency[ -])?weights?(?: (?:for|of) (?:the |all |each )?class(?:es)?)?',
  'class[ -_]weights?(?:[ =:]*(?:is |are |be |of |to )?["\']?balanced["\']?)?',
  `(?:weigh(?:t|ts|ted|ting|s|ed|ing)?|count(?:s|ed|ing)?|treat(?:s|ed|ing)?) (?:the |all |both |each |every )?class(?:es)? (?:equally|alike|the same|evenly|by (?:their |its |the )?(?:inverse|rarity|frequency))`,
  `(?:every|each|all(?: the)?|both) class(?:es)? (?:should |must |has to |have to )?(?:count|matter|weigh)s? (?:equally|alike|the same|as much)`,
  // Of the one that there is too little of.
  `${thing} (?:should |must |also |really |does |do )*(?:matters?|counts?|is (?:what matters|(?:more |most |just as |as |very |also )?important)|are (?:more |most |just as |as |very |also )?important|is what (?:we|i) care about)`,
  `(?:care(?:s)? (?:more |most |mainly |mostly )?about|focus(?:es)? (?:more |mainly )?on|emphasi[sz]e|(?:more |extra )?(?:weight|attention|importance) (?:to|on|for)|up-?weigh(?:t)?|boost|(?:don't|do not|never) (?:neglect|ignore|forget)) (?:the |our |that )?${thing}`,
  `(?:handle|correct|account|adjust|compensate|make up|deal|cope|address|fix|counter|mind|consider)(?: \\p{L}+)?(?: with| for)? (?:the |any |that |this )?${imbalance}`,
].join('|');
const wish = new RegExp(`(?<![\\p{L}])(?:${wishes})(?![\\p{L}])`, 'gu');
const refusal =
  /(?:(?:do not|don't|never|not|without|no|avoid|skip)(?: (?:to|any|use|using|the|apply|try|bother))*|instead of|rather than) $/u;
const asTheyAre = new RegExp(
  `(?<![\\p{L}])(?:leave|keep|take) (?:the |all )?${classes} as they (?:are|come)(?![\\p{L}])`,
  'gu',
);

/** What the prompt says of the weight of classes; the last word counts. Names of columns are no wish. */
export function findClassWeight(reading: Reading, mentions: readonly Mention[]): ClassWeightWish | undefined {
  // `class_weight` may be a column.
  const isName = (span: Span): boolean =>
    mentions.some(
      ({ column, from, to }) =>
        /[_-]/u.test(column) && quoteOf(reading, { from, to }) === column && overlaps({ from, to }, span),
    );
  const found = [
    ...findAll(reading, wish).map(({ from, to, match }): ClassWeightWish => {
      const before = reading.text.slice(0, match.index);
      return { from, to, value: refusal.test(before) ? 'none' : 'balanced' };
    }),
    ...findAll(reading, asTheyAre).map(({ from, to }): ClassWeightWish => ({ from, to, value: 'none' })),
  ];
  return found
    .filter((span) => !isName(span))
    .sort((a, b) => a.from - b.from)
    .at(-1);
}
