import { findAll, type Reading, type Span } from './reading.ts';
import type { RejectCode } from './understanding.ts';

/** A wish with a code, and where the prompt says it. */
export interface CodedWish extends Span {
  readonly code: string;
}

/** Wishes that leave the task as it is, and that this library does not serve. */
const besides: readonly (readonly [string, string])[] = [
  [
    'EXPLANATIONS',
    'explain(?:s|ed|ing)?(?! (?:at least|\\d|more than|most of the var|the var|variance))(?: \\p{L}+){0,3} (?:predictions?|decisions?|results?|answers?|customers?|why|each|every|reasons?|words)|explain\\p{L}* (?:why|each|every|how)|explanations?|shap\\b|lime\\b|interpretab\\p{L}+|explainab\\p{L}+|reasons? (?:for|why|behind)|tell (?:me|us) why|(?:say|show|and) why|feature importances?|most important (?:features|factors|drivers|columns)|what drives',
  ],
  [
    'DEPLOY_ELSEWHERE',
    'aws|lambda|sagemaker|azure|gcp|google cloud|vertex|kubernetes|k8s|docker|android|iphones?|ios|mobile(?: phone| app)?|raspberry(?: pi)?|arduino|microcontrollers?|esp32|snowflake|databricks|heroku|in the cloud|to the cloud|edge devices?|smartwatch|plc',
  ],
  [
    'SCHEDULE',
    '(?:every|each) (?:night|day|week|month|hour|morning|monday|sunday|evening)|nightly(?! (?:price|rate|cost|fee|charge|tariff|rent|temperature|demand|consumption|sale|revenue|value|average|stay)s?(?![\\p{L}]))|(?:re-?train\\p{L}*|re-?fit\\p{L}*)(?: it)?(?: \\p{L}+)?|e-?mail(?:s|ed)? (?:me|us|the|it)|mail (?:me|us)|send (?:me|us|it|an?|the)|slack|notify|sms|cron',
  ],
  [
    'SPECIFIC_MODEL',
    'transformers?|bert|gpt(?:-?\\d)?|llms?|cnns?|rnns?|lstms?|svms?|support vector (?:machines?|classifier|regression)|knn|k-?nearest|nearest neighbou?rs?|naive bayes|gaussian process(?:es)?|prophet|arima|pytorch(?! (?:mobile|model|file|format|checkpoint))|tensorflow(?! (?:lite|js|serving|saved ?model|model|file|format))|keras(?! (?:file|format|model))|tabnet|genetic (?:algorithm|programming)|quantum',
  ],
  [
    'ONLINE_LEARNING',
    'online learning|learns? continuously|continuous(?:ly)? learn\\p{L}*|updates? itself|keeps? learning|self[ -]learning|incremental(?:ly)? learn\\p{L}*|active learning',
  ],
  [
    'EXTERNAL_DATA',
    'scrap(?:e|ing)|from the (?:internet|web)|google (?:it|for|trends)|enrich|weather (?:api|service)|public data|join (?:it|them|this) with|fetch(?:ing)? (?:more|extra|additional)|look up online',
  ],
  [
    'DASHBOARD',
    'dashboards?|power ?bi|tableau|excel (?:sheet|file|report)|spreadsheet|powerpoint|slides|grafana|web ?app|user interface|gui',
  ],
  ['PRIVACY_METHOD', 'differential(?:ly)? priva\\p{L}+|federated|homomorphic|anonymi[sz]e|gdpr[ -]complian\\p{L}+'],
  [
    'EXPORT_FORMAT',
    'pickle|joblib|pmml|saved ?model|core ?-? ?ml|ml ?model(?= (?:file|format))|tf ?-? ?lite|(?:tensorflow|tf) ?-? ?lite|lite ?rt|tensorflow ?[.-]? ?js(?: (?:format|model|file))?|tfjs|torch ?script|pytorch (?:mobile|model|file|format|checkpoint)|tensorflow (?:serving|saved ?model|model|file|format)|keras (?:file|format|model)|executorch|tensor ?rt|open ?vino|ncnn|mnn|paddle(?: lite)?|gguf|ggml|safe ?tensors|h5 file|hdf5|(?:u?int ?-?4|4 ?-? ?bit)(?: (?:weights?|quanti[sz]\\p{L}+))?|(?:bf|bfloat) ?-?16|fp8|float ?-?8|as (?:python|java|c|c\\+\\+|c#|rust|go|swift|kotlin|sql|excel|php|ruby) ?(?:code|module|formula|function)|(?:python|java|c|c\\+\\+|rust|go|swift|kotlin) (?:module|code|library|class)|python script|jupyter|notebook',
  ],
  ['CAUSES', 'what causes|why (?:do|does|did|are|is)|causal'],
];

