import { mount } from 'svelte';
import './app.css';
import { connect } from './app/connect';
import { languageOf, messagesOf } from './i18n';
import { deniesMicrophones, newPeerIn, newPeerInPage } from './session/anyroute';
import { Examiner } from './session/examiner';
import { Invitations } from './session/invitations';
import { RoomController } from './session/room';
import { pageSound } from './session/sound';
import { WebRTCTransport } from './session/webrtc';
import App from './ui/App.svelte';
import FullScreen from './ui/FullScreen.svelte';
import { Model } from './ui/model.svelte';

const target = document.getElementById('app') ?? document.body;
const connection = await connect();

if (connection) {
  const { app, page, join } = connection;
  // WebKitGTK is built without it.
  const canTalk = 'RTCPeerConnection' in window;
  // undefined on pages that are not secure contexts, and in windows without the permission's description.
  const devices = navigator.mediaDevices as MediaDevices | undefined;
  const permissions = navigator.permissions as Permissions | undefined;
  const room = new RoomController({
    app,
    page,
    join,
    now: () => performance.now(),
    transport: canTalk
      ? (events) =>
          new WebRTCTransport({
            events,
            parent: document.body,
            devices,
            microphoneFirst: window.go !== undefined && navigator.userAgent.includes('Macintosh'),
            newPeer: newPeerIn(document),
            newPeerInstead: deniesMicrophones() ? newPeerInPage : undefined,
            now: () => Date.now(),
          })
      : undefined,
  });
  window.addEventListener('online', () => room.networkChanged());
  devices?.addEventListener('devicechange', () => room.devicesChanged());
  const examiner = new Examiner({ app, sound: canTalk ? () => pageSound(devices, permissions) : undefined });
  const invitations = new Invitations(app, room);
  room.start();
  // The system hands invites to the window; a browser beside it has its own in its address.
  if (window.go !== undefined) invitations.start();
  mount(App, { target, props: { model: new Model({ room, examiner, invitations }) } });
} else {
  const t = messagesOf(languageOf('', navigator.languages));
  mount(FullScreen, { target, props: { title: t.noToken.title, text: t.noToken.next } });
}
