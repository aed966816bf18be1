import { mount } from 'svelte';
import './app.css';
import { connect } from './app/connect';
import { languageOf, messagesOf } from './i18n';
import { Chat } from './session/chat';
import { RoomFiles } from './session/files';
import { MicrophoneCheck } from './session/check';
import { Equipment } from './session/equipment';
import { Examiner } from './session/examiner';
import { Invitations } from './session/invitations';
import { Notifier } from './session/notifier';
import { keepPlace, takePlace } from './session/place';
import { pickTransport } from './session/pick';
import { RoomController } from './session/room';
import { pageSound } from './session/sound';
import App from './ui/App.svelte';
import FullScreen from './ui/FullScreen.svelte';
import { Model } from './ui/model.svelte';

const target = document.getElementById('app') ?? document.body;
const connection = await connect();

if (connection) {
  const { app, page, join } = connection;
  // undefined on pages that are not secure contexts, and in windows without the permission's description.
  const devices = navigator.mediaDevices as MediaDevices | undefined;
  const permissions = navigator.permissions as Permissions | undefined;
  const { transport, optional, inventory, speakers, booth } = await pickTransport(
    window,
    devices,
    app,
    page,
    connection.voice,
  );
  const now = () => performance.now();
  const equipment = new Equipment({ inventory, now, speakers });
  const room = new RoomController({
    app,
    page,
    join,
    place: connection.place ?? takePlace(sessionStorage, Date.now()),
    now,
    transport: transport && ((events) => equipment.steer(transport(events))),
    optional,
  });
  const check = new MicrophoneCheck(booth);
  window.addEventListener('pagehide', () => {
    const place = room.whereabouts();
    if (place) keepPlace(sessionStorage, place, Date.now());
  });
  window.addEventListener('online', () => room.networkChanged());
  inventory.watch(() => {
    room.devicesChanged();
    check.devicesChanged();
  });
  const examiner = new Examiner({
    app,
    sound: transport && !inventory.follows ? () => pageSound(devices, permissions) : undefined,
  });
  const invitations = new Invitations(app, room);
  const chat = new Chat(app);
  const looking = () => document.visibilityState === 'visible' && document.hasFocus();
  const language = () => languageOf(room.view.state?.profile.language ?? '', navigator.languages);
  const notifier = new Notifier({
    app,
    page,
    looking,
    words: () => messagesOf(language()).desktop.notify,
    list: (names) => new Intl.ListFormat(language()).format(names),
    show: showNotification,
  });
  const files = new RoomFiles(app, (thrown) => room.tell(thrown));
  room.start();
  notifier.start();
  chat.start();
  files.start();
  equipment.start(room);
  // The system hands invites to the window; a browser beside it has its own in its address.
  const inWindow = window.go !== undefined;
  if (inWindow) invitations.start();
  const model = new Model({ room, examiner, invitations, chat, files, equipment, check, inWindow });
  if (inWindow) app.on('close', () => (model.closing = true));
  mount(App, { target, props: { model } });
} else {
  const t = messagesOf(languageOf('', navigator.languages));
  mount(FullScreen, { target, props: { title: t.noToken.title, text: t.noToken.next } });
}

/** Shows a notification by the browser's means, where the user has allowed it. */
function showNotification(title: string, body: string): void {
  // undefined on pages that are not secure contexts.
  const api = (globalThis as { Notification?: typeof Notification }).Notification;
  if (api?.permission !== 'granted') return;
  const shown = new api(title, { body, tag: title });
  shown.onclick = () => window.focus();
}
