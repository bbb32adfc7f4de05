import { formWords, type ModelForm } from './helpers/model-forms.ts';
import { metricTitle } from './task-spec.ts';
import type { Evidence, Offer, Reason, ReasonCode } from './verdict.ts';

/** What was asked for and can't be served, in words. */
const wishes: Readonly<Record<string, string>> = {
  EXPLANATIONS: 'an explanation of each prediction',
  DEPLOY_ELSEWHERE: 'a deployment to another platform',
  SCHEDULE: 'work on a schedule, or messages',
  SPECIFIC_MODEL: 'a particular kind of model',
  ONLINE_LEARNING: 'a model that goes on learning',
  EXTERNAL_DATA: 'data from elsewhere',
  DASHBOARD: 'a dashboard or an office document',
  PRIVACY_METHOD: 'a particular method of privacy',
  EXPORT_FORMAT: 'a form that no model can be had in here',
  CAUSES: 'causes: a model finds what goes together, not what leads to what',
  EXCLUSION_NOT_FOUND: 'to leave out a column that is not in the data',
  ROLE_NOT_FOUND: 'an order, weight or group that no column gives',
  FAIRNESS_NOT_FOUND: 'fairness, but no column says between whom',
  METRIC_UNSUITED: 'a score that does not fit this kind of task',
  BALANCE_OF_NUMBER: 'classes that count alike, but a number has no classes',
  LANGUAGE: 'something in words that are understood in English only',
};

const close = 'What can be done: ';
const other = (kind: string, nearest: string): string =>
  `The request asks for ${kind}. Models for tables predict one column from the others, so this was not started. ${close}${nearest}`;

