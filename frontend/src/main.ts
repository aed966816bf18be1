import { mount } from 'svelte';
import './app.css';
import { connect } from './app/connect';
import { languageOf, messagesOf } from './i18n';
import { Chat } from './session/chat';
import { Examiner } from './session/examiner';
import { Invitations } from './session/invitations';
import { pickTransport } from './session/pick';
import { RoomController } from './session/room';
import { pageSound } from './session/sound';
import App from './ui/App.svelte';
import FullScreen from './ui/FullScreen.svelte';
import { Model } from './ui/model.svelte';

const target = document.getElementById('app') ?? document.body;
const connection = await connect();

if (connection) {
  const { app, page, join, loopback } = connection;
  // undefined on pages that are not secure contexts, and in windows without the permission's description.
  const devices = navigator.mediaDevices as MediaDevices | undefined;
  const permissions = navigator.permissions as Permissions | undefined;
  const chosen = async () => (await app.GetState()).profile.talkInWindow === true;
  const voice = await pickTransport(window, devices, chosen, loopback);
  const room = new RoomController({
    app,
    page,
    join,
    now: () => performance.now(),
    ...voice,
  });
  window.addEventListener('online', () => room.networkChanged());
  devices?.addEventListener('devicechange', () => room.devicesChanged());
  const examiner = new Examiner({ app, sound: voice.transport ? () => pageSound(devices, permissions) : undefined });
  const invitations = new Invitations(app, room);
  const chat = new Chat(app);
  room.start();
  chat.start();
  // The system hands invites to the window; a browser beside it has its own in its address.
  if (window.go !== undefined) invitations.start();
  mount(App, { target, props: { model: new Model({ room, examiner, invitations, chat }) } });
} else {
  const t = messagesOf(languageOf('', navigator.languages));
  mount(FullScreen, { target, props: { title: t.noToken.title, text: t.noToken.next } });
}
