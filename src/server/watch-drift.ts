import type { DriftEvent } from '../tools/serve/drift/drift-event.ts';
import { type ColumnDrift, DriftMonitor } from '../tools/serve/drift/drift-monitor.ts';
import { type ExpectedScore, ScoreMonitor } from '../tools/serve/drift/score-monitor.ts';
import type { OutcomeScore } from '../tools/serve/drift/score-sums.ts';
import type { LiveScore } from '../tools/serve/live-score.ts';
import type { Prediction } from './call.ts';
import type { DriftWatchSettings } from './drift-settings.ts';
import type { Sample } from './metrics.ts';
import type { ModelRouter, ServedVersion } from './served-version.ts';

/** What a drift watch needs. */
export interface DriftWatchOptions {
  /** The model's name in paths. */
  readonly name: string;
  readonly settings: DriftWatchSettings;
  readonly router: ModelRouter;
  /** The scores on outcomes so far. */
  readonly scores: () => readonly LiveScore[];
  readonly onDrift: (event: DriftEvent) => void;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** What is known of one version. */
export interface DriftReport {
  readonly version: string;
  /** Whether the file tells how training was distributed; else there is nothing to compare with. */
  readonly hasReference: boolean;
  /** Records in the window that is being filled. */
  readonly pending: number;
  /** The last full window; `null` before there is one. */
  readonly window: {
    readonly window: number;
    readonly rows: number;
    readonly columns: readonly ColumnDrift[];
    readonly prediction: ColumnDrift | null;
  } | null;
  /** `null` before outcomes came. */
  readonly score:
    | (OutcomeScore & {
        readonly expected: ExpectedScore | null;
        /** The last full window of outcomes. */
        readonly window: OutcomeScore | null;
        readonly isWorse: boolean;
      })
    | null;
}

/** Watches what is predicted, and what turned out true. */
export interface DriftWatch {
  onPrediction(prediction: Prediction): void;
  /** One outcome was joined: 1 or 0 for a class, an absolute error for a number. */
  onOutcome(version: string, isShare: boolean, value: number): void;
  report(): readonly DriftReport[];
  samples(): readonly Sample[];
}

interface Watched {
  readonly served: ServedVersion;
  readonly columns: DriftMonitor | undefined;
  readonly score: ScoreMonitor | undefined;
}

/** Columns that have gauges; all of them are in the report. */
const mostGauges = 100;

/** Holds each version that answers against its own training. */
export function watchDrift({ name, settings, router, scores, onDrift, now }: DriftWatchOptions): DriftWatch {
  const watched = new WeakMap<ServedVersion, Watched>();
  const watch = (served: ServedVersion): Watched => {
    let item = watched.get(served);
    if (item === undefined) {
      const { reference } = served.training;
      item = {
        served,
        columns: reference && new DriftMonitor(served.signature, reference, settings),
        score: served.expected && new ScoreMonitor(served.expected, settings.outcomeRows),
      };
      watched.set(served, item);
    }
    return item;
  };
  const reportOf = ({ served, columns, score }: Watched): DriftReport => {
    const last = columns?.last;
    const live = scores().find(({ version }) => version === served.version);
    return {
      version: served.version,
      hasReference: columns !== undefined,
      pending: columns?.pending ?? 0,
      window:
        last === undefined
          ? null
          : {
              window: last.window,
              rows: last.rows,
              columns: last.columns.filter(({ column }) => column !== undefined),
              prediction: last.columns.find(({ column }) => column === undefined) ?? null,
            },
      score:
        live === undefined
          ? null
          : {
              metric: live.metric,
              value: live.value,
              interval: live.interval,
              count: live.count,
              expected: served.expected ?? null,
              window: score?.last ?? null,
              isWorse: score?.isAlarm ?? false,
            },
    };
  };
  const report = () => router.versions.map((served) => reportOf(watch(served)));
  return {
    onPrediction({ version, inputs, outputs, rows }) {
      const item = watch(version);
      for (const { isNews } of item.columns?.add(inputs, outputs, rows) ?? [])
        if (isNews) onDrift(eventOf(name, item.served, reportOf(item), now()));
    },
    onOutcome(version, isShare, value) {
      const served = router.versions.find((candidate) => candidate.version === version);
      if (served === undefined) return;
      const item = watch(served);
      if (item.score?.add(isShare, value)) onDrift(eventOf(name, served, reportOf(item), now()));
    },
    report,
    samples: () => report().flatMap(samplesOf),
  };
}

function eventOf(
  name: string,
  { version, signature, training }: ServedVersion,
  { window, score }: DriftReport,
  time: number,
): DriftEvent {
  const { task, target, inputs, output } = signature;
  const measured = ({ psi, psiLimit, jensenShannon, missing, unseen, alarms }: ColumnDrift) => ({
    psi,
    psiLimit,
    jensenShannon,
    missing: { ...missing },
    ...(unseen === undefined ? {} : { unseen: { ...unseen } }),
    alarms: [...alarms],
  });
  return {
    type: 'drift',
    time,
    model: {
      name,
      version,
      task,
      target,
      ...(output.kind === 'classification' && output.positive !== undefined ? { positive: output.positive } : {}),
      ...(training.metric === undefined ? {} : { metric: training.metric }),
      columns: inputs.length,
    },
    ...(window === null ? {} : { windowRows: window.rows }),
    columns: (window?.columns ?? [])
      .filter(({ alarms }) => alarms.length > 0)
      .map((column) => ({ column: column.column!, ...measured(column) }))
      .sort((a, b) => b.psi - a.psi),
    ...(window === null || window.prediction === null ? {} : { prediction: measured(window.prediction) }),
    ...(score === null
      ? {}
      : {
          score: {
            // Those of long ago would hide what has changed.
            ...scoreOf(score.window ?? score),
            ...(score.expected === null
              ? {}
              : {
                  expected: { of: score.expected.of, value: score.expected.value, interval: score.expected.interval },
                }),
            isWorse: score.isWorse,
          },
        }),
  };
}

const scoreOf = ({ metric, value, interval, count }: OutcomeScore): OutcomeScore => ({
  metric,
  value,
  interval,
  count,
});

function samplesOf({ version: hash, window, pending, score }: DriftReport): readonly Sample[] {
  const version = hash.slice(0, 12);
  const measuresOf = ({ psi, psiLimit, jensenShannon, missing, unseen }: ColumnDrift) =>
    Object.entries({
      psi,
      psi_limit: psiLimit,
      jensen_shannon: jensenShannon,
      missing: missing.window,
      unseen: unseen?.window,
    });
  const gauges = (column: ColumnDrift, metric: string, about: string, labels: Sample['labels']): Sample[] => [
    ...measuresOf(column).flatMap(([of, value]) =>
      value === undefined
        ? []
        : [
            {
              name: `traineragent_${metric}`,
              help: `How far ${about} of the last window are from training: measures, their limit, and shares.`,
              labels: { ...labels, of },
              value,
            },
          ],
    ),
    {
      name: `traineragent_${metric}_alarm`,
      help: `Whether ${about} were beyond a limit in the last two windows.`,
      labels,
      value: Number(column.alarms.length > 0),
    },
  ];
  return [
    {
      name: 'traineragent_drift_pending_records',
      help: 'Records in the window that is being filled.',
      labels: { version },
      value: pending,
    },
    {
      name: 'traineragent_drift_windows',
      help: 'Windows that were compared with training.',
      labels: { version },
      value: window?.window ?? 0,
    },
    ...(window?.columns ?? [])
      .slice(0, mostGauges)
      .flatMap((column) => gauges(column, 'drift', 'values of a column', { version, column: column.column! })),
    ...(window?.prediction ? gauges(window.prediction, 'prediction_drift', 'predictions', { version }) : []),
    ...(score === null
      ? []
      : [
          {
            name: 'traineragent_live_score_alarm',
            help: 'Whether the last two windows of outcomes were worse than what was measured before.',
            labels: { version },
            value: Number(score.isWorse),
          },
        ]),
  ];
}
