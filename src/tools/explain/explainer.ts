import type { Tensors } from '../../backends/backend.ts';
import { dataTypes, type OnnxModel, type OnnxNode, type OnnxTensor, type OnnxValue } from '../../onnx/model.ts';
import { metadataKeys, parseMetadata } from '../../onnx/signature.ts';
import { tensorNumbers } from '../../onnx/tensor-numbers.ts';
import { explanationNotesSchema, type MemberNotes, unpackCounts } from './explanation-notes.ts';
import { readShapTrees, treeShap } from './tree-shap.ts';

/** What each input of a row added to the scores: row-major [inputs, outputs]. */
export interface RowContributions {
  readonly values: Float64Array;
}

/** How the predictions of one model are explained. */
export interface Explainer {
  /** The model with the values that an explanation reads as further outputs. */
  readonly model: OnnxModel;
  /** Scores of a row: 1, or one a class. */
  readonly outputs: number;
  /** Score that is expected before anything is known of a row, by output. */
  readonly expected: readonly number[];
  /** How the members were explained. */
  readonly methods: readonly ('linear' | 'trees')[];
  /** Whether members were blended, whose probabilities are the model's and whose scores are explained. */
  readonly isBlend: boolean;
  /** From the outputs of {@link Explainer.model}. */
  explain(outputs: Tensors, row: number): RowContributions;
}

type Adder = (outputs: Tensors, row: number, add: (input: number, output: number, value: number) => void) => void;

/** How to explain one member: the values that it reads, and what it adds. */
interface MemberPlan {
  readonly reads: readonly { readonly name: string; readonly dataType: number }[];
  readonly adder: Adder;
}

/**
 * How the predictions of a checked model are explained; undefined where it cannot be: a member is no linear model and no trees, the
 * file has no notes for it, or they do not fit the graph.
 *
 * @throws {TrainerError} MODEL_SIGNATURE where the metadata are no JSON.
 */
export function createExplainer(model: OnnxModel, inputCount: number): Explainer | undefined {
  const parsed = explanationNotesSchema.safeParse(parseMetadata(model, metadataKeys.explanation));
  if (!parsed.success) return undefined;
  const { members } = parsed.data;
  const outputs = members[0]!.expected.length;
  const plans: MemberPlan[] = [];
  const find = nodeFinder(model);
  for (const member of members) {
    if (member.expected.length !== outputs) return undefined;
    if (member.kind === 'constant') continue;
    if (member.inputs.some((input) => input >= inputCount)) return undefined;
    const plan = member.kind === 'trees' ? planTrees(member, find, outputs) : planLinear(member, model, find, outputs);
    if (plan === undefined) return undefined;
    plans.push(plan);
  }
  const isProbability = model.graph.outputs.some(({ name }) => name === 'probabilities');
  const expected = Array.from({ length: outputs }, (_, k) =>
    members.reduce((sum, member) => sum + member.weight * scoreOf(member, k, isProbability), 0),
  );
  const known = new Set(model.graph.outputs.map(({ name }) => name));
  const reads = plans.flatMap((plan) => plan.reads).filter(({ name }) => !known.has(name) && known.add(name));
  const added = reads.map(({ name, dataType }): OnnxValue => ({ name, kind: 'tensor', dataType }));
  return {
    model: { ...model, graph: { ...model.graph, outputs: [...model.graph.outputs, ...added] } },
    outputs,
    expected,
    methods: [...new Set(members.flatMap(({ kind }) => (kind === 'constant' ? [] : [kind])))],
    isBlend: members.length > 1,
    explain(tensors, row) {
      const values = new Float64Array(inputCount * outputs);
      for (const { adder } of plans)
        adder(tensors, row, (input, output, value) => {
          values[input * outputs + output]! += value;
        });
      return { values };
    },
  };
}

/** The score of a member without inputs is the log-odds, or the logarithm, of its probability. */
function scoreOf(member: MemberNotes, output: number, isProbability: boolean): number {
  const value = member.expected[output]!;
  if (member.kind !== 'constant' || !isProbability) return value;
  const p = Math.min(1 - 1e-7, Math.max(1e-7, value));
  return member.expected.length === 1 ? Math.log(p / (1 - p)) : Math.log(p);
}

/** Gives the nodes of one kind in the order of the graph, one a call: each member takes its own. */
type NodeFinder = (
  kind: 'TreeEnsemble' | 'linear_numbers' | 'linear_missing' | 'linear_categories',
) => OnnxNode | undefined;