/** What happened, what it means, what can be done; by code, a pure function of the evidence. */
const messages: Readonly<Record<ReasonCode, (evidence: Evidence) => string>> = {
  NO_DATA: () =>
    `The data have no rows. Nothing can be learned from them. ${close}hand over a file or records with at least 20 rows.`,
  NO_TARGET: (e) =>
    `The data have ${count(e.columns, 'column')} and none can be predicted from another. Without something to predict there is nothing to learn. ${close}add the column to predict, or the columns to predict it from.`,
  NO_INPUTS: (e) =>
    `${typeof e.inputs === 'number' && e.inputs > 0 ? `No column can be used to predict ${name(e.target)}: each of the others is constant, free text, or different in every row, as an identifier is` : `No column is left to predict ${name(e.target)} from`}. A model would have nothing to go by. ${close}leave out fewer columns, or add more.`,
  ONE_CLASS: (e) =>
    `Every row has the same value of ${name(e.target)}. There is nothing to tell apart. ${close}add rows with another value, or choose another target.`,
  TOO_FEW_ROWS: (e) =>
    `There are ${count(e.rows, 'row')} with a value of ${name(e.target)}; at least ${text(e.least)} are needed. A score on so few would be chance. ${close}add rows until there are as many.`,
  TOO_FEW_OF_CLASS: (e) =>
    `A class of ${name(e.target)} has ${e.atMost === true ? 'at most ' : ''}${count(e.rows, 'row')}; at least ${text(e.least)} are needed of each. Such a class can be neither learned nor tested. ${close}add rows of it, join it with another class, or leave its rows out.`,
  TARGET_KIND: (e) =>
    e.kind === 'number'
      ? `The values of ${name(e.column)} are ${e.beyond === true ? 'beyond 3.4e38' : 'nearly equal beside their size'}. A model answers in numbers of 32 bits (about seven digits), which can't tell them apart. ${close}${e.beyond === true ? 'correct the largest values, or choose a larger unit.' : 'subtract a constant from the column, or predict the difference to another column.'}`
      : `The column ${name(e.column)} holds ${kindWord(e.kind)}. Only numbers and classes can be predicted. ${close}add a column with a number or a class made of it.`,
  SCORE_UNDEFINED: (e) =>
    `${capital(metric(e.metric))} has no value on the ${count(e.rows, 'test row')} (${text(e.why)}), so the model was not judged by it. ${close}hand over test rows in which every class occurs, or ask for another score.`,
  UNSEEN_CLASSES: (e) =>
    `${count(e.rows, 'test row')} had no class that the model knows and did not count. The score says nothing of such rows. ${close}look at the spellings of ${name(e.target)}, or add rows of those classes to learn from.`,
  WEAK_SIGNAL: (e) =>
    `On rows that it had never seen the model reached ${metric(e.metric)} ${number(e.value)}, and guessing without any input reaches ${number(e.baseline)}; the difference is within chance there. ${close}add rows or columns, and do not rely on this model yet.`,
  STOPPED_BY_HOST: (e) =>
    `A decider of the host stopped the run${e.question === undefined ? '' : ` at ${name(e.question)}`}${e.why === undefined || e.why === '' ? '' : `: ${String(e.why)}`}. ${close}run again with another answer to that question.`,
  NO_SIGNAL: (e) =>
    `The best model reached ${metric(e.metric)} ${number(e.value)}, and guessing without any input reaches ${number(e.baseline)}; the difference is within chance. The inputs say nothing measurable about ${name(e.target)}. ${close}add columns that have to do with it, or more rows.`,
  NOT_A_LEARNING_TASK: () =>
    `The request asks for something else than to learn a prediction from data. No model was made. ${close}say which column should be predicted.`,
  HARMFUL: () =>
    `The request would harm people. It is declined, whatever the data. ${close}nothing here; ask for something else.`,
  FORECASTING: (e) =>
    other(
      'values of a series in the future',
      `predict ${e.column === undefined ? 'the value' : name(e.column)} of a row from the other columns of the same row, with rows of the past as training data.`,
    ),
  CLUSTERING: () =>
    other('groups that nobody has named yet', 'label some rows with their group and ask to predict the group.'),
  ANOMALY_DETECTION: () =>
    other('anomalies without examples of them', 'mark known anomalies in a column and ask to predict it.'),
  IMAGES: () => other('something from pictures', 'add columns measured on the pictures and predict from those.'),
  AUDIO: () => other('something from sound', 'add columns measured on the sound and predict from those.'),
  TEXT_GENERATION: () =>
    other('text to be written', 'predict a class or a number, such as the kind of reply a message needs.'),
  RECOMMENDATION: () =>
    other('recommendations', 'predict for a user and an item whether it will be chosen, from a column that says so.'),
  MULTI_LABEL: () => other('several labels a row', 'make one column of yes and no a label, and one model a column.'),
  SEVERAL_TARGETS: (e) => other(`several targets at once${list(e.columns)}`, 'run once a target.'),
  SURVIVAL_ANALYSIS: () =>
    other(
      'the time until an event, with rows where it has not come yet',
      'predict whether the event comes within a fixed time, from a column that says so.',
    ),
  CAUSAL: () => other('the effect of an action', 'predict the outcome as it was observed; that is no effect.'),
  DERIVED_TARGET: (e) =>
    `The request compares ${name(e.column)} with a limit ("${text(e.quote)}"), and the data have no column with the answer. It was not guessed. ${close}add that column of yes and no, or predict ${name(e.column)} itself.`,
  TARGET_AMBIGUOUS: (e) =>
    `Several columns fit what should be predicted${list(e.options)}. The target decides everything else, so it is not guessed. ${close}name one of them.`,
  TARGET_NOT_FOUND: (e) =>
    `No column fits what should be predicted. The target decides everything else, so it is not guessed. ${close}name one of the columns${list(e.options)}.`,
  TARGET_NOT_NAMED: (e) =>
    `The request does not say what should be predicted, and the data do not settle it. ${close}name one of the columns${list(e.options)}.`,
  LANGUAGE: (e) =>
    `The request is not in English, which is the only language read here. What the data suggest is proposed instead. ${close}confirm the target${e.default === undefined ? '' : ` (proposed: ${name(e.default)})`}, or ask in English.`,
  TARGET_MISSED: (e) =>
    `${capital(metric(e.metric))} of ${bound(e)} ${number(e.threshold)} was asked, and ${number(e.value)} was reached${interval(e)}. The model is there, but it is not as good as wished. ${close}accept what was reached, add rows or columns, or give more budget.`,
  LIMIT_BELOW_MEASURED: (e) =>
    `${limitName(e.limit)} of at most ${withUnit(e.limit, e.wished)} was asked, and the least that was measured is ${withUnit(e.limit, e.measured)}. The limit was not kept. ${close}raise the limit, or accept a simpler model.`,
  NO_VAULT: (e) =>
    `There are ${count(e.rows, 'row')}, too few to keep test rows apart. The score comes from repeated cross-validation and its interval is wide. ${close}add rows or hand over test data.`,
  SMALL_DATA: (e) =>
    `There are ${count(e.rows, 'row')}. The score is known only roughly. ${close}look at the interval beside the score; add rows where you can.`,
  IMBALANCED: (e) =>
    `The rarest class of ${name(e.target)} makes ${share(e.share)} of the rows. Accuracy says little here. ${close}judge by a score that counts classes alike, and check the threshold.`,
  RARE_CLASSES: (e) =>
    `${count(e.classes, 'class', 'classes')} of ${name(e.target)} ${e.classes === 1 ? 'has' : 'have'} fewer than ${text(e.least)} rows. They will be predicted badly. ${close}add rows of them or join them.`,
  MANY_CLASSES: (e) =>
    `${name(e.target)} has ${text(e.classes)} classes. Each has few rows to learn from. ${close}check that it is the right column, or join classes.`,
  MANY_MISSING: (e) =>
    `${count(e.columns, 'column')} ${e.columns === 1 ? 'lacks' : 'lack'} more than half of the values. They help little. ${close}fill them at the source or leave them out.`,
  TARGET_MISSING: (e) =>
    `${count(e.rows, 'row')} ${e.rows === 1 ? 'has' : 'have'} no value of ${name(e.target)}. They can be neither learned from nor tested on, and are set aside. ${close}nothing, if that is as expected; else fill them in at the source.`,
  TEXT_SET_ASIDE: (e) =>
    `Columns of free text are set aside${list(e.columns)}. What they say is not used. ${close}add columns made from the text.`,
  DUPLICATE_ROWS: (e) =>
    `${count(e.rows, 'row')} ${e.rows === 1 ? 'repeats' : 'repeat'} an earlier row. The same row in training and test would flatter the score. ${close}check where they come from.`,
  CONFLICTING_LABELS: (e) =>
    `${count(e.rows, 'row')} ${e.rows === 1 ? 'has' : 'have'} the same inputs as another row, and another ${e.target === undefined ? 'target' : name(e.target)}. No model can get both right. ${close}check the labels, or add a column that tells them apart.`,
  LEAKING_COLUMN: (e) =>
    `The column ${name(e.column)} gives the target away${e.score === undefined ? '' : ` (alone it reaches ${number(e.score)})`}. ${e.leftOut === false ? `It may be known only afterwards, and it is used. ${close}leave it out unless it is known at prediction time.` : `It is probably known only afterwards, so it is set aside. ${close}tell the run to use it if it is known at prediction time.`}`,
  TIME_DRIFT: (e) =>
    `The data change over time${e.column === undefined ? '' : ` (${name(e.column)})`}. The model may be worse on new rows than measured. ${close}test on the latest rows, and train again from time to time.`,
  GROUPS_SUSPECTED: (e) =>
    `Values of ${name(e.column)} repeat over several rows. Rows of one in training and test would flatter the score. ${close}say that the rows are grouped by ${name(e.column)}.`,
  SENSITIVE_TARGET: (e) =>
    `${name(e.target)} is a protected property of people. Predicting it may be unlawful where you are. ${close}be sure that you may, and say to whom it matters.`,
  THRESHOLD_TRIVIAL: (e) =>
    `${capital(metric(e.metric))} of ${number(e.threshold)} is reached by always answering the same (${number(e.baseline)}). Reaching it means little. ${close}ask for more, or for balanced accuracy.`,
  THRESHOLD_IMPLAUSIBLE: (e) =>
    `${capital(metric(e.metric))} of ${number(e.threshold)} means no errors worth mentioning. That is rare in real data. ${close}say what would still be useful.`,
  PERFECT_SCORE: (e) =>
    `The score is perfect (${metric(e.metric)} ${number(e.value)}). Mostly that means that an input gives the target away. ${close}check the most important inputs.`,
  WIDE_INTERVAL: (e) =>
    `The score lies between ${number(e.low)} and ${number(e.high)}. More can't be said from ${count(e.rows, 'test row')}. ${close}add rows, or hand over more test data.`,
  FAIRNESS_GAP: (e) =>
    `The score differs by ${number(e.gap)} between groups of ${name(e.column)}. The model serves them unequally. ${close}look at the groups in the report before using it.`,
  TASK_ASSUMED: (e) =>
    `The request says "${text(e.quote)}", and ${name(e.target)} holds ${count(e.distinct, 'different number')}, more than classes are made of. Its value is predicted as a number instead. ${close}fix the task as \`multiclass\` if each number is a class, or make a column of the ranges that you mean.`,
  FORM_NOT_DELIVERED: (e) => messageOfForm(e),
  UNSUPPORTED_WISH: (e) =>
    e.wish === 'EXPORT_FORMAT'
      ? formRefused(e)
      : `Also asked: ${wishes[text(e.wish)] ?? 'something that is not served here'} ("${text(e.quote)}"). It is not done. ${close}nothing is needed, the rest goes on without it.`,
};