/** Wishes that are another kind of task; the first that fits names it. */
const kinds: readonly (readonly [RejectCode, string])[] = [
  [
    'MULTI_LABEL',
    'multi[ -]?label|one or (?:more|several) (?:\\p{L}+)|(?:several|multiple|many|any number of|zero or more|all(?: the)?(?: applicable)?) (?:tags|labels|genres|topics|categories)(?: (?:to|for|per|that|at once|apply|each))?|more than one (?:label|tag|genre|category|topic|class)(?: (?:at once|each|per))?|all (?:labels|tags|categories|topics) that apply|can have (?:several|multiple|many) (?:labels|tags|genres|categories|classes)',
  ],
  [
    'CLUSTERING',
    'cluster(?:s|ing|ed)?|segment(?:s|ed|ing|ation)?|(?:group|divide|split|sort|partition) (?:\\p{L}+ ){1,4}(?:into|in) (?:\\p{L}+ ){0,3}(?:groups?|segments?|clusters?|types?|personas?|buckets?)|unsupervised|k-?means|dbscan|natural groups|find groups|personas?|which (?:\\p{L}+ ){1,3}(?:are similar|belong together|resemble)',
  ],
  [
    'ANOMALY_DETECTION',
    'anomal(?:y|ies|ous)|outliers?(?= (?:detect|in|among|without))|(?:detect|find|spot|flag|identify|look for|search for) (?:\\p{L}+ ){0,2}(?:outliers?|unusual|strange|odd|weird|suspicious|abnormal)|novelty detection|(?:without|no) (?:any )?labels?(?= |$|[.,])|one[ -]class',
  ],
  [
    'SURVIVAL_ANALYSIS',
    'survival analysis|time[ -]to[ -](?:event|failure|death|churn)|censor(?:ed|ing)|hazard (?:rate|ratio|model|function)|kaplan|cox (?:model|regression|proportional)|(?:how long|how many (?:hours|days|weeks|months|years|cycles)|time) until(?= (?:\\p{L}+ ){0,4}(?:churns?|dies|death|fails?|failure|leaves?|event|cancels?|quits?|relapses?))|survival (?:model|curve|function|regression)',
  ],
  [
    'CAUSAL',
    'uplift|causal effects?|treatment effects?|causal inference|what would (?:have )?happen(?:ed)? if|counterfactual|effect of (?:\\p{L}+ ){1,4}on|a/b test|which (?:\\p{L}+ ){1,2}should we (?:change|offer|set)|(?:what|which|how (?:much|many))(?: \\p{L}+){0,3} should (?:we|i)[^.;]{0,40} (?:most|maximi[sz]e|optimal|best|highest|lowest)|optimal (?:price|dose|policy)|reinforcement|policy that',
  ],
  [
    'RECOMMENDATION',
    'recommend(?:er|ation|ations|s|ing)?(?! (?:a |the )?(?:metric|model|threshold))|collaborative filtering|suggest (?:\\p{L}+ ){0,2}(?:products?|items?|movies?|films?|songs?|articles?|books?|other)|what (?:to|should (?:they|users|customers|i|we)) (?:buy|watch|read|listen)|next best (?:offer|product|action)|similar (?:products|items|movies)',
  ],
  [
    'AUDIO',
    '(?:audio|sound|speech|voice|music|song)s?(?: (?:files?|clips?|recordings?|recognition|samples?))?|recordings? of|wav files?|spectrograms?|transcrib\\p{L}+',
  ],
  [
    'IMAGES',
    '(?:photo|photograph|image|picture|x-?ray|video|satellite image|camera|selfie|webcam|mri|ct scan|scan)s?(?: (?:files?|frames?|recognition|classification|classifier|folder))?|object detection|pixels|face recognition|jpe?gs?|pngs?|ocr',
  ],
  [
    'TEXT_GENERATION',
    '(?:write|generate|compose|draft|create|produce|formulate|invent)(?: (?:me|us|a|an|the|some|new|friendly|short|nice|polite|good|creative|personal|automatic|\\p{L}+ly|goodbye|thank-you|welcome|marketing|product|personali[sz]ed))* (?:repl(?:y|ies)|answers?|texts?|e-?mails?|poems?|stor(?:y|ies)|essays?|articles?|descriptions?|summar(?:y|ies)|slogans?|headlines?|letters?|reviews?|responses?|tweets?|posts?|code|songs?|reports?|messages?|captions?|titles?|lyrics|melod(?:y|ies)|jokes?|content|images?|pictures?)|summari[sz]e|summaries|translat(?:e|ion|es|ing)|chat ?bots?|paraphrase|rewrite|question answering|answer (?:customer |user |the |their )?questions|reply to',
  ],
];

