import type { MetricId } from '../../../core/task-spec.ts';

/**
 * What words about a score mean: a metric, or `error` any error of a number, `wrong` a share of wrong answers, `right` one of
 * right answers, `mse` a squared error, `gini` twice the area under the ROC curve less one, `auto` nothing that was wished.
 */
export type CueName = MetricId | 'error' | 'wrong' | 'right' | 'mse' | 'gini' | 'auto';

/** Words that speak of a score. */
interface Row {
  readonly cue: CueName;
  readonly words: string;
  readonly isComplement?: true;
  readonly needsNumber?: true;
}

/** Longer phrases stand before the shorter ones that they hold. Words of a phrase may be joined by a blank or a hyphen. */
export const metricWords: readonly Row[] = [
  {
    cue: 'averagePrecision',
    words:
      '(?:pr|precision[ -\\/]recall)[ -]?auc|auc[ -]?pr|auprc|prauc|average precision|(?:auc|area) (?:of|under) (?:the )?(?:pr|precision[ -/]recall)(?:[ -]?curve)?|(?:pr|precision[ -]recall) curve',
  },
  {
    cue: 'rocAuc',
    words:
      '(?:auc[ -]?roc|roc[ -]?auc|roc-auc|rocauc|auroc|auc|c[ -]?statistic|c[ -]?index|area under (?:the )?(?:roc |receiver operating characteristic )?(?:curve|roc))(?:[ -]?score)?(?: \\(?auc\\)?)?|\\broc\\b',
  },
  { cue: 'gini', words: "gini(?:[ -](?:coefficient|index|score))?|accuracy ratio|somers(?:'? d)?" },
  { cue: 'logLoss', words: 'log(?:arithmic)?[ -]?loss|cross[ -]?entropy|(?:negative )?log[ -]?likelihood|nll' },
  { cue: 'brier', words: 'brier(?:[ -]?(?:score|loss))?' },
  {
    cue: 'balancedAccuracy',
    words:
      'balanced (?:class )?accura(?:cy|te)|average recall per class|macro[ -]?(?:averaged )?recall|accuracy balanced (?:over|across) (?:the )?classes|balanced acc|mean (?:per[ -])?class accuracy|unweighted average recall|uar',
  },
  {
    cue: 'f1Macro',
    words:
      '(?:macro|weighted|micro)[ -]?(?:averaged |average )?f[ -]?1?(?:[ -]?(?:score|measure))?|f[ -]?1[ -]?\\(?macro\\)?|macro[ -]f1|f1[ -]macro',
  },
  { cue: 'f1', words: 'f[ -]?1(?:[ -]?(?:score|measure))?|f[ -](?:score|measure)' },
  {
    cue: 'specificity',
    isComplement: true,
    words: 'false[ -](?:positive|alarm)s?[ -]rate|fpr|rate of false (?:positives|alarms)',
  },
  {
    cue: 'recall',
    isComplement: true,
    words: 'false[ -]negatives?[ -]rate|fnr|miss[ -]rate|rate of (?:misses|missed \\p{L}+|false negatives)',
  },
  { cue: 'specificity', words: 'specificity|true[ -]negatives?[ -]rate|tnr|selectivity' },
  { cue: 'recall', words: 'recall|sensitivity|true[ -]positives?[ -]rate|tpr|detection rate|catch rate|hit rate' },
  { cue: 'mcc', words: "mcc|matthews?(?:'s)?(?: correlation)?(?: coefficient)?|phi coefficient" },
  { cue: 'precision', words: '(?<!with )precision|positive predictive value|ppv' },
  {
    cue: 'wrong',
    isComplement: true,
    needsNumber: true,
    words:
      'mis-?classif\\p{L}+(?:[ -](?:rate|error))?|classification error|error[ -]rate|(?:rate|share|fraction|percentage) of (?:wrong|errors?|mistakes?)[\\p{L} ]{0,14}',
  },
  {
    cue: 'mape',
    words:
      'mean absolute percentage error|mean absolute percent error|(?:mean |average )?(?:absolute )?percent(?:age)? (?:error|deviation)|mape|(?:mean |average )?relative (?:error|deviation)',
  },
  {
    cue: 'medianAbsoluteError',
    words:
      'median absolute (?:error|deviation)|medae|medianae|\\(?median\\)? (?:absolute )?error|typical \\(median\\) error|median deviation',
  },
  {
    cue: 'mae',
    words:
      'mean absolute (?:error|deviation)(?: \\(?mae\\)?)?|m\\.?a\\.?e\\b|average absolute (?:error|deviation)|mean (?:abs )?error|average (?:error|deviation)|average miss|l1 (?:error|loss)|absolute error',
  },
  {
    cue: 'rmse',
    words: 'root[ -]mean[ -]squared?(?:[ -](?:error|deviation))?(?: \\(?rmse\\)?)?|rms(?:e|d)?(?: error)?\\b',
  },
  { cue: 'mse', words: 'mean[ -]squared?[ -]error|mse|squared error|quadratic error' },
  {
    cue: 'r2',
    words:
      'r[ -]?(?:2|²|\\^ ?2)(?:[ -]?score)?|r[ -]?squared?|coefficient of determination|explained variance|(?:explain(?:s|ing)?|account(?:s|ing)? for|capture)(?= [^.;]{0,30}varia(?:nce|tion|bility))|variance explained|goodness of fit',
  },
  {
    cue: 'precision',
    words:
      '(?:few|fewer|fewest|avoid|avoiding|minimi[sz]e|minimi[sz]ing|reduce|low|no|without|less|limit|hate|hates|annoyed by)(?: (?:as|the|number|of|many|too|possible))* (?:false[ -](?:alarms?|positives?|alerts?|accusations?)|innocent \\p{L}+)',
  },
  {
    cue: 'recall',
    words:
      '(?:few|fewer|fewest|avoid|avoiding|minimi[sz]e|minimi[sz]ing|reduce|low|no|without)(?: (?:as|the|number|of|many|too|possible))* (?:false[ -]negatives?|misse[sd](?: \\p{L}+)?)',
  },
  {
    cue: 'precision',
    words:
      'false[ -](?:alarms?|positives?|alerts?)(?![^.;,]{0,30} \\d)(?= (?:are|is|as|matter|matters|low|to a minimum|must be|should be|cost|annoy|hurt|must|should|down|at a minimum)\\b(?! (?:at most|below|under|less|max|<)))',
  },
  {
    cue: 'recall',
    words:
      'false[ -]negatives?(?![^.;,]{0,30} \\d)(?= (?:are|is|as|matter|matters|low|to a minimum|must be|should be|cost|hurt|must|should|down|at a minimum)\\b(?! (?:at most|below|under|less|max|<)))',
  },
  { cue: 'specificity', isComplement: true, needsNumber: true, words: 'false[ -](?:alarms?|positives?|alerts?)' },
  { cue: 'recall', isComplement: true, needsNumber: true, words: 'false[ -]negatives?' },
  {
    cue: 'precision',
    needsNumber: true,
    words:
      '(?:of|among|from) (?:all |the |those |its |our )*(?:\\p{L}+ ){0,3}(?:that |which )?(?:we|it|you|they|are|is|were|the model|get|gets)(?: \\p{L}+)? (?:flag(?:s|ged)?|predict(?:s|ed)?|report(?:s|ed)?|mark(?:s|ed)?|alert(?:s|ed)?|warn(?:s|ed)?)',
  },
  {
    cue: 'precision',
    isComplement: true,
    needsNumber: true,
    words: '(?:wrong|unjustified|needless|unnecessary|superfluous) (?:alarms?|alerts?|warnings?|flags?|hits?)',
  },
  {
    cue: 'precision',
    isComplement: true,
    needsNumber: true,
    words:
      '(?:of|among) (?:all |the |those |its |our )*(?:flagged(?: \\p{L}+)?|alarms?|alerts?|warnings?|positives?|hits)[^.;]{0,40}? (?:wrong|false|unjustified|incorrect|mistaken|in vain)',
  },
  {
    cue: 'precision',
    isComplement: true,
    needsNumber: true,
    words:
      '(?:alarms?|alerts?|warnings?|flags?)(?: (?:may|might|can|should|must|that|which|to|are|is|be|being|turn out|prove))* (?:wrong|false|unjustified|incorrect|mistaken|in vain|needless|unnecessary)',
  },
  {
    cue: 'specificity',
    needsNumber: true,
    words:
      "(?:good|healthy|negatives?|legit\\p{L}*|innocent|genuine|normal|honest|loyal|fine)(?: \\p{L}+){0,3} (?:not|never|without|n't|un)(?: be(?:ing)?)? ?(?:flagged|blocked|bothered|alarmed|stopped|rejected|declined|marked|accused|disturbed)|(?:good|healthy|negatives?|legit\\p{L}*|innocent|genuine|normal|honest)(?: \\p{L}+){0,3} (?:left alone|let through|pass through|cleared)",
  },
  {
    cue: 'specificity',
    isComplement: true,
    needsNumber: true,
    words:
      '(?:good|healthy|negatives?|legit\\p{L}*|innocent|genuine|normal|honest|loyal)(?: \\p{L}+){0,3} (?:flagged|blocked|bothered|alarmed|stopped|rejected|declined|marked|accused|disturbed)',
  },
  {
    cue: 'auto',
    words:
      'false[ -](?:alarms?|positives?)(?= (?:are|is) (?:\\p{L}+ )?(?:fine|ok|okay|acceptable|cheap|harmless|tolerable|no problem|less|not (?:a|that|so)))|rather (?:\\p{L}+ ){0,4}false[ -](?:alarms?|positives?)(?= (?:\\p{L}+ ){0,3}miss)',
  },
  {
    cue: 'recall',
    words:
      'rather [^.;\\d]{1,60} than (?:(?:an?|any|some|the|one) )?(?:miss(?:ed)?|overlook(?:ed)?|lose|let(?:ting)?(?= [^.;]{1,40} (?:through|slip|go|escape|pass|by)(?![\\p{L}])))(?:ing)?',
  },
  {
    cue: 'recall',
    words:
      'miss\\p{L}*[^.;,\\d]{0,40} (?:worse|costlier|costly|expensive|serious|dangerous|unacceptable|not an option|fatal|deadly|matters? most|kills?)|false[ -]negatives?[^.;,\\d]{0,20} (?:worse|costlier|costly|expensive|serious|dangerous|unacceptable)',
  },
  {
    cue: 'precision',
    words:
      'false[ -](?:alarms?|positives?)[^.;,\\d]{0,20} (?:worse|costlier|costly|expensive|serious|dangerous|unacceptable|annoying)',
  },
  {
    cue: 'recall',
    words:
      "(?:do not|don't|never|not|mustn't|can't|can not|shouldn't|must not|should not|without)(?: \\p{L}+)? (?:miss(?:ing)?|overlook(?:ing)?|let(?= [^.;,]{0,30} (?:slip|through|go|escape|pass by)))(?: (?:any|a|a single|one|slip|out|even|many|too many|much|real|actual))*\\b(?! (?:more|over|above|than)\\b)(?! \\d)|miss(?:es|ing)? (?:as few|hardly any|no|none|nothing|very few|almost none)(?! more\\b)|as few (?:missed|misses)[^.,;]{0,20}",
  },
  {
    cue: 'recall',
    isComplement: true,
    needsNumber: true,
    words:
      'miss(?:es|ed|ing)?|overlook(?:s|ed|ing)?|let(?:s|ting)?(?= [^.;]{0,50}(?:through|slip|pass by|escape|undetected))|slip(?:s|ped)? through|go(?:es)? undetected|undetected|let(?:s|ting)? slip',
  },
  {
    cue: 'recall',
    words:
      '(?:catch|find|detect|spot|identify|recogni[sz]e|flag|get)(?:ing)? (?:as (?:many|much)|(?:almost |nearly |really )?(?:all|every(?:thing| single)?)(?: of)?(?= ))(?! (?:the )?(?:columns|data|rows))',
  },
  {
    cue: 'recall',
    needsNumber: true,
    words:
      'catch(?:es|ing)?|caught|notic(?:e|es|ed|ing)|picked up|intercepted|captured?|uncover(?:s|ed)?|discover(?:s|ed)?|(?:reach(?:es|ing)?|get|stop|save|see|prevent|block)(?= [^.;,]{1,24} of (?:them|those|these|the|all))|find(?:s|ing)?|found|detect(?:s|ing|ed)?|spot(?:s|ting|ted)?|identif(?:y|ies|ied|ying)|flag(?:s|ged|ging)?|recogni[sz](?:e|ed|es|ing)',
  },
  {
    cue: 'precision',
    words:
      '(?:when(?:ever)?|if|where) (?:it|the model|we|you|they) (?:says?|predicts?|claims?|flags?|raises?|warns?|calls?|alerts?)[^.;]{0,40}?(?:right|correct|true|real|reliable|trust\\p{L}*|certain|sure)',
  },
  {
    cue: 'precision',
    words:
      '(?:of|among) (?:all |the |those |its |our )*(?:flagged|alarms?|alerts?|warnings?|positives?|predicted|reported|ones (?:it|we|you) flag)[^.;]{0,40}?(?:right|correct|true|real|justified|genuine|actual(?:ly)?)|(?:flagged|alarms?|alerts?|warnings?)[^.;]{0,25} (?:right|correct|true|real|justified|genuine)\\b',
  },
  {
    cue: 'accuracy',
    words: 'accuracy|hit ratio|(?:share|percentage|proportion|fraction) of (?:correct|right)[\\p{L} ]{0,14}',
  },
  {
    cue: 'right',
    needsNumber: true,
    words:
      'accurate(?:ly)?|correct(?:ly)?(?: (?:classified|predicted|answers?))?|right|hits?|success rate|get it right',
  },
  {
    cue: 'error',
    needsNumber: true,
    words:
      'precise(?:ly)? (?:to|within)|exact to|accurate (?:to|within)|good to|off by|be off|is off|out by|wrong by|typical error|prediction error|deviat\\p{L}*|differ(?:s|ing)? by|tolerance|miss(?:es)? by|close to the (?:truth|real)',
  },
  {
    cue: 'wrong',
    isComplement: true,
    needsNumber: true,
    words: 'wrong|mistakes?|incorrect(?:ly)?|failures? of the model',
  },
  { cue: 'error', needsNumber: true, words: 'errors?|off\\b' },
  { cue: 'error', needsNumber: true, words: 'on average|in the mean|typically' },
];
