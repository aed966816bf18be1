/** The app's screens in jsdom, over a fake app: what the tests of screens stand on. */
import { render, screen } from '@testing-library/svelte';
import { afterEach, beforeEach, vi } from 'vitest';
import type { RoomList } from '../src/app/api';
import { Chat } from '../src/session/chat';
import { RoomFiles } from '../src/session/files';
import type { Booth } from '../src/session/booth';
import { MicrophoneCheck } from '../src/session/check';
import { Equipment } from '../src/session/equipment';
import { Examiner } from '../src/session/examiner';
import { Invitations } from '../src/session/invitations';
import { browserInventory } from '../src/session/inventory';
import { RoomController } from '../src/session/room';
import App from '../src/ui/App.svelte';
import { Model } from '../src/ui/model.svelte';
import { FakeApp, FakeDevices, FakeTransport, listing, session, state } from './fakes';

export let app: FakeApp;
export let devices: FakeDevices;
export let transport: FakeTransport;
export let room: RoomController;
export let model: Model;

export const settled = () => vi.advanceTimersByTimeAsync(0);
export const here = (id: string) => screen.getByTestId(id);

export function show(canTalk = true, booth?: Booth): void {
  const equipment = new Equipment({ inventory: browserInventory(devices.api), now: () => Date.now(), speakers: true });
  const check = new MicrophoneCheck(booth);
  room = new RoomController({
    app: app.api,
    page: 'here',
    now: () => Date.now(),
    transport: canTalk ? (events) => (transport = equipment.steer(new FakeTransport(events))) : undefined,
  });
  const examiner = new Examiner({ app: app.api });
  const invitations = new Invitations(app.api, room);
  room.start();
  invitations.start();
  const chat = new Chat(app.api);
  const files = new RoomFiles(app.api, (thrown) => room.tell(thrown));
  chat.start();
  files.start();
  equipment.start(room);
  model = new Model({ room, examiner, invitations, chat, files, equipment, check });
  render(App, { model });
}

export function rooms(change: Partial<RoomList> = {}): RoomList {
  return { revision: 1, rooms: [], search: { interfaces: ['en0'], problem: '', crowded: false }, ...change };
}

export async function showRoom(change = {}): Promise<void> {
  show();
  await room.entrance.join('r1', listing());
  app.emit('state', state(2, { session: session(), ...change }));
  await settled();
}

beforeEach(() => {
  devices = new FakeDevices();
  vi.useFakeTimers();
  // jsdom draws no dialogs.
  HTMLDialogElement.prototype.showModal = function () {
    this.open = true;
  };
  HTMLDialogElement.prototype.close = function () {
    if (!this.open) return;
    this.open = false;
    this.dispatchEvent(new Event('close'));
  };
  app = new FakeApp();
  app.answers['GetRooms'] = rooms();
  app.answers['Join'] = () => ({ answer: 'v=0', session: session() });
  app.answers['StartRoom'] = () => listing({ ref: 'mine', mine: true });
});

afterEach(() => {
  room.stop();
  vi.useRealTimers();
});
