import { collectPredictions } from '../tools/artefact/decode-predictions.ts';
import { CanaryWatch } from '../tools/serve/canary-watch.ts';
import type { LiveScores } from '../tools/serve/live-score.ts';
import type { Prediction } from './call.ts';
import type { Sample } from './metrics.ts';
import type { Releases } from './releases.ts';
import type { ServedVersion } from './served-version.ts';

/** Rows that go to the shadow at once, at most; it gets none while others wait. */
const shadowRows = 64;

/** What is done with predictions beside answering them. */
export interface PredictionWatch {
  onPrediction(prediction: Prediction): void;
  onAnswer(version: ServedVersion, status: number, ms: number): void;
  samples(): readonly Sample[];
}

/** Keeps predictions for their outcomes, holds a canary against the stable version, and copies traffic to a shadow. */
export function watchPredictions(releases: Releases | undefined, scores: LiveScores): PredictionWatch {
  let watch: CanaryWatch | undefined;
  let watched: string | undefined;
  let edges: readonly number[] | undefined;
  const early: number[] = [];
  const shadow = { same: 0, other: 0, dropped: 0, failed: 0, underWay: 0 };

  const roleOf = (version: ServedVersion): 'stable' | 'canary' | undefined =>
    version === releases?.canary ? 'canary' : version === releases?.stable ? 'stable' : undefined;
  const currentWatch = (): CanaryWatch | undefined => {
    const pair = releases?.canary === undefined ? undefined : `${releases.stable.version}/${releases.canary.version}`;
    if (pair !== watched) {
      watched = pair;
      watch = pair === undefined ? undefined : new CanaryWatch();
      const reference = releases?.stable.training.reference?.prediction;
      edges = reference?.kind === 'ranges' ? reference.edges : undefined;
      early.length = 0;
    }
    return watch;
  };
  const takeBack = (problem: string | undefined): void => {
    if (problem === undefined) return;
    // Counted again from nothing where the label could not be moved, and tried again then.
    watched = undefined;
    releases?.rollback('canary', problem).catch(() => undefined);
  };
  /** Values by the tenths of training, or where the file does not tell them of the first 500; classes as they are. */
  const bins = (values: readonly (string | number)[]): readonly string[] => {
    if (typeof values[0] !== 'number') return values as readonly string[];
    if (edges === undefined) {
      early.push(...(values as readonly number[]));
      if (early.length < 500) return [];
      const sorted = early.splice(0).sort((a, b) => a - b);
      edges = Array.from({ length: 9 }, (_, i) => sorted[Math.floor((sorted.length * (i + 1)) / 10)]!);
    }
    const limits = edges;
    return (values as readonly number[]).map((value) => String(limits.filter((edge) => value > edge).length));
  };
  const copy = (prediction: Prediction, values: readonly (string | number)[]): void => {
    const target = releases?.shadow;
    if (target === undefined || prediction.version === target) return;
    const { inputs, rows, version } = prediction;
    // The first to go without: nothing may wait for anything because of it.
    const isBusy = version.queue.queued > 0 || shadow.underWay + rows > shadowRows || !target.isReady;
    if (isBusy || !hasSameInputs(version, target)) {
      shadow.dropped += rows;
      return;
    }
    shadow.underWay += rows;
    target.queue.infer(inputs, rows).then(
      ({ batch, from }) => {
        shadow.underWay -= rows;
        const theirs = valuesOf(target, batch.tensors).slice(from, from + rows);
        for (const [i, value] of values.entries()) shadow[isSame(value, theirs[i]) ? 'same' : 'other']++;
      },
      () => {
        shadow.underWay -= rows;
        shadow.failed += rows;
      },
    );
  };

  return {
    onPrediction(prediction) {
      const values = valuesOf(prediction.version, prediction.outputs);
      scores.keep(prediction.requestId, prediction.version.version, values);
      const role = roleOf(prediction.version);
      const current = currentWatch();
      if (current !== undefined && role !== undefined) takeBack(current.predicted(role, bins(values)));
      copy(prediction, values);
    },
    onAnswer(version, status, ms) {
      const role = roleOf(version);
      const current = currentWatch();
      // What the client did wrong, or was too much, is no version's fault.
      if (current === undefined || role === undefined || (status >= 400 && status !== 500)) return;
      takeBack(current.answered(role, status === 500, ms));
    },
    samples: () => [
      ...(releases === undefined
        ? []
        : [
            ...(['same', 'other', 'dropped', 'failed'] as const).map((result) => ({
              name: 'traineragent_shadow_rows',
              help: 'Rows that the shadow predicted like, or unlike, what was answered, and those it did not.',
              labels: { result },
              value: shadow[result],
            })),
            ...(['stable', 'canary', 'shadow'] as const).flatMap((label) => {
              const version = releases[label]?.version.slice(0, 12);
              const help = 'Versions by label.';
              return version === undefined
                ? []
                : [{ name: 'traineragent_label_info', help, labels: { label, version }, value: 1 }];
            }),
            {
              name: 'traineragent_label_revision',
              help: 'Changes of labels so far.',
              labels: {},
              value: releases.labels.revision,
            },
          ]),
      {
        name: 'traineragent_waiting_predictions',
        help: 'Predictions that wait for their outcome.',
        labels: {},
        value: scores.waiting,
      },
      ...scores.scores().flatMap(({ version, metric, value, interval, count }) => {
        const labels = { version: version.slice(0, 12), metric };
        const help = 'Score on outcomes that came later, its 95 % interval, and how many outcomes there were.';
        return [
          { name: 'traineragent_live_score', help, labels: { ...labels, of: 'value' }, value },
          { name: 'traineragent_live_score', help, labels: { ...labels, of: 'low' }, value: interval[0] },
          { name: 'traineragent_live_score', help, labels: { ...labels, of: 'high' }, value: interval[1] },
          { name: 'traineragent_live_score', help, labels: { ...labels, of: 'count' }, value: count },
        ];
      }),
    ],
  };
}

function valuesOf({ signature }: ServedVersion, outputs: Prediction['outputs']): readonly (string | number)[] {
  const rows = collectPredictions(signature, [outputs]);
  return rows.kind === 'regression' ? Array.from(rows.values) : rows.labels;
}

const isSame = (a: string | number, b: string | number | undefined): boolean =>
  typeof a === 'number' && typeof b === 'number' ? Math.abs(a - b) <= 1e-5 * Math.max(1, Math.abs(a)) : a === b;

const places = new WeakMap<ServedVersion, string>();

/** Whether the tensors of one version mean the same to another. */
function hasSameInputs(first: ServedVersion, second: ServedVersion): boolean {
  const placesOf = (version: ServedVersion): string => {
    let text = places.get(version);
    if (text === undefined) {
      const { inputs, missingCategory } = version.signature;
      text = JSON.stringify([
        missingCategory,
        inputs.map(({ name, kind, tensor, index }) => [name, kind, tensor, index]),
      ]);
      places.set(version, text);
    }
    return text;
  };
  return placesOf(first) === placesOf(second);
}