function nodeFinder({ graph }: OnnxModel): NodeFinder {
  const taken = new Map<string, number>();
  return (kind) => {
    const matches = graph.nodes.filter((node) =>
      kind === 'TreeEnsemble' ? node.operator === kind : node.name.replace(/_\d+$/, '') === kind,
    );
    const at = taken.get(kind) ?? 0;
    taken.set(kind, at + 1);
    return matches[at];
  };
}

function planTrees(notes: MemberNotes & { kind: 'trees' }, find: NodeFinder, outputs: number): MemberPlan | undefined {
  const node = find('TreeEnsemble');
  if (node === undefined) return undefined;
  const trees = readShapTrees(node, unpackCounts(notes.covers));
  const { inputs, weight } = notes;
  if (trees === undefined || trees.feature.some((feature) => feature >= inputs.length)) return undefined;
  if (trees.leafOutput.some((output) => output >= outputs)) return undefined;
  const name = node.inputs[0]!;
  const splits = node.attributes.find((attribute) => attribute.name === 'nodes_splits')?.tensor;
  const width = inputs.length;
  return {
    reads: [{ name, dataType: splits?.dataType ?? dataTypes.float }],
    adder(tensors, row, add) {
      const values = numbersAt(tensors, name, row, width);
      treeShap(trees, values, (feature, output, value) => add(inputs[feature]!, output, weight * value));
    },
  };
}

function planLinear(
  notes: MemberNotes & { kind: 'linear' },
  model: OnnxModel,
  find: NodeFinder,
  outputs: number,
): MemberPlan | undefined {
  const { inputs, knots, means, weight } = notes;
  const numberCount = knots.length;
  const categoryCount = inputs.length - numberCount;
  if (categoryCount < 0 || means.length !== inputs.length * outputs) return undefined;
  const reads: MemberPlan['reads'][number][] = [];
  const adders: Adder[] = [];
  const addMatrix = (kind: 'linear_numbers' | 'linear_missing', owners: readonly number[]): boolean => {
    const node = find(kind);
    const matrix = node === undefined ? undefined : constantOf(model, node.inputs[1]!);
    const name = node?.inputs[0];
    if (name === undefined || matrix?.length !== owners.length * outputs) return false;
    reads.push({ name, dataType: dataTypes.double });
    adders.push((tensors, row, add) => {
      const values = numbersAt(tensors, name, row, owners.length);
      owners.forEach((owner, j) => {
        for (let k = 0; k < outputs; k++) add(inputs[owner]!, k, weight * values[j]! * matrix[j * outputs + k]!);
      });
    });
    return true;
  };
  const own = knots.map((_, f) => f);
  if (numberCount > 0) {
    if (!addMatrix('linear_numbers', [...own, ...knots.flatMap((count, f) => new Array<number>(count).fill(f))]))
      return undefined;
    if (notes.missing && !addMatrix('linear_missing', own)) return undefined;
  }
  if (categoryCount > 0) {
    const name = find('linear_categories')?.outputs[0];
    if (name === undefined) return undefined;
    reads.push({ name, dataType: dataTypes.float });
    adders.push((tensors, row, add) => {
      const values = numbersAt(tensors, name, row, categoryCount * outputs);
      for (let c = 0; c < categoryCount; c++)
        for (let k = 0; k < outputs; k++) add(inputs[numberCount + c]!, k, weight * values[c * outputs + k]!);
    });
  }
  return {
    reads,
    adder(tensors, row, add) {
      for (const adder of adders) adder(tensors, row, add);
      means.forEach((mean, i) => {
        add(inputs[Math.floor(i / outputs)]!, i % outputs, -weight * mean);
      });
    },
  };
}

/** A constant of the graph, also where the graph casts it first. */
function constantOf({ graph }: OnnxModel, name: string): ArrayLike<number> | undefined {
  const tensor = (of: string): OnnxTensor | undefined => graph.initializers.find((candidate) => candidate.name === of);
  const direct = tensor(name);
  if (direct !== undefined) return tensorNumbers(direct);
  const cast = graph.nodes.find((node) => node.operator === 'Cast' && node.outputs[0] === name);
  const behind = cast === undefined ? undefined : tensor(cast.inputs[0]!);
  return behind === undefined ? undefined : tensorNumbers(behind);
}

function numbersAt(tensors: Tensors, name: string, row: number, width: number): ArrayLike<number> {
  const data = tensors[name]!.data as Float32Array | Float64Array;
  return data.subarray(row * width, (row + 1) * width);
}
