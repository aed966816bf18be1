import { mount } from 'svelte';
import './app.css';
import { connect } from './app/connect';
import { languageOf, messagesOf } from './i18n';
import { deniesMicrophones, newPeerIn, newPeerInPage } from './session/anyroute';
import { RoomController } from './session/room';
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
  room.start();
  mount(App, { target, props: { model: new Model(room) } });
} else {
  const t = messagesOf(languageOf('', navigator.languages));
  mount(FullScreen, { target, props: { title: t.noToken.title, text: t.noToken.next } });
}
