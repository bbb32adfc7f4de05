import { checkModel } from '../../onnx/check-model.ts';
import { readSignature } from '../../onnx/signature.ts';
import { exampleCurl, exampleRecords } from '../serve/example-records.ts';
import { jsonSchemaOfRecord } from '../serve/json-schema.ts';
import { typescriptOfRecord } from '../serve/typescript-types.ts';
import { defineAction } from './action.ts';

/** Describes how a model file is called; the description names categories, so it is a blob. */
export const describe = defineAction<
  { readonly model: string },
  { readonly description: string; readonly fields: number }
>({
  name: 'describe',
  async run(input, context) {
    const signature = readSignature(checkModel(await context.blobs.get(input.model)));
    const description = {
      schema: jsonSchemaOfRecord(signature),
      typescript: typescriptOfRecord(signature),
      examples: exampleRecords(signature),
      curl: exampleCurl(signature, 'http://127.0.0.1:8080'),
    };
    return {
      description: await context.blobs.put(new TextEncoder().encode(JSON.stringify(description))),
      fields: signature.inputs.length,
    };
  },
});
