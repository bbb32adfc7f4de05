import type { Json } from '../../core/helpers/canonical-json.ts';
import type { ModelSignature, SignatureInput } from '../../onnx/signature.ts';
import { buildArtefact } from '../artefact/build-artefact.ts';
import { decodeTable } from '../data/columnar/encode-table.ts';
import { applyPreparation } from '../data/prepare/apply-preparation.ts';
import { missingCategory } from '../data/prepare/missing-category.ts';
import type { Preparation } from '../data/prepare/preparation.ts';
import { takeRows } from '../data/rows.ts';
import type { Table } from '../data/table.ts';
import type { Calibration } from '../evaluate/calibration.ts';
import type { Conformal } from '../evaluate/conformal.ts';
import type { DecisionRule } from '../evaluate/decision.ts';
import { makeNotes } from '../explain/make-notes.ts';
import type { Problem } from '../learn/learner.ts';
import { readModel } from '../learn/model-blob.ts';
import { widenModel } from '../learn/select-features.ts';
import { referenceForSize, referenceOfTraining } from '../serve/drift/reference-of-training.ts';
import type { ActionContext } from './action.ts';

/** Everything that becomes one file. */
export interface AssembleInput {
  /** Blob of the preparation and the signature's inputs. */
  readonly preparation: string;
  /** Blob of rows on which the file is held against the learners' own prediction. */
  readonly train: string;
  readonly problem: Problem;
  readonly target: string;
  readonly unit?: string;
  readonly classes: readonly string[];
  readonly members: readonly {
    readonly model: string;
    readonly weight: number;
    readonly features?: readonly number[];
  }[];
  readonly numberCount: number;
  readonly calibration: Calibration;
  readonly decision?: DecisionRule;
  readonly interval?: Conformal;
  /** Blob of the predictions that the fits of validation made, and how often each row comes in them; without it the file tells nothing of training. */
  readonly validation?: { readonly outOfFold: string; readonly repeats: number };
  /** Only the size of the file is asked for, before there are predictions: what it will tell of training counts. @default false */
  readonly isWeighed?: boolean;
  /** The clock-free card. */
  readonly card: Readonly<Record<string, Json>>;
}

/** Rows that explanations and the reference of drift are counted on. */
const countedRows = 20_000;

/** At most so many rows, evenly spaced. */
export function sampleOf(table: Table, most: number): Table {
  const step = Math.max(1, Math.floor(table.rowCount / most));
  return takeRows(
    table,
    Uint32Array.from({ length: Math.min(most, table.rowCount) }, (_, i) => i * step),
  );
}

/** Puts preparation, members, calibration and decision into one file. */
export async function assemble(input: AssembleInput, context: ActionContext) {
  const { problem, classes } = input;
  const stored = JSON.parse(new TextDecoder().decode(await context.blobs.get(input.preparation))) as {
    preparation: Preparation;
    inputs: SignatureInput[];
  };
  const own = await Promise.all(
    input.members.map(async ({ model, ...member }) => ({
      ...member,
      model: await readModel(model, context.blobs, context.learner),
    })),
  );
  const members = own.map(({ model, weight, features }) => ({
    weight,
    model: widenModel(model, features, input.numberCount),
  }));
  const { calibration, decision, interval } = input;
  const signature: ModelSignature = {
    formatVersion: 1,
    task: problem.task,
    target: input.target,
    inputs: stored.inputs,
    missingCategory,
    output:
      problem.task === 'regression'
        ? {
            kind: 'regression',
            ...(input.unit === undefined ? {} : { unit: input.unit }),
            ...(interval === undefined ? {} : { interval: { coverage: interval.coverage } }),
          }
        : { kind: 'classification', classes, ...(problem.task === 'binary' ? { positive: classes[1]! } : {}) },
  };
  const table = decodeTable(await context.blobs.get(input.train));
  const counted = sampleOf(table, countedRows);
  const explanation = makeNotes(own, applyPreparation(counted, stored.preparation), stored.preparation);
  const { validation } = input;
  const reference =
    validation !== undefined
      ? referenceOfTraining(signature, counted, {
          outOfFold: await context.blobs.get(validation.outOfFold),
          repeats: validation.repeats,
        })
      : input.isWeighed === true
        ? referenceForSize(signature, counted)
        : undefined;
  const artefact = buildArtefact({
    signature,
    preparation: stored.preparation,
    members,
    ...(calibration.kind === 'none' ? {} : { calibration }),
    ...(decision === undefined ? {} : { decision }),
    ...(interval === undefined ? {} : { conformal: interval }),
    ...(explanation === undefined ? {} : { explanation }),
    ...(reference === undefined ? {} : { reference }),
    card: input.card,
  });
  return { artefact, members, table, preparation: stored.preparation };
}
