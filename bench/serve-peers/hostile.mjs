// Does to a service what it must bear, over and over, until it is told to end; then prints what came of it as one line of JSON.
// node hostile.mjs '{"port":8080,"seconds":5,"perSecond":200}'; with "only": one of the kinds, by its name
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';

const { port, seconds, perSecond = 200, only } = JSON.parse(process.argv[2]);
const post = (body, ...headers) =>
  Buffer.concat([
    Buffer.from(
      ['POST /v1/predict HTTP/1.1', 'host: 127.0.0.1', `content-length: ${body.length}`, ...headers, '', ''].join(
        '\r\n',
      ),
    ),
    Buffer.from(body),
  ]);
const json = 'content-type: application/json';
const chunks = `${'3e8\r\n'}${'x'.repeat(1000)}\r\n`.repeat(1100);
const head = 'POST /v1/predict HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n';
/** Each with the statuses that it may end with; `closed` where the service says nothing. */
const cases = [
  ['slow headers', 'POST /v1/predict HTTP/1.1\r\nhost: 12', ['408', 'open']],
  ['a body that does not come', `${head}content-length: 90\r\n\r\n{`, ['408', 'open']],
  ['a body over the limit', post('x'.repeat(1_100_000), json), ['413']],
  ['chunks over the limit', `${head}transfer-encoding: chunked\r\n\r\n${chunks}`, ['413']],
  ['a claim of two gigabytes', `${head}content-length: 2147483648\r\n\r\n{`, ['413']],
  ['two lengths', `${head}content-length: 2\r\ncontent-length: 4\r\n\r\n{}`, ['400']],
  ['a length beside chunks', `${head}content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`, ['400']],
  ['10,000 headers', `GET /livez HTTP/1.1\r\nhost: 127.0.0.1\r\n${'x: y\r\n'.repeat(10_000)}\r\n`, ['431']],
  ['a bomb of gzip', post(gzipSync(Buffer.alloc(10_000_000)), json, 'content-encoding: gzip'), ['415']],
  ['deep JSON', post('['.repeat(100_000) + ']'.repeat(100_000), json), ['400']],
  ['__proto__', post('{"__proto__":{"x0":1}}', json), ['400']],
  ['a path with two slashes', 'GET //v1/predict HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n', ['404']],
  ['a slash that is encoded', 'GET /v1%2fpredict HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n', ['404']],
  ['a step up', 'GET /x/..;/metrics HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n', ['404']],
  ['another host', 'GET /metrics HTTP/1.1\r\nhost: evil.example\r\n\r\n', ['403']],
  ['another origin', post('{}', json, 'origin: https://evil.example'), ['403']],
];

const chosen = cases.filter(([name]) => only === undefined || name === only);
const results = {};
const unexpected = [];
const sockets = new Set();
let open = 0;
function attack([name, bytes, expected]) {
  // Slow ones stay open: as many as a small botnet would hold.
  if (open > 400) return;
  open++;
  const socket = connect({ port, host: '127.0.0.1' });
  sockets.add(socket);
  const since = performance.now();
  let status = 'open';
  let text = '';
  socket.on('connect', () => socket.write(bytes));
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
    if (status !== 'open' || !/^HTTP\/1\.1 \d{3}/.test(text)) return;
    status = text.slice(9, 12);
    // What still comes back of a body that was cut is of no interest.
    setTimeout(() => socket.destroy(), 20);
  });
  socket.on('error', () => undefined);
  socket.on('close', () => {
    sockets.delete(socket);
    open--;
    if (status === 'open' && !isOver) status = 'closed';
    // The end came before the answer.
    if (status === 'open' && performance.now() - since < 2000) return;
    const key = `${name}: ${status}`;
    results[key] = (results[key] ?? 0) + 1;
    // Busy is an answer too, and a reset may overtake the answer to a body that was not read.
    const isFine = expected.includes(status) || status === '429' || (status === 'closed' && bytes.length > 100_000);
    if (!isFine) unexpected.push(key);
  });
}

let isOver = false;
let next = 0;
const timer = setInterval(() => attack(chosen[next++ % chosen.length]), 1000 / perSecond);
setTimeout(() => {
  clearInterval(timer);
  isOver = true;
  for (const socket of sockets) socket.destroy();
  setTimeout(() => {
    console.log(JSON.stringify({ sent: next, results, unexpected: [...new Set(unexpected)] }));
    process.exit(0);
  }, 200);
}, seconds * 1000);
console.log('started');
