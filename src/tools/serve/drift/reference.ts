import { z } from 'zod';
import { checkModel } from '../../../onnx/check-model.ts';
import { type ModelSignature, metadataKeys, parseMetadata, readCard, readSignature } from '../../../onnx/signature.ts';

/** −1 stands for 1 to 9 rows, which are told of nobody: they are counted with the largest bin. */
const counts = z.array(z.number().int().min(-1).max(Number.MAX_SAFE_INTEGER)).min(2).max(64);

/**
 * A histogram without a single row's value. The last count is that of missing values.
 *
 * - `ranges`: values up to each edge, above the last one, then missing. Booleans have the edge 0.
 * - `values`: the named values, all others that are known, those that are not known, then missing.
 */
const histogramSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('ranges'), edges: z.array(z.number()).max(40), counts }),
  z.strictObject({
    kind: z.literal('values'),
    /** Places in the signature's categories, or classes. */
    places: z.array(z.number().int().min(0).max(1_000_000)).max(40),
    counts,
  }),
]);

/** How the rows that a model learnt from are distributed; stored in the file under `traineragent.reference`. */
export const driftReferenceSchema = z.strictObject({
  formatVersion: z.literal(1),
  /** Rows that columns were counted on. */
  rows: z.number().int().min(1),
  /** In the order of the signature's inputs. */
  columns: z.array(histogramSchema),
  /** Of out-of-fold predictions: the value, the probability of the positive class, or the class. */
  prediction: histogramSchema.optional(),
  /** What out-of-fold predictions were worth, in the metric that outcomes are judged by. */
  score: z
    .strictObject({ metric: z.enum(['accuracy', 'mae']), value: z.number(), low: z.number(), high: z.number() })
    .optional(),
});

/** The parsed form of {@link driftReferenceSchema}. */
export type DriftReference = z.infer<typeof driftReferenceSchema>;

/** The histogram of a column, or of predictions. */
export type Histogram = DriftReference['columns'][number];

/** What a service has to know of a model's training to notice drift. */
export interface TrainingFacts {
  /** Absent in files without one, which are served without being watched. */
  readonly reference?: DriftReference;
  /** The metric that was asked for, from the card. */
  readonly metric?: string;
}

/** Reads what a checked file tells of its training; what does not fit its signature is as if it were not there. */
export function readTrainingFacts(bytes: Uint8Array): TrainingFacts {
  const model = checkModel(bytes);
  const signature = readSignature(model);
  const reference = driftReferenceSchema.safeParse(parseMetadata(model, metadataKeys.reference));
  const metric = (readCard(model) as { readonly metric?: unknown } | null | undefined)?.metric;
  return {
    ...(reference.success && fits(reference.data, signature) ? { reference: rounded(reference.data, signature) } : {}),
    ...(typeof metric === 'string' ? { metric } : {}),
  };
}

function fits({ columns, prediction }: DriftReference, { inputs, output }: ModelSignature): boolean {
  const isRight = (histogram: Histogram, names: readonly string[] | undefined): boolean => {
    if (histogram.kind === 'ranges') {
      const { edges } = histogram;
      const isAscending = edges.every((edge, i) => i === 0 || edge > edges[i - 1]!);
      return names === undefined && isAscending && histogram.counts.length === edges.length + 2;
    }
    const { places } = histogram;
    const areKnown = places.every((place) => place < (names?.length ?? 0)) && new Set(places).size === places.length;
    return areKnown && histogram.counts.length === places.length + 3;
  };
  const classes = output.kind === 'classification' && output.positive === undefined ? output.classes : undefined;
  return (
    columns.length === inputs.length &&
    inputs.every((input, i) => isRight(columns[i]!, input.kind === 'category' ? input.categories : undefined)) &&
    (prediction === undefined || isRight(prediction, classes))
  );
}

/** Edges are written as the shortest decimals that stand for their float32; those of dates are whole. */
function rounded(reference: DriftReference, { inputs }: ModelSignature): DriftReference {
  const round = (histogram: Histogram): Histogram =>
    histogram.kind === 'ranges' ? { ...histogram, edges: histogram.edges.map(Math.fround) } : histogram;
  const { columns, prediction } = reference;
  return {
    ...reference,
    columns: columns.map((column, i) => (inputs[i]!.kind === 'datetime' ? column : round(column))),
    ...(prediction === undefined ? {} : { prediction: round(prediction) }),
  };
}
