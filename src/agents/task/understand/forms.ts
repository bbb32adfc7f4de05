import type { ModelForm } from '../../../core/helpers/model-forms.ts';
import type { Mention } from './mention.ts';
import { findAll, overlaps, type Reading, type Span } from './reading.ts';

/** A form that the words ask the model in. */
export interface FormWish extends Span {
  readonly form: ModelForm;
}

/** Other widths than eight are another form. */
const otherWidth = '(?<!(?:1|2|3|4|5|6|12|16|two|four|six)[ -]{0,3}bits? )';
const quantised = '(?:quanti[sz]ed?|quanti[sz]ing|quanti[sz]ation)';
const eight = '(?:u?int ?-?8|8 ?-? ?bits?(?: (?:integers?|ints?|weights?|precision))?|i8)';
const place = "(?:the |a |an |any |every |my |our |your |their |users?' |customers?' |modern |all )*";
const browsers = '(?:web ?)?-?(?:browsers?|pages?(?= without a server))|chrome|firefox|safari';
const module = '(?:modules?|files?|functions?|code|bundles?|sources?|librar(?:y|ies)|packages?)';
const free =
  '(?:dependency ?-? ?free|zero ?-? ?dependenc(?:y|ies)|(?:with )?(?:no|zero|without(?: any)?) (?:\\p{L}+ )?(?:dependenc(?:y|ies)|imports)|stand ?-? ?alone|self ?-? ?contained|plain|pure|vanilla)';

const bothWays =
  '(?:both )?(?:dynamic(?:ally)? (?:and|or|&|/) static(?:ally)?|static(?:ally)? (?:and|or|&|/) dynamic(?:ally)?)';

/** Int8 with scales of both kinds. */
const both = `${eight} ?[(:,]? ?${bothWays}|${bothWays} (?:${eight}|${quantised})`;

/** What says a form; of phrases that overlap the longest counts. */
const phrases: readonly (readonly [ModelForm, string])[] = [
  ['int8', both],
  ['int8-dynamic', both],
  ['float32', '(?:float|fp) ?-?32|f32|(?:full|single)[ -]precision|32 ?-? ?bit floats?'],
  ['float16', '(?:float|fp) ?-?16|f16|half[ -]precision|half floats?|16 ?-? ?bit(?: floats?(?: weights)?| weights)'],
  [
    'int8-dynamic',
    `dynamic(?:ally)? ?-?(?:${eight}|${quantised})(?: (?:to )?${eight})?|${eight} ?-? ?(?:dynamic(?:ally)?)(?: ${quantised})?|${quantised} dynamically`,
  ],
  [
    'int8',
    `(?:static(?:ally)? )?(?:${eight}(?: ?-? ?(?:${quantised}))?|${otherWidth}(?:${quantised})(?: (?:it |the model )?(?:to |as |with |in )?(?:static )?${eight})?)`,
  ],
  [
    'typescript',
    `(?:${free} )?(?:typescript|ts)(?: ${module})(?: ${free})?|(?:as|in|into|to) (?:${free} )?typescript|${module} (?:of|in) (?:${free} )?typescript`,
  ],
  [
    'javascript',
    `(?:${free} )?(?:javascript|js|es ?6|esm|ecmascript|es)(?: ${module})(?: ${free})?|(?:as|in|into|to) (?:${free} )?(?:javascript|js)|${module} (?:of|in) (?:${free} )?(?:javascript|js)|(?:${free} )(?:js|javascript|modules?)|${module} ${free}|(?:with )?(?:no|zero|without(?: any)?) (?:\\p{L}+ )?dependencies|dependency ?-? ?free`,
  ],
  [
    'browser',
    `(?:(?:for|in|inside|within|into) ${place}(?:${browsers})|in ?-? ?browser(?: use| predictions?| inference| model)?|browsers? (?:folders?|bundles?|builds?|versions?|models?)|client ?-? ?side|onnx ?runtime ?-? ?web|ort ?-? ?web)`,
  ],
];

const filler =
  '(?: (?:really|necessarily|it|this|that|a|an|the|any|to|be|have|run|use|need|want|wish|make|give|me|us|convert|export|deliver|provide|ship|quantised|quantized|model|version|form|file|as|in|into|for|onnx|care|about|such))*';
const before = new RegExp(
  `(?:(?<![\\p{L}])(?:don't|do not|doesn't|does not|not|never|nor|no need(?: for| of)?|needn't|can't|won't|shouldn't|must not|mustn't)${filler}|(?<![\\p{L}])(?:without|no|avoid|avoiding|skip|instead of|rather than|except|but not|anything but|unlike)(?: (?:a|an|any|the|it|to|in|as|for))*) $`,
  'u',
);
const after =
  /^ ?(?:(?:is|are|isn't|aren't) (?:not (?:needed|wanted|necessary|required|an option|wished)|unnecessary)|(?:isn't|aren't) (?:needed|wanted|necessary|required|an option))/u;

/**
 * Reads in which forms the model is asked for: "as float16", "int8", "for the browser", "as a JavaScript module", "no dependencies".
 * A form that is denied, or that is the name or a value of a column, is none.
 */
export function findForms(reading: Reading, mentions: readonly Mention[]): readonly FormWish[] {
  const found = phrases
    .flatMap(([form, words]) =>
      findAll(reading, new RegExp(`(?<![\\p{L}\\p{N}_])(?:${words})(?![\\p{L}\\p{N}_])`, 'gu')).map(({ from, to }) => ({
        form,
        from,
        to,
      })),
    )
    .filter((wish) => !mentions.some((mention) => isColumn(mention) && overlaps(mention, wish)));
  const longest = found.filter(
    (wish, i) =>
      !found.some(
        (other, j) =>
          overlaps(wish, other) &&
          (length(other) > length(wish) || (length(other) === length(wish) && j < i && other.form === wish.form)),
      ),
  );
  const wishes = longest.sort((a, b) => a.from - b.from);
  return wishes.filter(
    (wish, i) =>
      !isDenied(reading, wish) &&
      wishes.findIndex(({ form }, j) => form === wish.form && !isDenied(reading, wishes[j]!)) === i,
  );
}

const isColumn = ({ by, quality }: Mention): boolean => (by === 'name' || by === 'value') && quality > 0.8;
const length = ({ from, to }: Span): number => to - from;

function isDenied(reading: Reading, { from, to }: Span): boolean {
  const { at, clause } = reading.tokens[from]!;
  const start = reading.tokens.find((token) => token.clause === clause)!.at;
  const last = reading.tokens[to - 1]!;
  return (
    before.test(reading.text.slice(Math.max(start, at - 80), at)) ||
    after.test(reading.text.slice(last.at + last.word.length, last.at + last.word.length + 40))
  );
}
