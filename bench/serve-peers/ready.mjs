// The least that Node can do with a request: a ready answer to whatever comes, of which nothing is read.
import { createServer } from 'node:net';

const [status = '429'] = process.argv.slice(2);
const body = JSON.stringify({ title: 'Busy', status: Number(status), detail: 'x'.repeat(120) });
const answer = `HTTP/1.1 ${status} Ready\r\ncontent-type: application/json\r\ncache-control: no-store\r\nretry-after: 1\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
const server = createServer({ noDelay: true }, (socket) => {
  socket.on('data', () => socket.write(answer, 'latin1'));
  socket.on('error', () => undefined);
});
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`));
