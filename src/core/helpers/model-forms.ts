/** Forms that a model can be had in: files of ONNX by how weights are kept, modules without imports, a folder for the browser. */
export const modelForms = [
  'float32',
  'float16',
  'int8',
  'int8-dynamic',
  'javascript',
  'typescript',
  'browser',
] as const;

/**
 * A form of a model. `float32` is the file as it was trained; `float16`, `int8` (scales fixed on calibration rows) and `int8-dynamic`
 * (scales found in each call) are ONNX files with rounded weights; `javascript` and `typescript` are modules without imports, for linear
 * models, trees and dense networks; `browser` is a folder for `onnxruntime-web`, with a page that predicts.
 */
export type ModelForm = (typeof modelForms)[number];

/** Forms whose weights are rounded: their answers differ, so they are judged on validation data. */
export const roundedForms = ['float16', 'int8', 'int8-dynamic'] as const satisfies readonly ModelForm[];

/** A form of {@link roundedForms}. */
export type RoundedForm = (typeof roundedForms)[number];

/** Files of ONNX, of which one is `model.onnx`. */
export const onnxForms = ['float32', ...roundedForms] as const satisfies readonly ModelForm[];

/** A form of {@link onnxForms}. */
export type OnnxForm = (typeof onnxForms)[number];

/** Whether a form has rounded weights. */
export const isRounded = (form: ModelForm): form is RoundedForm =>
  (roundedForms as readonly ModelForm[]).includes(form);

/**
 * What the answers of a form may differ by from those of the file as it was trained, on any row, relative to max(1, magnitude). A form that differs
 * by more is not delivered.
 */
export const formTolerance: Readonly<Record<ModelForm, number>> = {
  float32: 0,
  float16: 0.01,
  int8: 0.25,
  'int8-dynamic': 0.25,
  javascript: 1e-5,
  typescript: 1e-5,
  browser: 1e-5,
};

/** What a form with rounded weights may lose on validation data, as a share of what the model gains over the baseline. */
export const toleratedShare = 0.01;

/** A form in words, after "as" or alone. */
export const formWords: Readonly<Record<ModelForm, string>> = {
  float32: 'ONNX in float32',
  float16: 'ONNX in float16',
  int8: 'ONNX in int8',
  'int8-dynamic': 'ONNX in dynamic int8',
  javascript: 'a JavaScript module',
  typescript: 'a TypeScript module',
  browser: 'a folder for the browser',
};
