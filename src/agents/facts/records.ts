import type { JournalBody } from '../../core/journal-record.ts';

/** Finds the records behind the numbers of a report. */
export interface Records {
  readonly bodies: readonly JournalBody[];
  /** `#12`: the number of the last record of this call, or nothing where it was not made. */
  call(stage: string, tool: string): { readonly record?: string };
  /** The same for a stage's message. */
  message(stage: string): { readonly record?: string };
}

/** Record numbers of a journal by what was called or said. */
export function recordsOf(bodies: readonly JournalBody[]): Records {
  const last = (matches: (body: JournalBody) => boolean) => {
    const index = bodies.findLastIndex(matches);
    return index < 0 ? {} : { record: `#${index + 1}` };
  };
  return {
    bodies,
    call: (stage, tool) => last((body) => body.kind === 'call' && body.at.stage === stage && body.at.name === tool),
    message: (stage) => last((body) => body.kind === 'message' && body.stage === stage),
  };
}
