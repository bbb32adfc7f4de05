import type { RunEvent } from '../core/events.ts';
import type { MetricId } from '../core/task-spec.ts';
import { answerInWords, withMetricNames } from '../tools/report/answer-words.ts';
import { formatNumber, formatSeconds, isLessBetter, metricName } from '../tools/report/wording.ts';
import { type Colours, createColours } from './colours.ts';
import { createLiveLines, type LiveLines } from './live-line.ts';
import { applyEvent, bar, emptyState, type ProgressState, sparkline } from './progress-state.ts';
import { safeText } from './safe-text.ts';

/** How to show progress. */
export interface ProgressOptions {
  /** Live lines; without a terminal, plain lines that each stand for themselves. */
  readonly isTty: boolean;
  readonly colours: boolean;
  /** Milliseconds from any start, never going back. */
  readonly now: () => number;
  /** Columns of the terminal. @default 80 */
  readonly columns?: () => number;
}

/** Shows a run. */
export interface Progress {
  event(event: RunEvent): void;
  /** Ends the live lines; what was kept stays. */
  end(): void;
}

const spinner = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const frameMs = 80;
/** A log is read in an editor: lines may be longer than a terminal's, but not endless. */
const plainColumns = 140;

/** Shows the events of a run on a stream as they come. */
export async function createProgress(stream: NodeJS.WritableStream, options: ProgressOptions): Promise<Progress> {
  const colours = createColours(options.colours);
  const columns = options.columns ?? (() => 80);
  const state = emptyState();
  if (!options.isTty) {
    return {
      event(event) {
        applyEvent(state, event, options.now());
        for (const line of keptLines(event, state, colours, plainColumns, false)) stream.write(`${line}\n`);
      },
      end: () => undefined,
    };
  }
  const live: LiveLines = await createLiveLines(stream);
  let frame = 0;
  let hasEnded = false;
  const draw = (): void => {
    if (!hasEnded && state.stage !== '')
      live.draw(liveLines(state, colours, columns(), options.now(), spinner[frame % spinner.length] ?? ''));
  };
  const timer = setInterval(() => {
    frame++;
    draw();
  }, frameMs);
  timer.unref();
  return {
    event(event) {
      if (hasEnded) return;
      applyEvent(state, event, options.now());
      const kept = keptLines(event, state, colours, columns(), true);
      for (const line of kept) live.keep(line);
      if (event.type === 'stage-end') state.stage = '';
      // The timer draws the rest: hundreds of trials a second must not be hundreds of frames.
      if (kept.length > 0 || event.type === 'stage-start') draw();
    },
    end() {
      if (hasEnded) return;
      hasEnded = true;
      clearInterval(timer);
      live.end();
    },
  };
}

/** The stage as people read it: `data.collect` of agent `data` is "collect". */
const stageName = (stage: string, agent: string): string =>
  safeText(stage.startsWith(`${agent}.`) ? stage.slice(agent.length + 1) : stage, 40);

const agentName = (agent: string): string =>
  safeText(agent === '' ? '' : `${agent[0]?.toUpperCase()}${agent.slice(1)}`, 12).padEnd(7);

