import type { Backend, BackendRegistry } from '../../backends/backend.ts';
import { TrainerError } from '../../core/errors.ts';
import { runNeeds } from '../../core/helpers/backend-need.ts';
import { blobFolder } from '../../core/helpers/blob-folder.ts';
import type { Json } from '../../core/helpers/canonical-json.ts';
import { withMetrics } from '../../core/metric-scope.ts';
import type { WorkSettings } from '../../core/workbench.ts';
import { metricsOfChild } from '../evaluate/metric-registry.ts';
import type { ScopedMetric } from '../evaluate/own-metric.ts';
import type { Learner } from '../learn/learner.ts';
import { learnerRegistry } from '../learn/learner-registry.ts';
import type { Action, ActionContext } from './action.ts';
import { actions } from './actions.ts';
import { checkpointFolder } from './checkpoint-folder.ts';

const noMetrics = { modules: [], facts: [] };

/** Decoded blobs that are held at once. */
const maxCached = 16;

/** Runs actions by name in this process; the child process and the host's own bench are both made of it. */
export function actionRunner(
  settings: WorkSettings,
  backends: BackendRegistry & { web(): Promise<Backend> },
  inline: readonly Learner[] = [],
  ownMetrics?: readonly ScopedMetric[],
) {
  const blobs = blobFolder(settings.blobs);
  const learners = learnerRegistry(settings.learners, inline);
  const checkpoint = checkpointFolder(settings.checkpoints);
  let metrics: Promise<readonly ScopedMetric[]> | undefined;
  const cache = new Map<string, Promise<unknown>>();
  const cached: ActionContext['cached'] = <T>(key: string, make: () => Promise<T>): Promise<T> => {
    const value = (cache.get(key) as Promise<T> | undefined) ?? make();
    cache.delete(key);
    cache.set(key, value);
    value.catch(() => cache.delete(key));
    if (cache.size > maxCached) cache.delete(cache.keys().next().value as string);
    return value;
  };
  return async (
    name: string,
    input: Json,
    progress: ActionContext['progress'],
    signal?: AbortSignal,
  ): Promise<Json> => {
    const load = Object.hasOwn(actions, name) ? actions[name as keyof typeof actions] : undefined;
    if (load === undefined) throw new TrainerError('PLUGIN_INVALID', `Expected the name of an action, got "${name}".`);
    const action = (await load()) as Action<Json, Json>;
    metrics ??= ownMetrics === undefined ? metricsOfChild(settings.metrics ?? noMetrics) : Promise.resolve(ownMetrics);
    const context: ActionContext = {
      blobs,
      backend: () => backends.pick(runNeeds.predict),
      trainingBackend: () => backends.pick(runNeeds.train),
      webBackend: async () => {
        const web = await backends.web();
        try {
          await web.runtime?.();
          return web;
        } catch (error) {
          if (TrainerError.isInstance(error) && error.code === 'PEER_MISSING') return undefined;
          throw error;
        }
      },
      backendAt: (place) => backends.at(place),
      ...(signal === undefined ? {} : { signal }),
      cores: settings.cores,
      ...(settings.calibration === undefined ? {} : { calibration: settings.calibration }),
      learner: learners.learner,
      learnerNames: learners.names,
      checkpoint,
      progress,
      cached,
      source(source) {
        const path = settings.sources[source];
        if (path === undefined)
          throw new TrainerError(
            'DATA_NOT_FOUND',
            `Expected data named "${source}", got none. Pass \`data\` to run().`,
          );
        return path;
      },
    };
    return withMetrics(await metrics, () => action.run(input, context));
  };
}
