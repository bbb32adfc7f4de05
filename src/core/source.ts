import type { DataRecord } from './request.ts';

/** How a source is read. */
export interface SourceContext {
  /** Ends when the run does: give it to what is waited for. */
  readonly signal: AbortSignal;
}

/** A place that records come from: a database, an API, a queue. */
export interface SourceDefinition<Options, Row extends object> {
  /** How reports call it: letters, digits, "-", "_", ".". Options are told to nobody: they may hold secrets. */
  readonly name: string;
  read(options: Options, context: SourceContext): Iterable<Row> | AsyncIterable<Row>;
}

/** Records of a source that are read when a run begins, on the host's thread; a resumed run does not read them again. */
export interface SourceData<Row extends object = object> extends AsyncIterable<Row> {
  readonly sourceName: string;
  /** Begins to read. */
  open(signal: AbortSignal): AsyncIterable<Row>;
}

/**
 * Declares a source of records; called with its options it gives `data` of a request.
 *
 * @example
 * const orders = defineSource({ name: 'orders', async *read({ since }: { since: string }, { signal }) { … } });
 * trainer.run({ data: orders({ since: '2026-01-01' }), task: { target: 'returned' } });
 */
export function defineSource<Options, Row extends object = DataRecord>(
  source: SourceDefinition<Options, Row>,
): (options: Options) => SourceData<Row> {
  return (options) => {
    const open = async function* (signal: AbortSignal) {
      yield* source.read(options, { signal });
    };
    return {
      sourceName: source.name,
      open,
      [Symbol.asyncIterator]: () => open(new AbortController().signal)[Symbol.asyncIterator](),
    };
  };
}

/** Whether data come from a source that was declared. */
export function isSourceData(value: unknown): value is SourceData {
  return typeof (value as Partial<SourceData> | null)?.open === 'function' && nameOf(value) !== undefined;
}

function nameOf(value: unknown): string | undefined {
  const name = (value as Partial<SourceData>).sourceName;
  return typeof name === 'string' ? name : undefined;
}
