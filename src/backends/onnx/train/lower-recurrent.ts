import type { GruLayer, LstmLayer } from '../../network/layers/recurrent.ts';
import { gruOf } from '../autodiff/composites/gru.ts';
import { lstmOf } from '../autodiff/composites/lstm.ts';
import type { Recurrence } from '../autodiff/composites/sequence.ts';
import type { LayerContext, Lower } from './layer-context.ts';

const recurrenceOf = (
  { graph, inputs: [x], parameter }: LayerContext,
  { sequences = true, reverse = false }: GruLayer | LstmLayer,
): Recurrence => ({
  graph,
  x: x!,
  inputWeight: parameter('input-weight'),
  hiddenWeight: parameter('hidden-weight'),
  inputBias: parameter('input-bias'),
  hiddenBias: parameter('hidden-bias'),
  sequences,
  reverse,
});

export const lowerGru: Lower<GruLayer> = (context, layer) => gruOf(recurrenceOf(context, layer));

export const lowerLstm: Lower<LstmLayer> = (context, layer) => lstmOf(recurrenceOf(context, layer));