/** Said before training, so that nobody waits for a file that never comes. */
function formRefused(e: Evidence): string {
  return `Also asked: the model as "${text(e.quote)}". It can not be made here, and nothing is trained for it. ${close}ask for ONNX (float32, float16, int8 or dynamic int8), for a module of JavaScript or TypeScript, or for a folder for the browser; without that the rest goes on with ONNX in float32, which tools of other formats read.`;
}

const messageOfForm = (e: Evidence): string =>
  `The model is not delivered as ${formWords[text(e.form) as ModelForm] ?? text(e.form)}. ${text(e.why)} ${close}take the forms that are delivered, or fix the answer of "model.forms" to have it with what it loses.`;

/** A reason in plain words: what happened, what it means, what can be done. */
export function verdictMessage(reason: Reason): string {
  return messages[reason.code](reason.evidence);
}

/** An offer in plain words. */
export function offerMessage(offer: Offer): string {
  const e = offer.evidence;
  switch (offer.change) {
    case 'threshold':
      return `On offer: this model with ${metric(e.metric)} ${number(e.value)}${interval(e)}.`;
    case 'limit':
      return `On offer: the same model with ${limitName(e.limit).toLowerCase()} of ${withUnit(e.limit, e.measured)}.`;
    case 'target':
      return `On offer: a model that predicts ${name(e.column)}.`;
    case 'task':
      return `On offer: ${text(e.task)}.`;
    case 'data':
      return `On offer: try again with ${text(e.need)}.`;
  }
}

