import { TrainerError } from '../../../core/errors.ts';
import type {
  CallOptions,
  EvaluateOptions,
  Evaluation,
  ModelOptions,
  StepOptions,
  Tensors,
  TrainableNetwork,
  TrainingData,
  TrainingSnapshot,
  WeightsOptions,
} from '../../backend.ts';
import { CallQueue } from '../../call-queue.ts';
import { checkAborted, holdsSame, readBatches, readData, readOptions, readSnapshot } from '../../given.ts';
import { copySpec } from '../../network/copy-spec.ts';
import { importedGraph } from '../../network/layers/imported.ts';
import type { NetworkSpec } from '../../network/network-spec.ts';
import { checkLearningRate } from '../../network/optimiser.ts';
import { mostRetreats, type Training } from '../../network/training.ts';
import type { EmitPass } from '../autodiff/emit.ts';
import type { ImageLayout } from '../layout/image-layout.ts';
import { type CheckedData, checkData } from './check-data.ts';
import { Evaluator } from './evaluator.ts';
import { findDivergence } from './find-divergence.ts';
import { initialState } from './initial-state.ts';
import { checkMemory, isLarge, release, stateBytes } from './memory.ts';
import { averageSlot } from './optimisers.ts';
import { planTraining, stateOf, type TrainingPlan } from './plan.ts';
import { encodePrediction } from './prediction-model.ts';
import { period } from './renewal.ts';
import { stateOfSnapshot, takeSnapshot } from './snapshot.ts';
import { dataFeeds, type GraphOptions, StepSession, type StepsMade } from './step-session.ts';
import type { OpenSession } from './training-session.ts';

/** Native calls are sized to this time, so that progress, abort and checkpoints come often enough. */
const callMs = 200;

/** Batch sizes whose compiled graphs are kept. */
const keptSizes = 4;

/** Data as they were read, with what they were found to be. */
interface HeldData {
  readonly data: TrainingData;
  readonly checked: CheckedData;
}

/** A network whose steps are graphs, which a runtime in this process runs. */
class TrainedByGraph implements TrainableNetwork {
  readonly #plan: TrainingPlan;
  readonly #open: OpenSession;
  readonly #options: GraphOptions;
  readonly #evaluator: Evaluator;
  readonly #sessions = new Map<string, StepSession>();
  readonly #checked = new WeakMap<TrainingData, HeldData>();
  readonly #queue = new CallQueue();
  /** The state that memory of others is in: it is never given back. */
  readonly #borrowed = new WeakSet<Tensors>();
  #state: Tensors;
  #step = 0;
  #rate: number;

  constructor(plan: TrainingPlan, open: OpenSession, options: GraphOptions) {
    this.#plan = plan;
    this.#open = open;
    this.#options = options;
    this.#evaluator = new Evaluator(plan, open);
    this.#rate = plan.training.optimiser.learningRate;
    this.#state = this.#hold(initialState(plan));
    this.#borrowed.add(this.#state);
  }

  get step(): number {
    return this.#step;
  }

