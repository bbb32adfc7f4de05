import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeMessage, frame, type Message, readFrames } from '../../../src/backends/remote/message.ts';

async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function read(bytes: Uint8Array, size: number): Promise<Required<Message>[]> {
  const messages: Required<Message>[] = [];
  for await (const message of readFrames(inPieces(bytes, size))) messages.push(message);
  return messages;
}

const message = (step: number, values: readonly number[]): Message => ({
  json: { type: 'steps', step },
  tensors: { losses: { dtype: 'float32', shape: [values.length], data: Float32Array.from(values) } },
});

describe('the messages of a stream', () => {
  it('come as they were sent, however the network cuts them', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.float({ noNaN: true }), { maxLength: 40 }), { maxLength: 6 }),
        fc.integer({ min: 1, max: 400 }),
        async (lists, size) => {
          const sent = lists.map((values, step) => message(step, values));
          const made = await read(Buffer.concat(sent.map(frame)), size);
          expect(made).toEqual(sent);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('end before one that was cut off', async () => {
    const whole = Buffer.concat([frame(message(1, [0.5])), frame(message(2, [0.25]))]);
    expect(await read(whole.subarray(0, -1), 7)).toEqual([message(1, [0.5])]);
    expect(await read(whole.subarray(0, 3), 1)).toEqual([]);
  });

  it('are refused where one is none', async () => {
    const bytes = frame(message(1, [0.5])).slice();
    bytes[4] = 0;
    await expect(read(bytes, 64)).rejects.toMatchObject({ code: 'STORE_FAILED' });
  });

  // Joining all that is held at each piece took 47 seconds.
  it('of 100 MB in pieces of 64 kB take less than two seconds of the processor', async () => {
    const data = new Float32Array(25e6);
    data[0] = 1;
    data[data.length - 1] = 2;
    const bytes = frame({
      json: { type: 'checkpoint' },
      tensors: { weight: { dtype: 'float32', shape: [25e6], data } },
    });
    const before = process.cpuUsage();
    const [made] = await read(bytes, 65_536);
    const { user, system } = process.cpuUsage(before);
    expect(made!.tensors.weight!.shape).toEqual([25e6]);
    expect([made!.tensors.weight!.data[0], made!.tensors.weight!.data.at(-1)]).toEqual([1, 2]);
    expect((user + system) / 1e6).toBeLessThan(2);
  });

  it('have the bytes of the message behind their length', () => {
    const own = message(3, [1, 2, 3]);
    expect(frame(own).subarray(4)).toEqual(encodeMessage(own));
    expect(new DataView(frame(own).buffer).getUint32(0, true)).toBe(encodeMessage(own).length);
  });
});