function text(value: unknown): string {
  return value === undefined || value === null
    ? 'unknown'
    : typeof value === 'object'
      ? JSON.stringify(value)
      : String(value);
}

function name(value: unknown): string {
  return `"${text(value)}"`;
}

/** Three significant digits, whole numbers as they are. */
function number(value: unknown): string {
  return typeof value !== 'number'
    ? text(value)
    : Number.isInteger(value) && Math.abs(value) < 1e15
      ? String(value)
      : String(Number(value.toPrecision(3)));
}

function share(value: unknown): string {
  return typeof value === 'number' ? `${number(value * 100)} %` : text(value);
}

function count(value: unknown, one: string, many = `${one}s`): string {
  return value === 0 ? `no ${many}` : `${text(value)} ${value === 1 ? one : many}`;
}

function metric(value: unknown): string {
  return metricTitle(text(value));
}

function capital(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function list(value: unknown): string {
  if (!Array.isArray(value) || value.length === 0) return '';
  const shown = value.slice(0, 8).map(name).join(', ');
  return ` (${shown}${value.length > 8 ? `, and ${value.length - 8} more` : ''})`;
}

function bound(e: Evidence): string {
  return e.greater === false ? 'at most' : 'at least';
}

function interval(e: Evidence): string {
  return typeof e.low === 'number' && typeof e.high === 'number'
    ? ` (between ${number(e.low)} and ${number(e.high)})`
    : '';
}

function kindWord(kind: unknown): string {
  return kind === 'datetime' ? 'dates' : kind === 'text' ? 'free text' : text(kind);
}

function limitName(limit: unknown): string {
  return (
    {
      latencyMs: 'A prediction time',
      sizeBytes: 'A file size',
      memoryBytes: 'A memory use',
      trainSeconds: 'A training time',
    }[text(limit)] ?? text(limit)
  );
}

function withUnit(limit: unknown, value: unknown): string {
  if (typeof value !== 'number') return text(value);
  if (limit === 'latencyMs') return `${number(value)} ms`;
  if (limit === 'trainSeconds') return `${number(value)} s`;
  return value >= 1_000_000
    ? `${number(value / 1_000_000)} MB`
    : value >= 1000
      ? `${number(value / 1000)} kB`
      : `${number(value)} bytes`;
}
