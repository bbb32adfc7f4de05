import { TrainerError } from '../../core/errors.ts';
import { createRandom } from '../../core/helpers/random.ts';
import type { Configuration, Footprint, Learner, LearnerFacts, SearchSpace } from '../learn/learner.ts';
import { factsOf, readTrainingSet } from '../learn/training-set.ts';
import { proposeCandidates } from '../search/propose-candidates.ts';
import type { Candidate } from '../search/search-state.ts';
import { costTable } from '../serve/estimate.ts';
import { type ActionContext, defineAction } from './action.ts';
import { substituteRuntime } from './substitute-runtime.ts';

export interface ProposeInput {
  /** Blob of the training set, or what is expected of one that is not made. */
  readonly set: string | LearnerFacts;
  readonly learner: string;
  /** Samples of the space, beside the default. */
  readonly count: number;
  readonly seed: string;
  /** Rows that a fit learns from at most. @default all but one fold */
  readonly learnRows?: number;
  /** What the model may have at most: iterations, or the learner's own sizes, are held to what is expected to keep it, by the shipped table. */
  readonly limits?: { readonly sizeBytes?: number; readonly latencyMs?: number };
  /** Configurations that somebody asked for, each merged over the default. */
  readonly wanted?: readonly Configuration[];
}

export interface ProposeOutput {
  readonly about: string;
  /** The default first, then what was wanted, then samples. */
  readonly candidates: readonly Candidate[];
  /** Axes of the space, for questions. */
  readonly space: SearchSpace;
  /** Values that the columns of categories have, all together. */
  readonly categoryValues?: number;
  /** What the default is expected to be and to take; absent where the learner can't say. */
  readonly footprint?: Footprint;
  /** Whether it can learn this kind of task. */
  readonly fits: boolean;
  /** Its fits need a backend that trains. */
  readonly onBackend?: true;
  /** What the learner needs and this machine lacks. */
  readonly missing?: string;
}

/** The candidates of one learner: its default configuration and samples of its space, with their costs. */
export const propose = defineAction<ProposeInput, ProposeOutput>({
  name: 'propose',
  async run(input, context) {
    const learner = await context.learner(input.learner);
    const facts = await factsFor(input, context);
    if (!learner.tasks.includes(facts.task)) return { about: learner.about, candidates: [], space: {}, fits: false };
    const missing = learner.trainsOnBackend === true ? await missingBackend(context) : undefined;
    if (missing !== undefined) return { about: learner.about, candidates: [], space: {}, fits: false, missing };
    const proposed = proposeCandidates([learner], facts, input.count, createRandom(input.seed));
    const [first, ...sampled] = proposed.map((candidate) => heldTo(candidate, learner, facts, input.limits ?? {}));
    const wanted = (input.wanted ?? []).map((extra) => {
      const configuration = { ...first!.configuration, ...extra };
      return { ...first!, configuration, cost: learner.cost(configuration, facts), always: false };
    });
    const footprint = learner.footprint?.(first!.configuration, facts);
    return {
      about: learner.about,
      categoryValues: facts.categorySizes.reduce((sum, size) => sum + size, 0),
      ...(footprint === undefined ? {} : { footprint }),
      candidates: [first!, ...wanted, ...sampled],
      space: learner.space(facts),
      fits: true,
      ...(learner.trainsOnBackend === true ? { onBackend: true } : {}),
    };
  },
});

/** A package, a worker, an operator or a device that is not there. */
const absent = ['PEER_MISSING', 'RUN_CHILD_FAILED', 'MODEL_UNSUPPORTED', 'FORMAT_VERSION'] as const;
/** Share of a limit that one model may take: preparation, notes and metadata need the rest. */
const shareOfLimit = 0.7;
const fewestIterations = 5;

/** Times that a learner is asked for a smaller model. */
const mostSmaller = 100;

/** A candidate with no more iterations than are expected to keep the limits, or made smaller until it is expected to. */
function heldTo(candidate: Candidate, learner: Learner, facts: LearnerFacts, limits: Limits): Candidate {
  const configuration = held(candidate.configuration, learner, facts, limits);
  if (configuration === candidate.configuration) return candidate;
  return { ...candidate, configuration, cost: learner.cost(configuration, facts) };
}

type Limits = NonNullable<ProposeInput['limits']>;

function held(
  configuration: Configuration,
  learner: Learner,
  facts: LearnerFacts,
  { sizeBytes = Number.POSITIVE_INFINITY, latencyMs = Number.POSITIVE_INFINITY }: Limits,
): Configuration {
  const sharesOf = (own: Configuration) => {
    const footprint = learner.footprint?.(own, facts);
    if (footprint === undefined) return undefined;
    const { fileBytes, operationsPerRow, iterations } = footprint;
    const share = Math.max(fileBytes / sizeBytes, (operationsPerRow * costTable.operationMs) / latencyMs);
    return { share: share / shareOfLimit, iterations };
  };
  const first = sharesOf(configuration);
  if (first === undefined) return configuration;
  const { iterationKey: key } = learner;
  const most = key === undefined ? undefined : configuration[key];
  if (first.iterations !== undefined && key !== undefined && typeof most === 'number') {
    const fewer = Math.max(fewestIterations, Math.min(most, Math.floor(first.iterations / first.share)));
    return fewer < most ? { ...configuration, [key]: fewer } : configuration;
  }
  let smallest = configuration;
  for (let i = 0; i < mostSmaller && sharesOf(smallest)!.share > 1; i++) {
    const smaller = learner.smaller?.(smallest, facts);
    if (smaller === undefined) break;
    smallest = smaller;
  }
  return smallest;
}

/** Why nothing can be trained on a backend here; undefined where it can. A network of one weight is made ready to see. */
async function missingBackend(context: ActionContext): Promise<string | undefined> {
  try {
    const backend = await context.trainingBackend();
    const layers = [{ kind: 'dense', units: 1, name: 'output' }] as const;
    const inputs = { x: { dtype: 'float32', shape: [1] } } as const;
    await using _network = await backend.compile(
      { formatVersion: 1, inputs, layers, outputs: { output: 'output' } },
      { loss: { kind: 'mean-squared-error' }, optimiser: { kind: 'sgd', learningRate: 0.1 }, threads: 1 },
      context.signal === undefined ? {} : { signal: context.signal },
    );
    await substituteRuntime(context);
    return undefined;
  } catch (error) {
    // What is not there now is no reason to end the run: other learners go on, and the card says what was missing.
    const isAbsent = TrainerError.isInstance(error) && (absent as readonly string[]).includes(error.code);
    if (isAbsent) return error.message;
    throw error;
  }
}

async function factsFor({ set: given, learnRows }: ProposeInput, context: ActionContext): Promise<LearnerFacts> {
  if (typeof given !== 'string') return given;
  const set = await readTrainingSet(given, context);
  // One fold is left out of each fit.
  const foldRows = Math.round((set.features.rowCount * (set.folds.count - 1)) / set.folds.count);
  return factsOf(set, Math.min(foldRows, learnRows ?? foldRows));
}
