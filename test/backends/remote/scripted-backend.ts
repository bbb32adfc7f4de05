import type { Backend, TrainableNetwork, TrainingSnapshot } from '../../../src/backends/backend.ts';

/** What a scripted network does, beside counting its steps. */
export interface Script {
  /** Numbers of its one parameter. @default 1 */
  readonly size?: number;
  /** Waited for at the beginning of each call of `steps`. */
  steps?(): Promise<void>;
  /** Each network that is disposed of. */
  onDispose?(): void;
}

/** Counts what was asked of it. */
export interface ScriptedBackend extends Backend {
  /** Networks. */
  readonly made: number;
  /** Steps of all of them. */
  readonly steps: number;
}

/** A backend whose networks compute nothing: the loss of a step is its number. */
export function scriptedBackend({ size = 1, steps: before, onDispose }: Script = {}): ScriptedBackend {
  let [made, steps] = [0, 0];
  const capabilities: Backend['capabilities'] = {
    train: true,
    predict: false,
    dtypes: ['float32', 'int64'],
    devices: ['cpu'],
    deterministic: true,
  };
  return {
    name: 'scripted',
    get made() {
      return made;
    },
    get steps() {
      return steps;
    },
    capabilities,
    load: () => Promise.reject(new Error('Nothing loads models here.')),
    async compile(): Promise<TrainableNetwork> {
      made++;
      let step = 0;
      const snapshot = async (): Promise<TrainingSnapshot> => ({
        formatVersion: 2,
        step,
        learningRate: 1,
        state: { weight: { dtype: 'float32', shape: [size], data: new Float32Array(size).fill(step) } },
      });
      return {
        get step() {
          return step;
        },
        async steps(_data, batches, { onSteps } = {}) {
          await before?.();
          const losses = Float32Array.from(batches, () => step++);
          steps += batches.length;
          onSteps?.(step, losses);
          return losses;
        },
        evaluate: async () => ({ loss: step, outputs: {} }),
        snapshot,
        async restore(given) {
          step = given.step;
        },
        setLearningRate() {},
        toModel: async () => new Uint8Array(1),
        async [Symbol.asyncDispose]() {
          onDispose?.();
        },
      };
    },
  };
}
