// A model as a part of a host's own server. Needs `penguins.onnx`, a model that was saved, in the current folder.
import { createService } from 'traineragent/serve';

const service = await createService('penguins.onnx', { name: 'penguins', log: (entry) => console.log(entry.status) });
const response = await service.fetch(
  new Request('http://localhost/v1/predict', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ bill_length_mm: 39.1, island: 'Torgersen' }),
  }),
);
console.log(await response.json());
await service.close();
