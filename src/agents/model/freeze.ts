import { z } from 'zod';
import type { Json } from '../../core/helpers/canonical-json.ts';
import { canonicalJson } from '../../core/helpers/canonical-json.ts';
import { sha256 } from '../../core/helpers/hash.ts';
import { defineStage, type StageContext } from '../../core/stage.ts';
import { version } from '../../core/version.ts';
import type { InputOf, OutputOf } from '../../tools/actions/actions.ts';
import { callAction } from '../call-action.ts';
import type { Collected } from '../data/collect.ts';
import type { Prepared } from '../data/prepare.ts';
import type { SplitMessage } from '../data/split.ts';
import { taskSpecOf } from '../task/stages/understand.ts';
import type { CandidatesMessage } from './candidates.ts';
import type { Compressed } from './compress.ts';
import type { Decided } from './decide.ts';
import type { Fitted } from './fit-variant.ts';
import { type MadeForms, madeFormsSchema, makeForms } from './make-forms.ts';

export const frozenSchema = z.object({
  /** SHA-256 of the file, which is its blob. */
  model: z.string(),
  sizeBytes: z.number(),
  operationsPerRow: z.number(),
  /** Greatest relative difference of the file from the learners' own prediction. */
  maxDifference: z.number(),
  comparedRows: z.number(),
  /** Blob of the fitted baseline. */
  baseline: z.string(),
  /** Where the request asks for forms; `model` is the one that is deployed. */
  forms: madeFormsSchema.optional(),
  /** What computed in place of a faster library that is missing. */
  runtime: z.object({ name: z.string(), version: z.string().optional(), insteadOf: z.string() }).optional(),
});

export type Frozen = z.infer<typeof frozenSchema>;

/** Converts the chosen model into one file and proves it; from here on it does not change. */
export const freezeStage = defineStage<Frozen>({
  name: 'model.freeze',
  agent: 'model',
  to: 'server',
  output: frozenSchema,
  async run(context) {
    const prepared = context.message<Prepared>('data.prepare')!;
    const { chosen, forms: asked } = context.message<Compressed>('model.compress')!;
    const baseline = await callAction(context, 'refit', {
      set: prepared.set,
      learner: 'baseline',
      configuration: {},
      seed: 'baseline',
    });
    const output = await freezeVariant(context, chosen);
    const forms = asked === undefined ? undefined : await makeForms(context, output, asked);
    const deployed = forms?.made.find(({ form }) => form === forms.deployed);
    const { file: model, sizeBytes } = deployed ?? { file: output.model, sizeBytes: output.sizeBytes };
    const { runtime } = output;
    const slower = runtime && ` Computed by ${runtime.name}: ${runtime.insteadOf} is missing.`;
    return {
      message: {
        model,
        sizeBytes,
        operationsPerRow: output.operationsPerRow,
        maxDifference: output.maxDifference,
        comparedRows: output.rows,
        baseline: baseline.model,
        ...(forms === undefined ? {} : { forms }),
        ...(runtime === undefined ? {} : { runtime }),
      },
      summary: `One file of ${sizeBytes} bytes, ${model.slice(0, 12)}; it predicts as its learners do on ${output.rows} rows.${formsInWords(forms)}${slower ?? ''}`,
    };
  },
});

function formsInWords(forms: MadeForms | undefined): string {
  if (forms === undefined) return '';
  const others = forms.made.filter(({ form }) => form !== forms.deployed).map(({ form }) => form);
  return ` It is ${forms.deployed}${others.length === 0 ? '' : `; beside it stand ${others.join(', ')}`}.`;
}

/** Makes one file of fitted members, with the calibration and decision of the chosen ones. */
export function freezeVariant(context: StageContext, chosen: Fitted): Promise<OutputOf<'freeze'>> {
  const decided = context.message<Decided>('model.decide')!;
  const { repeats } = context.message<Prepared>('data.prepare')!;
  const validation = { outOfFold: decided.outOfFold, repeats };
  return callAction(context, 'freeze', { ...partsOf(context, chosen, decided), validation }, whereOf(context, chosen));
}

/** The size of the file that fitted members would become, before anything is decided about what comes out of it. */
export async function weighVariant(context: StageContext, chosen: Pick<Fitted, 'members'>): Promise<number> {
  const parts = partsOf(context, chosen, { calibration: { kind: 'none' }, scores: [] });
  return (await callAction(context, 'weigh', { ...parts, isWeighed: true }, whereOf(context, chosen))).sizeBytes;
}

/** Where what concerns fitted members is computed. */
export function whereOf(context: StageContext, { members }: Pick<Fitted, 'members'>) {
  const { onHost } = context.message<CandidatesMessage>('model.candidates')!;
  return { onHost: members.some(({ learner }) => onHost.includes(learner)) };
}

/** Everything that fitted members become a file of. */
export function partsOf(
  context: StageContext,
  chosen: Pick<Fitted, 'members'>,
  decided: Pick<Decided, 'calibration' | 'decision' | 'interval' | 'scores'>,
): InputOf<'freeze'> {
  const spec = taskSpecOf(context);
  const { data } = context.message<Collected>('data.collect')!;
  const { train } = context.message<SplitMessage>('data.split')!;
  const prepared = context.message<Prepared>('data.prepare')!;
  const { backend } = context.message<CandidatesMessage>('model.candidates')!;
  return {
    preparation: prepared.preparation,
    train,
    problem: { task: prepared.task, classCount: prepared.classes.length },
    target: spec.target.value,
    classes: prepared.classes,
    members: chosen.members.map(({ model, weight, features }) => ({
      model,
      weight,
      ...(features === undefined ? {} : { features }),
    })),
    numberCount: prepared.numberCount,
    calibration: decided.calibration,
    ...(decided.decision === undefined ? {} : { decision: decided.decision }),
    ...(decided.interval === undefined ? {} : { interval: decided.interval }),
    // Clock-free and path-free, so that the same request gives the same file.
    card: {
      formatVersion: 1,
      madeBy: `traineragent ${version}`,
      task: spec.task.value,
      target: spec.target.value,
      metric: spec.metrics[0]!.metric,
      trainingRows: prepared.rowCount,
      sourceRows: data!.rowCount,
      members: chosen.members.map(({ learner, weight, configuration, iterations }) => ({
        learner,
        weight,
        configuration,
        ...(iterations === undefined ? {} : { iterations }),
      })),
      calibration: decided.calibration.kind,
      validation: decided.scores.map((score) => ({ ...score })),
      seed: context.input.seed,
      taskHash: sha256(canonicalJson(spec)),
      deterministic: context.input.maxSeconds === undefined && backend?.deterministic !== false,
    } as Record<string, Json>,
  };
}