/** What an event leaves on the screen for good. */
function keptLines(
  event: RunEvent,
  state: ProgressState,
  colours: Colours,
  columns: number,
  isLive: boolean,
): readonly string[] {
  const clip = (text: string, indent: number): string =>
    clipWords(safeText(withMetricNames(text)), Math.max(20, columns - indent - 1));
  switch (event.type) {
    case 'run-start':
      return [colours.dim(`${event.resumed ? 'resuming' : 'run'} ${safeText(event.runId, 60)}, seed ${event.seed}`)];
    case 'stage-end': {
      const name = `${agentName(event.agent)} ${stageName(event.stage, event.agent)}`;
      const failed =
        state.failedTrials > 0 ? `, ${state.failedTrials} ${state.failedTrials === 1 ? 'trial' : 'trials'} failed` : '';
      const took = `${formatSeconds(event.seconds)}${failed}`;
      const summary = clip(state.summary, 6 + name.length + took.length);
      return [
        `${colours.green('✓')} ${colours.bold(name)}  ${colours.dim(took)}${summary === '' ? '' : `  ${summary}`}`,
      ];
    }
    case 'decision': {
      const by =
        event.by === 'rule'
          ? colours.dim('rule')
          : event.by === 'llm'
            ? colours.magenta('llm')
            : colours.cyan(event.by);
      const head = `${safeText(event.question, 40)} → `;
      const text = clip(answerInWords(event.answer), 8 + head.length + event.by.length + 2);
      const lines = [`    ${colours.dim(head)}${text}  ${by}`];
      if (event.why !== '') lines.push(colours.dim(`      ${clip(event.why, 6)}`));
      if (event.fallback !== undefined)
        lines.push(colours.yellow(`      language model not used: ${clip(event.fallback, 32)}`));
      return lines;
    }
    case 'decision-pending':
      return [colours.yellow(`    ${safeText(event.question, 40)} waits: ${clip(event.why, 20)}`)];
    case 'trial-end':
      if (event.failed !== undefined)
        return [
          colours.yellow(`    trial ${event.trial} ${safeText(event.learner, 20)} failed: ${clip(event.failed, 36)}`),
        ];
      return event.best && !isLive
        ? [
            `    trial ${event.trial} ${safeText(event.learner, 20)}: ${metricWord(event.metric)} ${formatNumber(event.score)} (best so far)`,
          ]
        : [];
    case 'tool-call':
      return event.phase === 'restart'
        ? [colours.yellow(`    ${safeText(event.tool, 40)}: the training process ended and is started again`)]
        : [];
    case 'listener-error':
      return [colours.yellow(`    a listener of ${safeText(event.event, 30)} failed: ${clip(event.error, 48)}`)];
    case 'run-end':
      return isLive ? [] : [`run ${event.status}, ${formatSeconds(event.seconds)}`];
    default:
      return [];
  }
}

/** Cuts between words where a text is too long. */
function clipWords(text: string, most: number): string {
  if (text.length <= most) return text;
  const cut = text.slice(0, most - 1);
  const space = cut.lastIndexOf(' ');
  return `${(space > most / 2 ? cut.slice(0, space) : cut).replace(/[,;:]$/, '')}…`;
}

const metricWord = (metric: string): string => safeText(metricName(metric as MetricId), 40);

/** The stage under way, and its trials. */
function liveLines(state: ProgressState, colours: Colours, columns: number, now: number, turn: string): string {
  const name = `${agentName(state.agent)} ${stageName(state.stage, state.agent)}`;
  const elapsed = formatSeconds(Math.max(0, Math.round((now - state.stageStart) / 100) / 10));
  const parts = [`${colours.cyan(turn)} ${colours.bold(name)}`];
  if (state.share !== undefined) {
    const [full, empty] = bar(state.share, columns >= 70 ? 24 : 10);
    parts.push(`${colours.cyan(full)}${colours.dim(empty)} ${String(Math.floor(state.share * 100)).padStart(3)} %`);
  }
  parts.push(colours.dim(elapsed));
  if (state.note !== '') parts.push(colours.dim(safeText(state.note, Math.max(10, columns - name.length - 48))));
  const lines = [parts.join('  ')];
  if (state.trials > 0 || state.running !== '') {
    const best = state.best
      ? `best ${metricWord(state.metric)} ${formatNumber(state.best.score)} (${safeText(state.best.learner, 16)})`
      : '';
    lines.push(
      `    ${colours.dim(`${state.trials} trials`)}  ${colours.cyan(sparkline(isLessBetter(state.metric as MetricId) ? state.scores.map((score) => -score) : state.scores, columns >= 80 ? 24 : 8))}  ${best}`,
    );
  }
  return lines.join('\n');
}
