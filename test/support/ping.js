// Measures a network path without Earshot. On one computer `node ping.js serve ADDRESS`, which echoes UDP and takes TCP; on
// another `node ping.js udp ADDRESS COUNT BYTES` or `node ping.js tcp ADDRESS BYTES`. Says what it saw in one line of JSON.
import { createHash, randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';

const port = 9000;
const everyMillis = 2;
const patienceMillis = 600; // for the last echoes
const say = (event, fields) => console.log(JSON.stringify({ event, ...fields }));
const [what, address, ...numbers] = process.argv.slice(2);
const [first, second] = numbers.map(Number);
await { serve, udp, tcp }[what](address, first, second);

async function serve(host) {
  const socket = createSocket('udp4');
  socket.on('message', (message, from) => socket.send(message, from.port, from.address));
  socket.bind(port, host);
  const server = createServer({ allowHalfOpen: true }, (stream) => {
    const hash = createHash('sha256');
    stream.on('data', (chunk) => hash.update(chunk));
    stream.on('end', () => stream.end(hash.digest('hex')));
  });
  server.listen(port, host);
  await Promise.all([once(socket, 'listening'), once(server, 'listening')]);
  say('ready');
}

/** Sends `count` numbered packets. An echo's number and the time it took say what the path does. */
async function udp(host, count, size) {
  const socket = createSocket('udp4');
  const sentAt = [];
  const took = new Map(); // number -> milliseconds
  let duplicates = 0;
  let late = 0;
  let highest = -1;
  socket.on('message', (message) => {
    const number = message.readUInt32BE();
    if (took.has(number)) {
      duplicates++;
      return;
    }
    took.set(number, performance.now() - sentAt[number]);
    if (number < highest) late++;
    highest = Math.max(highest, number);
  });
  const start = performance.now();
  while (sentAt.length < count) {
    // By the clock, so that a machine that stands still does not stretch the test.
    while (sentAt.length < Math.min(count, (performance.now() - start) / everyMillis)) {
      const message = Buffer.alloc(size);
      message.writeUInt32BE(sentAt.length);
      sentAt.push(performance.now());
      socket.send(message, port, host);
    }
    await new Promise((done) => setTimeout(done, 1));
  }
  await new Promise((done) => setTimeout(done, patienceMillis));
  socket.close();

  const times = [...took.values()].sort((a, b) => a - b);
  const at = (share) => times[Math.floor(share * (times.length - 1))];
  let bursts = 0;
  for (let number = 1; number < count; number++) if (!took.has(number) && took.has(number - 1)) bursts++;
  say('result', {
    sent: count,
    received: took.size,
    lost: count - took.size,
    bursts,
    duplicates,
    late,
    least_ms: at(0),
    median_ms: at(0.5),
    p90_ms: at(0.9),
  });
}

/** Sends that many bytes; the far end answers with their digest. */
async function tcp(host, bytes) {
  const stream = connect(port, host);
  await once(stream, 'connect');
  const hash = createHash('sha256');
  const start = performance.now();
  for (let left = bytes; left > 0;) {
    const chunk = randomBytes(Math.min(left, 1 << 20));
    left -= chunk.length;
    hash.update(chunk);
    if (!stream.write(chunk)) await once(stream, 'drain');
  }
  stream.end();
  let answer = '';
  for await (const chunk of stream) answer += chunk;
  const seconds = (performance.now() - start) / 1000;
  say('result', { bytes, seconds, intact: answer === hash.digest('hex') });
}
