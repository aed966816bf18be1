/**
 * Any screen in any language, theme and size, without an app: `npm run dev`, then for example
 * /dev/dev.html?screen=room&count=60&talkers=3&language=ko&theme=dark. Every field of Scene is a parameter; `pseudo` makes all words
 * longer by two fifths. test/look has the list of all screens.
 */
import { mount } from 'svelte';
import '../src/app.css';
import { Chat } from '../src/session/chat';
import { RoomFiles } from '../src/session/files';
import { PeerBooth } from '../src/session/booth';
import { CardBooth } from '../src/session/cardbooth';
import { MicrophoneCheck } from '../src/session/check';
import { Equipment } from '../src/session/equipment';
import { browserInventory } from '../src/session/inventory';
import { Examiner } from '../src/session/examiner';
import { Invitations } from '../src/session/invitations';
import { RoomController } from '../src/session/room';
import App from '../src/ui/App.svelte';
import { Model } from '../src/ui/model.svelte';
import { messagesOf } from '../src/i18n';
import { pseudo } from './pseudo';
import { AudioWorkshop } from '../src/session/workshop';
import { sceneApp, sceneDevices, sceneTransport, type Scene } from './fixtures';

const query = new URLSearchParams(location.search);
const word = <T extends string>(name: string, otherwise: T): T => (query.get(name) ?? otherwise) as T;
const scene: Scene = {
  screen: word('screen', 'lobby'),
  count: Number(query.get('count') ?? 3),
  profile: { name: word('name', '김지은'), language: word('language', ''), theme: word('theme', '') },
  problem: word('problem', ''),
  talkers: Number(query.get('talkers') ?? 1),
  status: word('status', 'joined'),
  microphone: word('microphone', 'open'),
  muted: query.has('muted'),
  hosting: query.has('hosting'),
  notice: word('notice', ''),
  link: word('link', 'good'),
  weak: query.has('weak'),
  findings: word('findings', ''),
  crowded: query.has('crowded'),
  trust: word('trust', ''),
  invited: query.has('invited'),
  chat: Number(query.get('chat') ?? 0),
  busy: Number(query.get('busy') ?? 0),
  rules: { locked: query.has('locked'), knock: query.has('knock') },
  moderates: query.has('moderates'),
  silenced: query.has('silenced'),
  waits: query.has('waits'),
  records: query.has('records'),
  hands: Number(query.get('hands') ?? 0),
  myHand: query.has('myHand'),
  mode: word('mode', 'open'),
  unheard: query.has('unheard'),
  talksMuted: query.has('talksMuted'),
  files: query.has('files'),
  checked: !query.has('unchecked'),
  dead: query.has('dead'),
  unplugs: query.has('unplugs'),
  guest: word('guest', ''),
  guests: word('guests', 'no'),
  refusal: word('refusal', ''),
  optional: query.has('optional'),
  sound: word('sound', ''),
};

const app = sceneApp(scene);
const equipment = new Equipment({
  inventory: browserInventory(sceneDevices(scene)),
  now: () => performance.now(),
  speakers: !query.has('nospeakers'),
});
const check = new MicrophoneCheck(
  query.has('voiceless')
    ? new CardBooth({ app, page: 'dev', start: () => Promise.reject(new Error('a thread could not be loaded')) })
    : new PeerBooth({
        app,
        page: 'dev',
        devices: navigator.mediaDevices,
        workshop: new AudioWorkshop(),
        newPeer: () => new RTCPeerConnection(),
      }),
);
const room = new RoomController({
  app,
  page: 'dev',
  now: () => performance.now(),
  optional: scene.optional,
  transport: scene.screen === 'outside' ? undefined : (events) => equipment.steer(sceneTransport(scene, events)),
});
const examiner = new Examiner({ app });
const invitations = new Invitations(app, room);
const chat = new Chat(app);
const files = new RoomFiles(app, (thrown) => room.tell(thrown));
room.start();
chat.start();
files.start();
equipment.start(room);
invitations.start();
const model = new Model({
  room,
  examiner,
  invitations,
  chat,
  files,
  equipment,
  check,
  inWindow: query.has('window'),
  ...(query.has('pseudo') && { wordsOf: () => pseudo(messagesOf('en')) }),
});
model.checking = query.has('check');
model.choosing = query.has('devices');
mount(App, { target: document.getElementById('app') ?? document.body, props: { model } });
model.chatting = query.has('chat');
model.doctor = query.has('doctor');
model.closing = query.has('closing');
model.mini = query.has('mini');
if (query.has('sharing'))
  model.sharing = [new File(['x'.repeat(2_400_000)], 'Quarterly numbers, the long way round.xlsx')];
if (scene.muted) setTimeout(() => room.toggleMuted(), 100);
if (query.has('deafened')) setTimeout(() => room.toggleDeafened(), 100);
