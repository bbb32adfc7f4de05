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

/** What each record is; trials are told by their number elsewhere. */
export function recordNames(bodies: readonly JournalBody[]): Record<string, string> {
  const names: Record<string, string> = {};
  bodies.forEach((body, index) => {
    const name = recordName(body);
    if (name !== undefined) names[`#${index + 1}`] = name;
  });
  return names;
}

function recordName(body: JournalBody): string | undefined {
  switch (body.kind) {
    case 'run':
      return 'the request';
    case 'call':
      return body.at.name === 'trial' && body.at.stage === 'model.search'
        ? undefined
        : `the result of \`${body.at.name}\` in \`${body.at.stage}\``;
    case 'message':
      return `the message of \`${body.stage}\``;
    case 'decision':
      return `the decision \`${body.at.name}\``;
    case 'vault-read':
      return 'the read of the vault';
    default:
      return undefined;
  }
}
