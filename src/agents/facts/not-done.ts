import type { TaskSpec } from '../../core/task-spec.ts';
import type { RunFacts } from '../../tools/report/report-facts.ts';
import type { Cleaned } from '../data/clean.ts';
import type { SplitMessage } from '../data/split.ts';
import type { CandidatesMessage } from '../model/candidates.ts';
import type { Compressed } from '../model/compress.ts';
import type { Evaluated } from '../model/evaluate.ts';
import type { Explained } from '../model/explain.ts';
import type { Searched } from '../model/search.ts';
import type { Records } from './records.ts';

/** What was asked, or would be usual, and was not done, with the reason. */
export function notDoneFacts(
  messages: ReadonlyMap<string, unknown>,
  spec: TaskSpec | undefined,
  records: Records,
): RunFacts['notDone'] {
  const found: RunFacts['notDone'][number][] = [];
  if (spec === undefined) return found;
  for (const { code, quote } of spec.unsupported)
    found.push({
      what: `"${quote}"`,
      why: `This can't be served here (${code}).`,
      ...records.message('task.understand'),
    });
  const evaluated = messages.get('model.evaluate') as Evaluated | undefined;
  for (const { column } of spec.fairness)
    found.push({
      what: `Treating values of "${column}" alike`,
      why:
        evaluated === undefined || evaluated.vault !== undefined
          ? 'Fairness is measured, not enforced: the scores by group are told, and nothing was changed to make them alike.'
          : 'Fairness is not enforced, and there are too few rows to score groups apart.',
      ...records.message('task.understand'),
    });
  const explained = messages.get('model.explain') as Explained | undefined;
  if (explained?.whyNoCurve !== undefined)
    found.push({
      what: 'A learning curve (would more rows help?)',
      why: explained.whyNoCurve,
      ...records.message('model.explain'),
    });
  const cleaned = messages.get('data.clean') as Cleaned | undefined;
  const texts =
    cleaned?.plan.columns.filter((column) => column.action === 'set-aside' && column.reason === 'text') ?? [];
  if (texts.length > 0)
    found.push({
      what: `Learning from free text (${texts.map(({ column }) => column).join(', ')})`,
      why: 'This version learns from numbers, categories, dates and booleans.',
      ...records.message('data.clean'),
    });
  const split = messages.get('data.split') as SplitMessage | undefined;
  if (split?.vaultFrom === 'none')
    found.push({
      what: 'A score on rows kept aside',
      why: 'There are too few rows; nested cross-validation gives the score, with a wide interval.',
      ...records.message('data.split'),
    });
  const candidates = messages.get('model.candidates') as CandidatesMessage | undefined;
  for (const { learner, why } of candidates?.missing ?? []) found.push({ what: `The learner "${learner}"`, why });
  const searched = messages.get('model.search') as Searched | undefined;
  if (searched?.stopped === 'clock')
    found.push({
      what: 'The rest of the search',
      why: 'The time limit of the request was reached.',
      ...records.message('model.search'),
    });
  if (searched?.stopped === 'budget')
    found.push({
      what: 'The rest of the search',
      why: 'The budget of work units was spent.',
      ...records.message('model.search'),
    });
  if (searched !== undefined && searched.failed > 0)
    found.push({
      what: `${searched.failed} candidates`,
      why: 'They could not be fitted; the trials say why.',
      ...records.message('model.search'),
    });
  const compressed = messages.get('model.compress') as Compressed | undefined;
  if (compressed?.whyNotTried !== undefined)
    found.push({
      what: 'Smaller variants of the model',
      why: compressed.whyNotTried,
      ...records.message('model.compress'),
    });
  return found;
}
