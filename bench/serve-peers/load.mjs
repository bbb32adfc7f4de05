// Sends one request of HTTP/1.1 over and over, prints `started` with the first, and at the end what came of them as one line of JSON.
// node load.mjs '{"port":8080,"mode":"open","rate":1000,"seconds":5,"connections":64,"path":"/v1/predict","bodies":["{}"]}'
// `open`: requests start by the clock, whether or not earlier ones were answered; latency counts from that moment.
// `closed`: every connection asks again as soon as it was answered; what comes out is saturation.
import { connect } from 'node:net';

const {
  port,
  mode,
  rate = 0,
  seconds,
  connections = 64,
  path,
  method = 'POST',
  bodies,
  headers = {},
  warmUp = 0,
} = JSON.parse(process.argv[2]);
const more = Object.entries(headers)
  .map(([name, value]) => `${name}: ${value}\r\n`)
  .join('');
const messages = bodies.map((body) =>
  Buffer.from(
    method === 'POST'
      ? `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n${more}\r\n${body}`
      : `GET ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\n${more}\r\n`,
  ),
);
const byStatus = new Map();
const idle = [];
/** Requests that are due while no connection is free: since when, from the first one on. */
let waiting = [];
let firstWaiting = 0;
let open = 0;
let next = 0;
let sent = 0;
let lost = 0;
let refused = 0;
let warmed = 0;
let isOver = false;
const start = performance.now() + 200;
const measureFrom = start + warmUp * 1000;
const end = measureFrom + seconds * 1000;
const mostSlow = { ms: 0, at: 0 };

function record(status, intended) {
  if (intended < measureFrom) {
    warmed++;
    return;
  }
  const now = performance.now();
  const ms = now - intended;
  let list = byStatus.get(status);
  if (list === undefined) {
    list = [];
    byStatus.set(status, list);
  }
  list.push(ms);
  if (ms > mostSlow.ms) Object.assign(mostSlow, { ms, at: intended - start });
}

function openConnection() {
  open++;
  const state = { socket: undefined, intended: -1, text: '' };
  // One buffer a connection: what is not allocated need not be collected while others wait.
  const socket = connect({
    port,
    host: '127.0.0.1',
    noDelay: true,
    onread: { buffer: Buffer.allocUnsafe(16_384), callback: (length, buffer) => answered(state, buffer, length) },
  });
  state.socket = socket;
  socket.on('connect', () => isFree(state));
  socket.on('error', (error) => {
    if (error.code === 'ECONNREFUSED') refused++;
  });
  socket.on('close', () => {
    open--;
    if (state.intended >= 0) lost++;
    const at = idle.indexOf(state);
    if (at >= 0) idle.splice(at, 1);
    if (isOver) return;
    if (refused > 0) {
      if (open === 0) finish();
    } else openConnection();
  });
}

function answered(state, buffer, length) {
  const text = state.text + buffer.latin1Slice(0, length);
  const head = text.indexOf('\r\n\r\n');
  const at = head < 0 ? -1 : text.search(lengthHeader);
  if (at < 0 || text.length < head + 4 + Number.parseInt(text.slice(at + 16, at + 26), 10)) {
    state.text = text;
    return true;
  }
  record(Number(text.slice(9, 12)), state.intended);
  state.text = '';
  state.intended = -1;
  if (closing.test(text)) state.socket.end();
  else isFree(state);
  return true;
}

const lengthHeader = /content-length: /i;
const closing = /\r\nconnection: close\r\n/i;

function isFree(state) {
  if (isOver) return;
  if (mode === 'closed') {
    if (performance.now() < end) send(state, performance.now());
  } else if (firstWaiting < waiting.length) {
    send(state, waiting[firstWaiting++]);
    // `shift` would move all that wait.
    if (firstWaiting === 10_000) {
      waiting = waiting.slice(firstWaiting);
      firstWaiting = 0;
    }
  } else idle.push(state);
}

function send(state, intended) {
  state.intended = intended;
  // Whoever started this may wait for it.
  if (sent++ === 0) console.log('started');
  state.socket.write(messages[next++ % messages.length]);
}

let due = start;
const gap = rate > 0 ? 1000 / rate : 0;
function tick() {
  if (isOver) return;
  const now = performance.now();
  if (mode === 'open')
    while (due <= now && due < end) {
      const state = idle.pop();
      if (state === undefined) waiting.push(due);
      else send(state, due);
      due += gap;
    }
  if (now > end + 2000 || (now > end && firstWaiting === waiting.length && idle.length === open)) finish();
  else if (mode === 'closed' || now > end) setTimeout(tick, 20);
  else setImmediate(tick);
}

function finish() {
  if (isOver) return;
  isOver = true;
  const statuses = {};
  for (const [status, list] of byStatus) {
    list.sort((a, b) => a - b);
    const rank = (share) => list[Math.max(0, Math.ceil(share * list.length) - 1)];
    statuses[status] = { count: list.length, p50: rank(0.5), p99: rank(0.99), max: list.at(-1) };
  }
  console.log(
    JSON.stringify({
      statuses,
      sent,
      lost,
      warmed,
      unanswered: sent - lost - warmed - [...byStatus.values()].reduce((sum, { length }) => sum + length, 0),
      refused,
      unsent: waiting.length - firstWaiting,
      seconds,
      slowest: mostSlow,
    }),
  );
  process.exit(0);
}

for (let i = 0; i < connections; i++) openConnection();
setTimeout(tick, 200);
