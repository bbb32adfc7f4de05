import type { GraphBuilder } from '../../../onnx/graph-builder.ts';
import type { GraphFeatures } from '../learner.ts';
import { layoutOf, standardLimit } from './encoding.ts';
import type { LinearParts } from './linear-model.ts';

/**
 * The nodes of a linear model. Standardised values are float32, bit for bit those of the fit; sums are double, so that
 * great coefficients of collinear columns, or a great target, cost no digits; the result is float32 [N, outputs].
 */
export function linearToGraph(graph: GraphBuilder, inputs: GraphFeatures, parts: LinearParts): string {
  const outputs = parts.intercepts.length;
  const double = (data: Float64Array, shape: readonly number[]) => graph.constant({ type: 'double', shape, data });
  let sum = double(parts.intercepts, [1, outputs]);
  for (const term of [numberTerm(graph, inputs, parts), categoryTerm(graph, inputs, parts)]) {
    if (term !== undefined) sum = graph.node('Add', [term, sum]);
  }
  const value = cast(graph, sum, 1);
  if (parts.task === 'binary') return graph.node('Sigmoid', [value]);
  if (parts.task === 'multiclass') return graph.node('Softmax', [value], { attributes: { axis: { int: 1 } } });
  return value;
}

/** ONNX's numbers of the element types float, int64 and double. */
type ElementNumber = 1 | 7 | 11;

function cast(graph: GraphBuilder, value: string, to: ElementNumber): string {
  return graph.node('Cast', [value], { attributes: { to: { int: to } } });
}

/** Standardised numbers and hinges times their coefficients, plus the coefficients of what is missing: double [N, outputs]. */
function numberTerm(graph: GraphBuilder, inputs: GraphFeatures, parts: LinearParts): string | undefined {
  const { numbers } = parts.encoding;
  if (inputs.numbers === undefined || numbers.length === 0) return undefined;
  const { missing, denseCount, columnCount } = layoutOf(parts.encoding);
  const outputs = parts.intercepts.length;
  const floats = (pick: (encoding: (typeof numbers)[number]) => number) =>
    graph.floats(numbers.map(pick), [1, numbers.length]);
  const absent = graph.node('IsNaN', [inputs.numbers]);
  let x = graph.node('Where', [absent, floats(({ fill }) => fill), inputs.numbers]);
  if (numbers.some(({ low }) => low > -3e38)) {
    x = graph.node('Max', [x, floats(({ low }) => low)]);
    x = graph.node('Min', [x, floats(({ high }) => high)]);
  }
  x = graph.node('Sub', [x, floats(({ mean }) => mean)]);
  x = graph.node('Div', [x, floats(({ scale }) => scale)]);
  let dense = graph.node('Clip', [x, graph.floats([-standardLimit], []), graph.floats([standardLimit], [])]);
  const positions = numbers.flatMap(({ knots }) => knots);
  if (positions.length > 0) {
    const owners = numbers.flatMap(({ knots }, f) => knots.map(() => f));
    const repeated = graph.node('Gather', [dense, graph.ints(owners)], { attributes: { axis: { int: 1 } } });
    const hinges = graph.node('Relu', [graph.node('Sub', [repeated, graph.floats(positions, [1, positions.length])])]);
    dense = graph.node('Concat', [dense, hinges], { attributes: { axis: { int: 1 } } });
  }
  const matrix = (columns: number, columnAt: (j: number) => number) => {
    const data = new Float64Array(columns * outputs);
    for (let j = 0; j < columns; j++) {
      const column = columnAt(j);
      for (let k = 0; k < outputs; k++) {
        data[j * outputs + k] = column < 0 ? 0 : parts.coefficients[k * columnCount + column]!;
      }
    }
    return graph.constant({ type: 'double', shape: [columns, outputs], data });
  };
  // The names are how an explanation finds these nodes.
  const term = graph.node('MatMul', [cast(graph, dense, 11), matrix(denseCount, (j) => j)], { name: 'linear_numbers' });
  if (missing.every((column) => column < 0)) return term;
  const absence = graph.node('MatMul', [cast(graph, absent, 11), matrix(numbers.length, (f) => missing[f]!)], {
    name: 'linear_missing',
  });
  return graph.node('Add', [term, absence]);
}

/** Rows of one table of coefficients, gathered by code + the feature's offset and added up: double [N, outputs]. */
function categoryTerm(graph: GraphBuilder, inputs: GraphFeatures, parts: LinearParts): string | undefined {
  const { categories } = parts.encoding;
  if (inputs.codes === undefined || categories.length === 0) return undefined;
  const { categories: firsts, columnCount } = layoutOf(parts.encoding);
  const outputs = parts.intercepts.length;
  const offsets: number[] = [];
  let size = 0;
  for (const { columns } of categories) {
    offsets.push(size);
    size += columns.length;
  }
  const table = new Float32Array(size * outputs);
  categories.forEach(({ columns }, f) => {
    columns.forEach((column, code) => {
      if (column < 0) return;
      for (let k = 0; k < outputs; k++) {
        table[(offsets[f]! + code) * outputs + k] = parts.coefficients[k * columnCount + firsts[f]! + column]!;
      }
    });
  });
  const shifted = graph.node('Add', [inputs.codes, graph.ints(offsets, [1, offsets.length])]);
  const rows = graph.node('Gather', [graph.floats(table, [size, outputs]), shifted], {
    attributes: { axis: { int: 0 } },
    name: 'linear_categories',
  });
  return graph.node('ReduceSum', [cast(graph, rows, 11), graph.ints([1])], { attributes: { keepdims: { int: 0 } } });
}
