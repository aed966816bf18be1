/** Words for guests' pages, and for hosts who take guests. */
export const guests = {
  mark: 'Guest',
  hostedBy: (host: string) => `Hosted by ${host}`,
  inside: (people: number) =>
    people === 0 ? 'nobody inside yet' : people === 1 ? '1 person inside' : `${people} people inside`,
  asking: 'Looking for the room…',
  name: 'Your name',
  nameExample: 'As the others know you',
  enter: 'Ask to come in',
  entering: 'Asking…',
  next: (host: string) =>
    `${host}, or somebody who helps, lets you in. Then your browser asks whether this page may use the microphone.`,
  listens: 'This browser gives this page no microphone, so you can only listen.',
  about: 'You come as a guest, without installing anything. The others see that.',
  waitTitle: (host: string) => `${host} has been asked`,
  waitText: 'Stay on this page. You are in as soon as somebody lets you in, and nobody hears you before.',
  waitStop: 'Stop asking',
  again: 'Try again',
  away: {
    title: 'The room does not answer',
    text: 'It has ended, or this computer does not reach the one it is on. Ask whoever invited you whether it is still open.',
  },
  closed: {
    title: 'This room takes no guests now',
    text: 'Ask its host to let people in without the app, then try again.',
  },
  pinText: 'The host knows it. It goes to the host’s computer, over the connection that you opened this page by.',
  ended: {
    room_ended: 'The host ended the room.',
    lost: 'The connection was lost. Check your network, then ask to come in again.',
    expired: 'You were away too long to come back without asking. Ask to come in again.',
    replaced: 'You are in the room in another tab of this browser now.',
    unreachable: 'The host’s computer does not answer. Check that you are on the same network, then try again.',
    no_guests: 'The room takes no guests now. Ask its host, then try again.',
    room_full: 'No more guests can come in from here now. Try again in a minute.',
  } as Readonly<Partial<Record<string, string>>>,
  settings: 'Sound, language and appearance',

  rule: 'Guests without the app',
  ruleText:
    'People without Earshot can come by their browser. They see this room and nothing else, and are marked as guests.',
  ask: 'Ask me for each guest',
  askText: 'A guest waits until you or a moderator lets them in. Nobody can tell who a guest really is.',

  invite: 'For people without the app',
  inviteText:
    'They open this in the browser of a phone or computer in your network. You are asked before anybody comes in.',
  inviteFree: 'They open this in the browser of a phone or computer in your network, and come in at once.',
  allow: 'Let guests come by their browser',
  allowText: 'Nobody without Earshot can join yet.',
  link: 'Address for the browser',
  copy: 'Copy address',
  qr: 'QR code of the address for browsers',
  warns: 'Their browser will warn once that it does not know this computer. Tell them beforehand:',
  steps: [
    'Chrome, Edge: “Advanced”, then “Proceed to …”.',
    'Firefox: “Advanced…”, then “Accept the Risk and Continue”.',
    'Safari: “Show Details”, then “visit this website”.',
  ],
  compare:
    'Whoever wants to be sure looks at the certificate in the warning first. Its SHA-256 fingerprint has to be this one:',
  trusted: 'Their browser knows your organisation’s certificate and does not warn.',
};
