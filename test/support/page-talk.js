// A page without a browser: `node page-talk.js URL` opens the bridge of `earshot web` at that URL, as the page would. Each line of
// its input, {"method", "args"}, is a call; what it hears and what is answered it prints, one line of JSON each.
import { createInterface } from 'node:readline';
import WebSocket from 'ws';

const url = new URL(process.argv[2]);
const token = new URLSearchParams(url.hash.slice(1)).get('token');
const say = (fields) => console.log(JSON.stringify(fields));
const socket = new WebSocket(`ws://${url.host}/bridge?token=${token}&page=page-talk`, { origin: url.origin });
socket.on('open', () => {
  let id = 0;
  socket.send(JSON.stringify({ id: ++id, method: 'GetRooms', args: [] }));
  createInterface({ input: process.stdin }).on('line', (line) => {
    socket.send(JSON.stringify({ id: ++id, ...JSON.parse(line) }));
    say({ event: 'called', id, line });
  });
});
socket.on('message', (data) => {
  const { id, result, error, event, data: payload } = JSON.parse(data.toString());
  const rooms = event === 'rooms' ? payload : result;
  if (event === 'rooms' || id === 1)
    say({ event: 'rooms', rooms: rooms.rooms.map(({ room, address }) => ({ ...room, address })) });
  else if (id) say({ event: 'result', id, result, error });
});
socket.on('close', () => process.exit(0));
socket.on('error', (error) => {
  console.error(error);
  process.exit(1);
});
