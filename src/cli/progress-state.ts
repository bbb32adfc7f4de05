import type { RunEvent } from '../core/events.ts';

/** What the live lines show: folded from events, drawn by `progress.ts`. */
export interface ProgressState {
  agent: string;
  stage: string;
  stageStart: number;
  share: number | undefined;
  note: string;
  /** What the stage said at its end. */
  summary: string;
  metric: string;
  /** Trials that have ended in this stage. */
  trials: number;
  failedTrials: number;
  best: { readonly score: number; readonly learner: string; readonly trial: number } | undefined;
  /** Scores by trial, for the small picture. */
  readonly scores: number[];
  running: string;
}

/** Nothing has happened. */
export const emptyState = (): ProgressState => ({
  agent: '',
  stage: '',
  stageStart: 0,
  share: undefined,
  note: '',
  summary: '',
  metric: '',
  trials: 0,
  failedTrials: 0,
  best: undefined,
  scores: [],
  running: '',
});

/** Takes an event in. `now` is the monotonic time. */
export function applyEvent(state: ProgressState, event: RunEvent, now: number): void {
  switch (event.type) {
    case 'stage-start':
      Object.assign(state, {
        ...emptyState(),
        agent: event.agent,
        stage: event.stage,
        stageStart: now,
        best: state.best,
        metric: state.metric,
      });
      break;
    case 'stage-progress':
      if (event.share !== undefined) state.share = Math.min(1, Math.max(0, event.share));
      if (event.note !== undefined) state.note = event.note;
      break;
    case 'message':
      state.summary = event.summary;
      break;
    case 'trial-start':
      state.running = event.learner;
      break;
    case 'trial-end':
      state.trials++;
      state.metric = event.metric;
      if (event.failed !== undefined) state.failedTrials++;
      else {
        state.scores.push(event.score);
        if (event.best) state.best = { score: event.score, learner: event.learner, trial: event.trial };
      }
      break;
    default:
      break;
  }
}

const blocks = '▁▂▃▄▅▆▇█';

/** The last scores as a line of blocks, from the least to the greatest of them. */
export function sparkline(scores: readonly number[], width: number): string {
  const shown = scores.slice(-width).filter(Number.isFinite);
  if (shown.length < 2) return '';
  const low = Math.min(...shown);
  const high = Math.max(...shown);
  return shown.map((score) => blocks[high === low ? 3 : Math.round(((score - low) / (high - low)) * 7)]).join('');
}

/** A bar of `width` characters. */
export function bar(share: number, width: number): readonly [full: string, empty: string] {
  const full = Math.round(share * width);
  return ['━'.repeat(full), '─'.repeat(width - full)];
}
