import { TrainerError } from '../core/errors.ts';
import type { Json } from '../core/helpers/canonical-json.ts';
import type { JournalBody } from '../core/journal-record.ts';
import type { RunStore } from '../core/store.ts';
import { shownScore } from '../core/task-spec.ts';
import type { Workbench } from '../core/workbench.ts';
import type { RecomputeOutput } from '../tools/actions/recompute.ts';
import type { TrialInput } from '../tools/actions/trial.ts';
import { checkOf, compareJson, type VerifyCheck } from './compare.ts';

type Call = Extract<JournalBody, { kind: 'call' }>;

/**
 * What another CPU type may differ by where the model file is run (float32 kernels are chosen by CPU); everything else is
 * held to the last bit.
 */
const runtimeTolerance = 1e-6;
const byRuntime: ReadonlySet<string> = new Set([
  'convert',
  'evaluate',
  'explain',
  'freeze',
  'importance',
  'judge-forms',
]);

/** Numbers that people read, each on a line of its own. */
const shownPaths: Readonly<Record<string, RegExp>> = {
  importance: /^columns\[\d+\]\.(drop|low|high)$|^rows$/,
  explain: /^(judged|errors|loss)$|^slices\[\d+\]\.(loss|low|high)$/,
  evaluate:
    /^groups\[\d+\]\.groups\[\d+\]\.(value|low|high|rows)$|^(scores|baseline)\[\d+\]\.(value|low|high|probability)$|^gain\.|^(rows|coverage)$/,
  decide: /^scores\[\d+\]\.(value|low|high)$|^logLoss\./,
  nested: /^(scores|baseline)\[\d+\]\.(value|low|high)$/,
  'judge-forms': /^scores|^forms\[\d+\]\.scores/,
  convert: /^(file|sizeBytes|maxDifference|labelDifferences)$/,
  freeze: /^(model|sizeBytes|maxDifference)$/,
  collect: /^(rowCount|duplicateRows)$/,
  split: /^(trainRows|vaultRows|vault)$/,
};

/** Computes the results of recorded calls again, one line or more a call. */
export async function recomputeCalls(
  store: RunStore,
  benchOf: (input: Json) => Workbench,
): Promise<readonly VerifyCheck[]> {
  const checks: VerifyCheck[] = [];
  const { signal } = new AbortController();
  for (const { record, body } of store.records) {
    if (body.kind !== 'call') continue;
    const name = `${body.at.stage} ${nameOf(body)} (#${record})`;
    const input = { tool: body.at.name, input: body.input, output: body.output };
    try {
      const { output, recorded } = (await benchOf(body.input).call('recompute', input, { signal })) as RecomputeOutput;
      if (output !== undefined && recorded !== undefined) checks.push(...compared(name, body, recorded, output));
    } catch (error) {
      // A process that ended is no finding about a number.
      if (!TrainerError.isInstance(error) || error.code === 'RUN_CHILD_FAILED' || error.code === 'PEER_MISSING')
        throw error;
      checks.push({ name, reported: 'its result', found: error.message, ok: false });
    }
  }
  return checks;
}

function compared(name: string, { at, input }: Call, recorded: Json, output: Json): VerifyCheck[] {
  const shown = shownPaths[at.name];
  const isRuntime = byRuntime.has(at.name);
  if (at.name === 'trial') {
    const checks = compareJson(name, recorded, output);
    // One line a trial with the score that was reported; fold by fold where one differs.
    return checks.every(({ ok }) => ok)
      ? [checkOf(`${name} score`, scoreOf(input, recorded), scoreOf(input, output))]
      : checks;
  }
  return compareJson(name, without(recorded, isRuntime), without(output, isRuntime), {
    ...(isRuntime ? { tolerance: runtimeTolerance } : {}),
    ...(shown === undefined ? {} : { shown: (path) => shown.test(path) }),
  });
}

/** The mean of the fold scores as it is shown. */
function scoreOf(input: Json, result: Json): number | undefined {
  const { scores } = result as { readonly scores?: readonly number[] };
  const { metric } = input as unknown as TrialInput;
  if (scores === undefined || scores.length === 0) return undefined;
  return shownScore(metric, scores.reduce((sum, score) => sum + score, 0) / scores.length);
}

/** Predictions of the runtime as bytes are the same on one CPU type alone; what follows from them is compared. */
function without(value: Json, isRuntime: boolean): Json {
  if (!isRuntime || typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const { predictions: _predictions, ...rest } = value as { readonly [key: string]: Json };
  return rest;
}

function nameOf({ at, input }: Call): string {
  const { trial, learner } = input as { readonly trial?: { readonly index: number }; readonly learner?: string };
  const which = trial === undefined ? (at.ordinal > 0 ? ` ${at.ordinal + 1}` : '') : ` ${trial.index}`;
  return `${at.name}${which}${typeof learner === 'string' ? ` of ${learner}` : ''}`;
}
