import { TrainerError } from '../../core/errors.ts';
import { errorText } from '../../core/helpers/error-text.ts';
import type { MetricFacts } from '../../core/metric-scope.ts';
import type { OwnMetric } from './define-metric.ts';
import { checkMetric, type ScopedMetric } from './own-metric.ts';

/**
 * Loads a host's metrics: objects, and the default exports of modules.
 *
 * @throws {TrainerError} PLUGIN_INVALID
 */
export async function loadMetrics(sources: readonly (URL | OwnMetric)[]): Promise<readonly ScopedMetric[]> {
  const metrics: ScopedMetric[] = [];
  for (const source of sources) {
    const metric =
      source instanceof URL
        ? await loadMetricModule(source.href)
        : checkMetric(source, 'host', "each of the trainer's `metrics`");
    if (metrics.some(({ name }) => name === metric.name))
      throw new TrainerError('PLUGIN_INVALID', `Expected metrics of different names, got "${metric.name}" twice.`);
    metrics.push(metric);
  }
  return metrics;
}

/** What the process that trains computes of these: those of modules; of the others it knows what they are. */
export async function metricsOfChild(settings: {
  readonly modules: readonly string[];
  readonly facts: readonly MetricFacts[];
}): Promise<readonly ScopedMetric[]> {
  return [...(await Promise.all(settings.modules.map(loadMetricModule))), ...settings.facts];
}

async function loadMetricModule(url: string): Promise<ScopedMetric> {
  let module: { readonly default?: unknown };
  try {
    module = (await import(url)) as typeof module;
  } catch (cause) {
    throw new TrainerError(
      'PLUGIN_INVALID',
      `Expected a module whose default export is a metric, but it could not be loaded: ${errorText(cause)}`,
      { cause },
    );
  }
  return checkMetric(module.default, 'child', "the default export of each module of the trainer's `metrics`");
}

/**
 * The metrics that a run began with, each with what computes it where it is given. One that is not given can be told, and
 * not computed.
 *
 * @throws {TrainerError} RESUME_MISMATCH where one of the same name is another
 */
export function metricsOfRun(
  recorded: readonly MetricFacts[],
  given: readonly ScopedMetric[],
): readonly ScopedMetric[] {
  return recorded.map((facts) => {
    const own = given.find(({ name }) => name === facts.name);
    if (own === undefined) return facts;
    const isSame = (['greaterIsBetter', 'needs', 'title', 'about'] as const).every((key) => own[key] === facts[key]);
    if (isSame && own.tasks.join() === facts.tasks.join()) return own;
    throw new TrainerError(
      'RESUME_MISMATCH',
      `Expected the metric "${facts.name}" to be the one that the run began with, got another of that name. Pass the same metrics, or start a new run.`,
      { details: { metric: facts.name } },
    );
  });
}
