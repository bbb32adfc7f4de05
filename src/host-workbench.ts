import { aborted } from './core/child-workbench.ts';
import type { Workbench, WorkSettings } from './core/workbench.ts';
import type { ScopedMetric } from './tools/evaluate/own-metric.ts';
import type { Learner } from './tools/learn/learner.ts';

const loadBackend = async () => (await import('./backends/onnx/onnx-backend.ts')).onnxBackend();

/** Runs actions on the host's thread, for plug-ins that were given as objects and have no module a child could load. */
export function hostWorkbench(
  settings: WorkSettings,
  learners: readonly Learner[],
  metrics: readonly ScopedMetric[] = [],
): Workbench {
  let runner: Promise<ReturnType<typeof import('./tools/actions/run-action.ts').actionRunner>> | undefined;
  return {
    where: 'host',
    async call(tool, input, options) {
      if (options.signal.aborted) throw aborted();
      runner ??= import('./tools/actions/run-action.ts').then(({ actionRunner }) =>
        actionRunner(settings, loadBackend, learners, metrics),
      );
      const run = await runner;
      options.onStart?.();
      return run(tool, input, (share, note) =>
        options.onProgress?.({ ...(share === undefined ? {} : { share }), ...(note === undefined ? {} : { note }) }),
      );
    },
    close: () => undefined,
  };
}
