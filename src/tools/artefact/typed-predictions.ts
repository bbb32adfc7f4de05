import type { PredictionResult } from './decode-predictions.ts';

/** The columns of a row type; any text where nothing is known of the rows. */
export type ColumnOf<Row extends object> = object extends Row ? string : keyof Row & string;

/** What a model that predicts `Target` takes: a row without it. */
export type RecordWithout<Row extends object, Target extends string> = object extends Row ? object : Omit<Row, Target>;

/** What a model that predicts a value of this type gives. */
export type PredictionOf<Value> = unknown extends Value
  ? PredictionResult
  : [NonNullable<Value>] extends [string | boolean]
    ? Omit<PredictionResult<`${NonNullable<Value> & (string | boolean)}`>, 'probabilities'> & {
        readonly probabilities: Readonly<Record<`${NonNullable<Value> & (string | boolean)}`, number>>;
      }
    : PredictionResult;

/** The same, for a column of a row type. */
export type PredictionFor<Row extends object, Target extends string> = object extends Row
  ? PredictionResult
  : Target extends keyof Row
    ? PredictionOf<Row[Target]>
    : PredictionResult;