const learning =
  /(?<![\p{L}])(?:predict\w*|estimat\w*|classif\w*|forecast\w*|model\w*|train\w*|learn\w*|regress\w*|detect\w*|guess\w*|infer\w*|probabilit\w*|likelihood|likely|risk|chance|score[sd]?|scoring|whether|will|determine|recogni[sz]e|identify|target|label|metric|rmse|mae|auc|accuracy|recall|precision|sensitivity|specificity|f1|errors?|machine|foresee|anticipate|outcome|would|going to|expect\w*|propensity|diagnos\w*|spot|warn\w*|tell|flag|filter)(?![\p{L}])/u;
const chores =
  /^(?:(?:please|can you|could you|would you|hey|hi|hello|just|i want you to|i need you to|i'd like you to|kindly|,)(?:please|can you|could you|would you|hey|hi|hello|just|i want you to|i need you to|i'd like you to|kindly|[ ,])*)?(?:sort(?! (?:[\p{L}]+ ){1,4}(?:into|by type|by kind))|filter (?:the|out|all)|delete|remove (?:the |all )?(?:dup|rows|empty|col|null)|rename|convert|merge|join|plot|draw|visuali[sz]e|chart|graph|show me|list|count|sum|average|compute the|calculate the|display|print|export|import|open|clean|dedup\w*|reformat|transpose|anonymi[sz]e|copy|upload|download|back ?up|zip|compress the|fix|format|book|order me|buy|call|play|(?:tell|give|show) me (?:the|a|our|my) (?:total|average|mean|sum|median|maximum|minimum|count|share|top|biggest|smallest)|optimi[sz]e (?:[\p{L}]+ ){0,3}(?:routes?|schedules?|rosters?|shifts?|layouts?|portfolios?|placement|tours?|timetables?|allocation|inventory|stock levels?|budgets?)|(?:schedule|allocate|assign|plan) (?:the |our |my )?(?:shifts?|rosters?|routes?|meetings?|deliveries|staff|drivers?|trucks?|budget)|tell me a|sing|remind|set an? alarm|turn|format|pivot|what's the average|give me (?:the|a) (?:average|mean|sum|total|list|summary|overview)|describe|write an? (?:sql|query|function|script|program)|solve|hack|install|run (?:a |an |the )?sql|select )(?![\p{L}])/u;
const questions =
  /^(?:(?:please|hey|hi|hello|so|and|,)(?:please|hey|hi|hello|so|and|[ ,])*)?(?:what(?:'s| is| was| are| were) (?:the |my |our )?(?:\p{L}+ )?(?:average|mean|median|sum|total|number|maximum|minimum|highest|lowest|most common|share|percentage|correlation|distribution|meaning|capital|time|weather|difference|date|best way|definition|largest|smallest|oldest|youngest|top)|how many (?![^?.]*(?<![\p{L}])(?:does|will|would)(?![\p{L}]))(?:[\p{L}_]+ ){1,5}(?:are|were|did|have|has|do we have|is there|exist|churned|bought)|how (?:are you|do i|can i)|what can you|tell me (?:a joke|about))(?![\p{L}])/u;

/** Whether the words ask for a chore or an answer rather than for something to be learned. */
export function isChore(reading: Reading, hasColumn: boolean): boolean {
  const text = reading.text.trim();
  const hasLearning = learning.test(text);
  if (
    chores.test(text) &&
    !/(?<![\p{L}])(?:predict\w*|classif\w*|forecast\w*|estimat\w*|model|train|classifier|regressor)(?![\p{L}])/u.test(
      text,
    )
  )
    return true;
  if (
    questions.test(text) &&
    !/(?<![\p{L}])(?:predict\w*|model|will|would|estimate\w*|going to|likely)(?![\p{L}])/u.test(text)
  )
    return true;
  if (hasColumn || hasLearning) return false;
  return (
    /^(?:what|who|when|where|why|how)(?![\p{L}])/u.test(text) ||
    /(?<![\p{L}])(?:joke|weather|recipe|hotel|flight ticket|pizza|poem|music|capital of|news|stock tip|holiday)(?![\p{L}])/u.test(
      text,
    )
  );
}

/** Where the words ask for another kind of task. */
export function findOtherKinds(reading: Reading): readonly (Span & { readonly code: RejectCode })[] {
  return kinds.flatMap(([code, words]) => findAll(reading, whole(words)).map(({ from, to }) => ({ code, from, to })));
}

/** Wishes beside the task that are not served. */
export function findBesides(reading: Reading): readonly CodedWish[] {
  const found: CodedWish[] = [];
  for (const [code, words] of besides) {
    const first = findAll(reading, whole(words)).find(
      (wish) => code !== 'DEPLOY_ELSEWHERE' || !isReason(reading, wish),
    );
    if (first !== undefined) found.push({ code, from: first.from, to: first.to });
  }
  return found;
}

/** "It runs on a Raspberry Pi, so at most 1 MB" tells why the limits are as they are, and asks for them alone. */
function isReason(reading: Reading, device: Span): boolean {
  const { at, sentence } = reading.tokens[device.from]!;
  const after = reading.tokens
    .slice(device.to)
    .filter((token) => token.sentence === sentence)
    .map((token) => token.word)
    .join(' ');
  return (
    /(?<![\p{L}])(?:runs|running|(?:will|going to|gonna) run|lives|will live|sits|will sit) (?:on|in|inside)(?: an?| the| our| my| some| tiny| small| old| cheap)* $/u.test(
      reading.text.slice(0, at),
    ) && /(?:^|, |- )(?:so|hence|therefore|which means|meaning)(?: [^.;]*)? \d/u.test(after)
  );
}

function whole(words: string): RegExp {
  return new RegExp(`(?<![\\p{L}\\p{N}_])(?:${words})(?![\\p{L}\\p{N}_])`, 'gu');
}

const horizon =
  /(?<![\p{L}])(?:(?:for|over|during|in) the (?:next|coming|following) (?:\d+ |\p{L}+ )?(?:hours?|days?|weeks?|months?|quarters?|years?|minutes?|seasons?)|(?:next|coming|upcoming|following) (?:\d+ |two |three |four |five |six |seven |eight |nine |ten |twelve |few |couple of )?(?:hours?|days?|weeks?|months?|quarters?|years?|minutes?)(?:'s)?|(?:\d+|one|two|three|several|a few|multiple|many)[ -](?:hours?|days?|weeks?|months?|quarters?|years?|steps?) ahead|multi[ -]?step|tomorrow(?:'s)?|horizon|ahead of time series|future (?:values|demand|sales|prices|consumption|development)|out to \d{4}|until (?:20\d\d|the end of))(?![\p{L}])/gu;
const series =
  /(?<![\p{L}])(?:forecast(?:s|ing)?|time[ -]?series|extrapolate|project (?:the|our)|seasonality)(?![\p{L}])/gu;

/** A horizon, and whether the words speak of a series that goes on. */
export function findHorizon(reading: Reading): { readonly span?: Span; readonly isSeries: boolean } {
  const [first] = findAll(reading, horizon);
  const isSeries = findAll(reading, series).length > 0;
  return { ...(first !== undefined && { span: { from: first.from, to: first.to } }), isSeries };
}
