// Every screen there is, as frontend/dev shows it without an app. Whoever makes a screen adds a line: tests and pictures follow.

/**
 * name: what the picture is called. query: the parameters of /dev/dev.html (frontend/dev/dev.ts). steps: what is clicked to get there, by
 * data-testid: "x:2" is the third of them, "x?" is clicked only if it is seen, "x=words" is a field to be filled. fleeting: gone when the window changes its size. wait: a selector that has to be there first. counts: worth looking at with so many people or rooms.
 */
const lobby = 'screen=lobby&window';
const room = 'screen=room&window';
const guest = 'guest=open&name=';

export const screens = [
  { name: 'lobby', query: lobby, counts: [0, 3, 12, 60] },
  {
    name: 'lobby-first',
    query: `${lobby}&count=0&unchecked&findings=multicast_blocked`,
    wait: '[data-testid=likeliest]',
  },
  { name: 'lobby-offline', query: `${lobby}&count=0&problem=no_network&findings=no_network` },
  { name: 'lobby-signs', query: `${lobby}&count=5&trust=all&records&crowded&hosting&locked` },
  { name: 'lobby-own', query: `${lobby}&count=0&hosting` },
  { name: 'lobby-pin', query: `${lobby}&count=3`, steps: ['lock'], wait: '[data-testid=room-pin-input]' },
  { name: 'lobby-not-found', query: `${lobby}&count=12`, steps: ['find-room=nothing like that'] },
  { name: 'lobby-trouble', query: `${lobby}&count=3&notice=ports_taken` },
  { name: 'pin', query: `${lobby}&count=3`, steps: ['room-card:2'], wait: 'dialog[open]' },
  {
    name: 'pin-wrong',
    query: `${lobby}&count=3&refusal=wrong_pin`,
    steps: ['room-card:2', 'pin-input=1234', 'pin-join'],
    wait: '[data-testid=pin-trouble]:not(:empty)',
  },
  { name: 'recorded', query: `${lobby}&count=2&records&invited`, wait: 'dialog[open]' },
  { name: 'banned', query: `${lobby}&count=2&refusal=banned`, steps: ['room-card:0'], wait: '[data-testid=notice]' },
  { name: 'host-changed', query: `${lobby}&count=3&trust=all`, steps: ['room-card:0'], wait: 'dialog[open]' },
  { name: 'doctor', query: `${lobby}&count=0&doctor&findings=all`, wait: '[data-testid=finding]' },
  { name: 'doctor-looking', query: `${lobby}&count=0&doctor` },
  { name: 'microphone-check', query: `${lobby}&count=3&check`, wait: 'dialog[open]' },
  {
    name: 'microphone-check-outside',
    query: `${lobby}&count=3&check&voiceless&optional`,
    wait: '[data-testid=check-outside]',
  },
  { name: 'settings', query: `${lobby}&count=3&trust=all`, steps: ['settings'], wait: 'dialog[open]', tall: true },
  { name: 'settings-linux', query: `${lobby}&count=3&optional`, steps: ['settings'], wait: 'dialog[open]', tall: true },
  {
    name: 'diagnostics',
    query: `${lobby}&count=3`,
    steps: ['settings', 'diagnostics'],
    wait: '[data-testid=diagnostics-text]',
  },
  { name: 'reset', query: `${lobby}&count=3`, steps: ['settings', 'reset'], wait: '[data-testid=reset-dialog][open]' },
  {
    name: 'licences',
    query: `${lobby}&count=3`,
    steps: ['settings', 'licences'],
    wait: '[data-testid=licences-panel][open]',
  },
  { name: 'close', query: `${room}&count=3&closing`, wait: 'dialog[open]' },
  { name: 'asking', query: `${lobby}&count=3&waits`, wait: 'dialog[open]' },

  { name: 'room', query: `${room}&talkers=2`, counts: [1, 3, 12, 60] },
  { name: 'room-alone-hosting', query: `${room}&count=1&hosting` },
  { name: 'room-moderated', query: `${room}&count=12&talkers=2&moderates&hosting&hands=6&records&locked&guests=yes` },
  {
    name: 'room-crowd-moderated',
    query: `${room}&count=60&talkers=4&moderates&hosting&hands=6&records&weak&trust=all`,
  },
  { name: 'room-weak', query: `${room}&count=12&talkers=2&weak&trust=all&link=poor` },
  { name: 'room-silenced', query: `${room}&count=3&silenced` },
  { name: 'room-muted', query: `${room}&count=3&muted&talksMuted&myHand`, wait: '[data-light=muted]' },
  { name: 'room-deafened', query: `${room}&count=3&deafened`, wait: '[data-testid=deafen][aria-pressed=true]' },
  { name: 'room-unheard', query: `${room}&count=3&unheard&dead`, wait: '[data-testid=dead-microphone]' },
  { name: 'room-pushing', query: `${room}&count=3&mode=push-to-talk` },
  {
    name: 'room-denied',
    query: `${room}&count=3&microphone=refused`,
    wait: '[data-testid=listening-hint][data-reason=refused]',
  },
  { name: 'room-missing', query: `${room}&count=3&microphone=missing&optional` },
  { name: 'room-blocked', query: `${room}&count=3&sound=blocked`, wait: '[data-testid=hear]' },
  { name: 'room-silence', query: `${room}&count=20&talkers=0&notice=recording_saved` },
  { name: 'room-reconnecting', query: `${room}&count=6&status=reconnecting&notice=lost` },
  { name: 'room-chat', query: `${room}&count=12&talkers=2&chat=9&guests=yes` },
  { name: 'room-chat-empty', query: `${room}&count=3&chat=0` },
  { name: 'room-files', query: `${room}&count=3&chat=3&files` },
  { name: 'room-share', query: `${room}&count=3&sharing`, wait: 'dialog[open]' },
  { name: 'room-devices', query: `${room}&count=3&devices`, wait: 'dialog[open]' },
  { name: 'room-unplugged', query: `${room}&count=3&unplugs`, wait: '[data-testid=device-told]' },
  {
    name: 'room-connections',
    query: `${room}&count=12&weak`,
    steps: ['connections'],
    wait: 'dialog[open]',
    pause: 400,
  },
  { name: 'room-compare', query: `${room}&count=3&trust=all`, steps: ['compare-code'], wait: 'dialog[open]' },
  { name: 'room-invite', query: `${room}&count=3`, steps: ['invite'], wait: 'dialog[open]' },
  {
    name: 'room-invite-closed',
    query: `${room}&count=3&hosting`,
    steps: ['invite'],
    wait: '[data-testid=allow-guests]',
  },
  {
    name: 'room-invite-guests',
    query: `${room}&count=3&hosting&guests=yes`,
    steps: ['invite'],
    wait: '[data-testid=guest-certificate]',
  },
  {
    name: 'room-invite-trusted',
    query: `${room}&count=3&hosting&guests=trusted`,
    steps: ['invite'],
    wait: '[data-testid=guest-link]',
  },
  { name: 'room-invited', query: `${room}&count=3&hosting&invited`, wait: 'dialog[open]' },
  {
    name: 'room-rules',
    query: `${room}&count=12&moderates&hosting&guests=yes`,
    steps: ['room-panel'],
    wait: 'dialog[open]',
    tall: true,
  },
  {
    name: 'room-end',
    query: `${room}&count=3&moderates&hosting`,
    steps: ['room-panel', 'end-room'],
    wait: '[data-testid=end-confirm][open]',
  },
  {
    name: 'room-person',
    query: `${room}&count=3&moderates&hosting`,
    steps: ['person-menu:1'],
    wait: '[role=dialog]',
    fleeting: true,
  },
  {
    name: 'room-remove',
    query: `${room}&count=3&moderates&hosting`,
    steps: ['person-menu:1', 'do-remove'],
    wait: 'dialog[open]',
  },
  { name: 'room-record', query: `${room}&count=3`, steps: ['record'], wait: 'dialog[open]' },
  { name: 'room-leave', query: `${room}&count=3&hosting`, steps: ['leave'], wait: 'dialog[open]' },
  { name: 'room-more', query: `${room}&count=3&chat=0`, steps: ['chat-close', 'bar-more?'], fleeting: true },
  { name: 'mini', query: `${room}&count=6&talkers=2&mini`, size: [340, 190] },

  { name: 'guest-looking', query: 'screen=lobby&guest=asking' },
  { name: 'guest', query: `screen=lobby&${guest}`, wait: '[data-testid=guest-ask]' },
  { name: 'guest-refused', query: 'screen=lobby&guest=open&notice=refused', wait: '[data-code=refused]' },
  { name: 'guest-waiting', query: 'screen=lobby&guest=open&waits', wait: '[data-testid=guest-waiting]' },
  { name: 'guest-closed', query: 'screen=lobby&guest=no_guests', wait: '[data-testid=guest-closed]' },
  { name: 'guest-away', query: 'screen=lobby&guest=unreachable&notice=room_ended', wait: '[data-testid=guest-closed]' },
  {
    name: 'guest-settings',
    query: `screen=lobby&${guest}`,
    steps: ['guest-settings'],
    wait: '[data-testid=guest-settings-panel][open]',
    tall: true,
  },
  { name: 'guest-room', query: 'screen=room&guest=open&count=6&chat=5&talkers=2' },

  { name: 'elsewhere', query: 'screen=elsewhere' },
  { name: 'outside', query: 'screen=outside' },
  { name: 'gone', query: 'screen=gone', wait: 'main' },
].flatMap(({ counts, ...screen }) =>
  counts
    ? counts.map((count) => ({ ...screen, name: `${screen.name}-${count}`, query: `${screen.query}&count=${count}` }))
    : [screen],
);

export function screenNamed(name) {
  const screen = screens.find((one) => one.name === name);
  if (!screen) throw new Error(`no screen is called ${name}`);
  return screen;
}

export const languages = ['en', 'ko'];
export const themes = ['light', 'dark'];