  async steps(given: TrainingData, lists: readonly Int32Array[], how?: StepOptions): Promise<Float32Array> {
    const options = readOptions(how);
    const message = () => `Training was aborted after step ${this.#step}; the steps before it are kept.`;
    const work = async (): Promise<Float32Array> => {
      const { data, checked } = this.#check(given);
      const batches = readBatches(lists, checked.rows);
      const feeds = dataFeeds(data, checked);
      const losses = new Float32Array(batches.length);
      const start = { state: this.#state, step: this.#step };
      const pinned = this.#plan.training.onDivergence === 'retreat' ? start.state : undefined;
      let retreats = 0;
      for (let at = 0; at < batches.length; ) {
        checkAborted(options.signal, message());
        const session = await this.#sessionFor(batches[at]!.length, checked);
        const made = await this.#call(session, feeds, batches, at, pinned).catch((error: unknown) => {
          const isLast = this.#plan.training.onDivergence !== 'retreat' || retreats === mostRetreats;
          if (isLast || !TrainerError.isInstance(error) || error.code !== 'TRAIN_DIVERGED') throw error;
          return error;
        });
        if (made instanceof TrainerError) {
          retreats++;
          const step = this.#step;
          this.#state = start.state;
          this.#step = start.step;
          this.#rate /= 2;
          at = 0;
          const layer = (made.details.layer as string | null) ?? undefined;
          options.onRetreat?.({ step, from: start.step, layer, learningRate: this.#rate });
          continue;
        }
        const count = made.losses.length;
        losses.set(made.losses, at);
        at += count;
        options.onSteps?.(this.#step, losses.subarray(at - count, at), made.metrics);
      }
      return losses;
    };
    return this.#queue.add(work, options.signal, message);
  }

  async evaluate(given: TrainingData, how?: EvaluateOptions): Promise<Evaluation> {
    const options = readOptions(how);
    const work = async (): Promise<Evaluation> => {
      const { data, checked } = this.#check(given);
      const keys = this.#weightKeys(options);
      return this.#evaluator.evaluate(dataFeeds(data, checked), checked, {
        weights: Object.fromEntries([...keys].map(([key, from]) => [key, this.#state[from]!])),
        withOutputs: options.outputs ?? true,
        signal: options.signal,
      });
    };
    return this.#queue.add(work, options.signal);
  }

  async snapshot(how?: CallOptions): Promise<TrainingSnapshot> {
    const { signal } = readOptions(how);
    return this.#queue.add(async () => takeSnapshot(this.#plan, this.#values(), this.#step, this.#rate), signal);
  }

  async restore(given: TrainingSnapshot, how?: CallOptions): Promise<void> {
    const { signal } = readOptions(how);
    return this.#queue.add(async () => {
      const snapshot = readSnapshot(given);
      this.#state = this.#hold(stateOfSnapshot(this.#plan, snapshot));
      this.#step = snapshot.step;
      this.#rate = snapshot.learningRate;
    }, signal);
  }

  setLearningRate(rate: number): void {
    checkLearningRate(rate);
    // In the order of the calls around it.
    void this.#queue
      .add(async () => {
        this.#rate = rate;
      })
      .catch(() => {}); // disposed of: nothing is left to change
  }

  async toModel(how?: ModelOptions): Promise<Uint8Array> {
    const options = readOptions(how);
    return this.#queue.add(async () => {
      const values = this.#values();
      const weights = [...this.#weightKeys(options)].map(([key, from]) => [key, values.get(from)!] as const);
      return encodePrediction(this.#plan, new Map(weights));
    }, options.signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!(await this.#queue.close())) return;
    for (const session of this.#sessions.values()) await session[Symbol.asyncDispose]();
    this.#sessions.clear();
    await this.#evaluator[Symbol.asyncDispose]();
  }

  /** For each parameter the tensor of the state that it is taken from: itself, or its moving average. */
  #weightKeys({ weights = 'last' }: WeightsOptions): ReadonlyMap<string, string> {
    const { parameters, state, training } = this.#plan;
    if (weights === 'average' && (training.averageDecay ?? 0) === 0) {
      throw new TrainerError(
        'REQUEST_INVALID',
        'The training keeps no average of its weights: give it an averageDecay.',
      );
    }
    const known = new Set(state.map(({ key }) => key));
    return new Map(
      parameters.map(({ key }) => {
        const average = `${key}#${averageSlot}`;
        return [key, weights === 'average' && known.has(average) ? average : key];
      }),
    );
  }

  /** As many steps of one batch size as fit into one native call; `pinned` is a state to be kept. */
  async #call(
    session: StepSession,
    data: Tensors,
    batches: readonly Int32Array[],
    at: number,
    pinned: Tensors | undefined,
  ): Promise<StepsMade> {
    const timed = session.msPerStep === 0 ? 8 : Math.max(1, Math.floor(callMs / session.msPerStep));
    // Only several steps need room for a state that goes from one to the next.
    const most = Math.min(isLarge(this.#plan) ? 1 : timed, period - (this.#step % period));
    let end = at + 1;
    while (end < batches.length && end - at < most && batches[end]!.length === batches[at]!.length) end++;
    const steps = session.stepFeeds(batches.slice(at, end), this.#step, this.#rate);
    const started = performance.now();
    const made = await session.run(data, this.#state, steps);
    const perStep = (performance.now() - started) / (end - at);
    // The first call includes what is allocated once.
    session.msPerStep = session.msPerStep === 0 ? perStep : 0.5 * (session.msPerStep + perStep);
    const bad = made.losses.findIndex((loss) => !Number.isFinite(loss));
    if (bad >= 0) await this.#fail(session, data, batches.slice(at, at + bad + 1), pinned);
    this.#advance(made, pinned);
    return made;
  }

  /** Goes back to the state before the step that diverged (the last of these), and says where it began. */
  async #fail(
    session: StepSession,
    data: Tensors,
    batches: readonly Int32Array[],
    pinned: Tensors | undefined,
  ): Promise<never> {
    const good = batches.slice(0, -1);
    if (good.length > 0) {
      const made = await session.run(data, this.#state, session.stepFeeds(good, this.#step, this.#rate));
      this.#advance(made, pinned);
    }
    const single = session.stepFeeds(batches.slice(-1), this.#step, this.#rate);
    const feeds = session.singleFeeds(data, this.#state, single);
    const layer = await findDivergence(this.#plan, session.graph, feeds, this.#open);
    const where = layer === undefined ? 'in the loss, all layers being finite' : `in the layer "${layer}"`;
    throw new TrainerError(
      'TRAIN_DIVERGED',
      `The loss is infinite or no number (NaN) at step ${this.#step}; it began ${where}. The network is as it was before that ` +
        'step. Lower the learning rate, clip gradients (clipNorm), or restore an earlier snapshot.',
      { details: { step: this.#step, layer: layer ?? null } },
    );
  }

  #advance({ state, losses }: StepsMade, pinned: Tensors | undefined): void {
    const before = this.#state;
    this.#state = state;
    this.#step += losses.length;
    if (this.#step % period === 0) this.#renew();
    if (before === pinned || this.#borrowed.has(before) || !isLarge(this.#plan)) return;
    // What no step changes is in both.
    const left = Object.keys(before).filter((key) => before[key] !== state[key]);
    release(left.map((key) => before[key]!.data as Float32Array));
  }

  #renew(): void {
    const { parameters, optimiser } = this.#plan;
    for (const parameter of parameters) {
      const [, ...slots] = stateOf(this.#plan, parameter);
      if (slots.length > 0) optimiser.renew(slots.map(({ key }) => this.#state[key]!.data as Float32Array));
    }
  }

  /** Values are looked at once; that they are the same arrays, which nobody has taken away, each time. */
  #check(given: TrainingData): HeldData {
    const data = readData(given);
    const known = this.#checked.get(given);
    if (known !== undefined && holdsSame(known.data, data)) return known;
    const held = { data, checked: checkData(this.#plan, data) };
    this.#checked.set(given, held);
    return held;
  }

  async #sessionFor(batch: number, { targets }: CheckedData): Promise<StepSession> {
    const signatures = targets.map(({ signature }) => signature);
    const key = `${batch}:${signatures.map(({ dtype }) => dtype)}`;
    const kept = this.#sessions.get(key);
    if (kept !== undefined) return kept;
    for (const [oldest, session] of this.#sessions) {
      if (this.#sessions.size < keptSizes) break;
      this.#sessions.delete(oldest);
      await session[Symbol.asyncDispose]();
    }
    const made = await StepSession.open(this.#plan, this.#open, batch, signatures, this.#options);
    this.#sessions.set(key, made);
    return made;
  }

  #hold(state: ReadonlyMap<string, Float32Array>): Tensors {
    const tensors = this.#plan.state.map(({ key, shape }) => {
      return [key, { dtype: 'float32', data: state.get(key)!, shape }] as const;
    });
    return Object.fromEntries(tensors);
  }

  #values(): ReadonlyMap<string, Float32Array> {
    return new Map(this.#plan.state.map(({ key }) => [key, this.#state[key]!.data as Float32Array]));
  }
}

/** What runs the graphs of a training. */
export interface TrainingHost {
  readonly openSession: OpenSession;
  /** How images lie in memory; asked where there are convolutions. @default as ONNX has them */
  readonly layout?: () => Promise<ImageLayout | undefined>;
  /** What changes the nodes of a step before they are written. @default nothing */
  readonly passes?: readonly EmitPass[];
  /** The most that it can address. @default what the system has free */
  readonly memoryBytes?: number;
}

/**
 * Makes a network ready to train.
 *
 * @throws {TrainerError} REQUEST_INVALID naming the layer, option or place that does not fit; MEMORY_EXCEEDED
 */
export async function compileNetwork(
  spec: NetworkSpec,
  training: Training,
  { openSession, layout, passes, memoryBytes }: TrainingHost,
  how?: CallOptions,
): Promise<TrainableNetwork> {
  const { signal } = readOptions(how);
  const message = 'The compilation was aborted through its signal; nothing is left of it.';
  checkAborted(signal, message);
  // What follows from the spec must not change with the caller's objects.
  const own = copySpec(training, 'training');
  const limited = memoryBytes === undefined ? own : { memoryLimitBytes: memoryBytes, ...own };
  const plan = planTraining(copySpec(spec, 'network'), limited);
  const advice = 'Use fewer or narrower layers, or an optimiser that keeps less (sgd).';
  checkMemory('the parameters of the network', stateBytes(plan), plan.training.memoryLimitBytes, advice);
  const hasConvolutions = plan.network.layers.some(({ layer }) =>
    layer.kind === 'imported'
      ? importedGraph(layer.model).nodes.some(({ operator }) => operator === 'Conv')
      : /conv/.test(layer.kind),
  );
  const chosen = hasConvolutions ? await layout?.() : undefined;
  checkAborted(signal, message);
  return new TrainedByGraph(plan, openSession, { layout: chosen, passes });
}
