import type { Backend } from './backends/backend.ts';
import { aborted } from './core/child-workbench.ts';
import { untilAborted } from './core/helpers/until-aborted.ts';
import type { Workbench, WorkSettings } from './core/workbench.ts';
import type { ScopedMetric } from './tools/evaluate/own-metric.ts';
import type { Learner } from './tools/learn/learner.ts';

/** Runs actions on the host's thread, for plug-ins that were given as objects and have no module a child could load. */
export function hostWorkbench(
  settings: WorkSettings,
  learners: readonly Learner[],
  metrics: readonly ScopedMetric[] = [],
  backends: readonly (URL | Backend)[] = [],
): Workbench {
  let runner: Promise<ReturnType<typeof import('./tools/actions/run-action.ts').actionRunner>> | undefined;
  return {
    where: 'host',
    async call(tool, input, options) {
      if (options.signal.aborted) throw aborted();
      runner ??= (async () => {
        const { actionRunner } = await import('./tools/actions/run-action.ts');
        const { backendRegistry, usualBackend, webBackend } = await import('./backends/registry.ts');
        const { backendOfModule } = await import('./backends/backend-modules.ts');
        const own = backends.map((given) => (given instanceof URL ? backendOfModule({ module: given.href }) : given));
        return actionRunner(
          settings,
          { ...backendRegistry([...own, usualBackend]), web: webBackend },
          learners,
          metrics,
        );
      })();
      const run = await runner;
      options.onStart?.();
      const work = run(
        tool,
        input,
        (share, note) =>
          options.onProgress?.({ ...(share === undefined ? {} : { share }), ...(note === undefined ? {} : { note }) }),
        options.signal,
      );
      // The abort is told at once; what still holds the thread ends at its next look at the signal, and nobody waits for it.
      work.catch(() => undefined);
      return untilAborted(work, options.signal).catch((error: unknown) => {
        throw options.signal.aborted ? aborted() : error;
      });
    },
    close: () => undefined,
  };
}
