import { z } from 'zod';
import { TrainerError } from '../../core/errors.ts';

/** How a model that carries no signature of ours is called: which columns go into its inputs, what its outputs mean. */
export interface ModelMapping {
  /** The column that is predicted. */
  readonly target: string;
  /** Columns by input of the graph: one column for a tensor [N] or [N, 1], several, in order, for [N, columns]. */
  readonly inputs: Readonly<Record<string, string | readonly string[]>>;
  /**
   * Names of the graph's outputs. `value` alone for numbers; for classes `label`, `probabilities` or `logits`, at least one.
   * A single probability (or logit) a row is that of the second class.
   */
  readonly outputs: {
    readonly value?: string;
    readonly label?: string;
    readonly probabilities?: string;
    readonly logits?: string;
  };
  /**
   * Labels of the classes as the data spell them, in the order of the probabilities' columns. Text labels that the model
   * gives are these; whole numbers are these where all of these are whole numbers, else positions in this list.
   */
  readonly classes?: readonly string[];
}

const name = z.string().min(1);
const schema = z.strictObject({
  target: name,
  inputs: z.record(name, z.union([name, z.array(name).min(1)])),
  outputs: z.strictObject({
    value: name.optional(),
    label: name.optional(),
    probabilities: name.optional(),
    logits: name.optional(),
  }),
  classes: z.array(z.string()).min(2).optional(),
});

/**
 * Checks a mapping that a host, or a file, gives.
 *
 * @throws {TrainerError} REQUEST_INVALID naming what does not fit
 */
export function checkMapping(value: unknown): ModelMapping {
  const result = schema.safeParse(value);
  const refuse = (problem: string): never => {
    throw new TrainerError('REQUEST_INVALID', `Expected a mapping of columns to a model's inputs, but ${problem}.`);
  };
  if (!result.success) {
    const issue = result.error.issues[0]!;
    return refuse(`${issue.path.join('.') || 'it'}: ${issue.message}`);
  }
  const { outputs, classes, inputs } = result.data;
  if (Object.keys(inputs).length === 0) refuse('it names no input');
  const ofClasses = [outputs.label, outputs.probabilities, outputs.logits].filter((of) => of !== undefined);
  if (outputs.value !== undefined && (ofClasses.length > 0 || classes !== undefined))
    refuse('it has outputs of numbers and of classes');
  if (outputs.value === undefined && ofClasses.length === 0)
    refuse('it names no output: value, or label, probabilities or logits');
  if (outputs.probabilities !== undefined && outputs.logits !== undefined)
    refuse('it names both probabilities and logits; name one');
  if (ofClasses.length > 0 && classes === undefined) refuse('it does not say its classes');
  if (classes !== undefined && new Set(classes).size < classes.length) refuse('it names a class twice');
  return result.data as ModelMapping;
}
