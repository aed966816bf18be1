/**
 * Every word a user reads, in English. The type of this object is what every other language must match.
 *
 * Tone: short, plain, never blaming, always the next step.
 */
import type { Code } from '../app/api';
import { doctor } from './doctor.en';
import { files } from './files.en';
import { guests } from './guests.en';
import { recording } from './recording.en';
import { desktop } from './desktop.en';
import { sound } from './sound.en';
import { trust } from './trust.en';
import { people } from './people.en';

/** What a sentence about a problem may mention. room is "" when the problem is about none. */
export interface About {
  room: string;
  detail: string;
  /** Name of the person who did it, and the reason they gave; absent where nobody did, or gave none. */
  by?: string | undefined;
  reason?: string | undefined;
}

const who = ({ by }: About) => by ?? 'The host';
const because = ({ reason }: About) => (reason === undefined ? '' : ` “${reason}”`);

const problems: Record<Code, string | ((about: About) => string)> = {
  bad_message: 'The other computer did not understand this app. Update Earshot on both and try again.',
  too_large: 'That was more than the room accepts. Shorten it and try again.',
  unsupported: 'The room does not know this feature yet. Ask the host to update Earshot.',
  unsupported_version: 'The room runs another version of Earshot. Update both to the newest version, then join again.',
  bad_name: 'That name cannot be used. Choose one with letters or numbers, up to about 60 characters.',
  bad_offer: 'The room could not set up sound with this app. Update Earshot or your browser and join again.',
  bad_text: 'That message is empty or too long. Up to about 4,000 letters can be sent at once.',
  bad_quality: 'The room does not take that voice quality. Choose another one in the settings.',
  not_joined: 'You are not in the room any more. Join it again.',
  already_joined: 'You are already in this room. Leave it first, then join again.',
  rate_limited: 'That was a lot at once. Wait a few seconds and try again.',
  room_full: 'The room is full. Try again when somebody has left, or start a room of your own.',
  expired: 'You were away too long to be let back in by itself. Join the room again.',
  slow: 'This computer could not keep up with the room. Close what slows it down, then join again.',
  replaced: 'You came back through another connection, so this one was closed. Nothing to do.',
  left: 'You left the room.',
  room_ended: 'The host ended the room. Start one yourself to go on talking.',
  internal: 'Something went wrong inside Earshot. Try again; if it happens again, restart the app.',
  forbidden: 'Only the host or a moderator can do that. Ask one of them.',
  nobody: 'That person is not here any more. Nothing to do.',
  already_so: 'Somebody did that already. Nothing to do.',
  no_key: 'That person is a guest, who cannot be recognised again. You can remove them.',
  list_full: 'The list is full. Take somebody off it first.',
  bad_reason: 'That reason is too long. One short sentence is enough.',
  removed: (about) => `${who(about)} removed you from this room.${because(about)} If that was a mistake, talk to them.`,
  banned: (about) => `${who(about)} banned you from this room.${because(about)} Only the host can let you in again.`,
  locked: 'This room is locked: nobody new can enter now. Ask somebody inside to unlock it.',
  refused: (about) =>
    about.by === undefined
      ? 'You were not let in. You can ask again in half a minute.'
      : `${who(about)} did not let you in.${because(about)} You can ask again in half a minute.`,
  unanswered: 'Nobody answered, so the host may be away. Try again later.',
  knocks_full: 'Many people are waiting to come in. Try again in a minute.',
  no_guests: 'This room takes no guests. Open it in Earshot on your own computer.',
  no_recording: 'Recording is off in this room. The host can allow it in the room’s settings.',
  recordings_full: 'As many people record as this room allows. Ask one of them for the recording.',
  bad_folder: 'Nothing can be written to that folder. Choose another one in the settings.',
  file_too_large: 'That file is too large. Files of up to 1 GB can be sent; put it on a file server instead.',
  bad_file_name: 'That file has a name that nobody could save. Rename it, then send it again.',
  files_full: 'Four of your files wait already. Send this one when one of them has arrived.',
  disk_full: 'The disk is full. Make room, then try again.',
  damaged: 'What arrived is not what was sent, so it was thrown away. Ask for it again.',
  file_unreadable: 'That file cannot be read. Folders cannot be sent; pack them into one file first.',
  recording_saved: ({ detail }) => `Your recording is saved. It is in ${detail}.`,
  recording_forbidden: ({ detail }) =>
    `The host switched recording off, so yours stopped. What you have is in ${detail}.`,
  recording_disk_full: ({ detail }) =>
    `The recording stopped because the disk is full. The call goes on. Make room, then record again. What you have is in ${detail}.`,
  recording_failed: ({ detail }) =>
    `The recording stopped because it could not be written. The call goes on. Check the folder, then record again. What you have is in ${detail}.`,
  recording_cut: ({ detail }) => `The recording ended with the room. What you have is in ${detail}.`,
  ask_first: 'You were away too long for your place to be kept. Join the room again; somebody inside will let you in.',
  unreachable:
    'The room does not answer. Check that you are on the same network as the host, and that the host’s firewall allows Earshot.',
  fingerprint_mismatch:
    'Somebody else answers in place of the computer this room was on. Ask the host for a new invite before you join.',
  lost: 'The connection was lost. Check your network, then join again.',
  bad_address: 'That is neither an invite nor an address. Paste an invite, or type an address like 192.168.0.10:7788.',
  not_found: 'There is no such room any more. Choose one from the list, or ask for a new invite.',
  ambiguous: 'Several rooms have that name. Choose one from the list.',
  ports_taken: 'Every port that Earshot can use is taken. Quit another program that hosts something, then try again.',
  no_browser: 'No browser was found to open the room in. Install Chromium, Chrome, Edge or Firefox and try again.',
  not_in_room: 'You are not in a room. Join one first.',
  pin_needed: 'This room has a PIN. Ask the host for it.',
  wrong_pin:
    'That is not the PIN of this room. Check it with the host. If it is right, somebody may be posing as the room.',
  pin_later: 'There were too many wrong PINs from here. Wait half a minute and try again.',
  no_pin:
    'This room has no PIN, so it cannot prove that it is the one you mean. Join without one only if you trust it.',
  bad_pin: 'This PIN is too short. Choose one of four characters or more.',
  wrong_pin_tried: ({ detail }) =>
    `Somebody tried a wrong PIN at your room (${detail}). If it was none of yours, choose a longer PIN next time.`,
  settings_broken:
    'Your settings could not be read, so Earshot starts with fresh ones. Check your name; the old file was kept.',
  settings_mended: ({ detail }) =>
    `Some of your settings could not be read and are as in a new installation. The old file was kept. (${detail})`,
  login_unset:
    'Earshot could not be told to start when you log in, or not to. Check that you may write to your own folders.',
  bans_broken:
    'The list of people banned from your rooms could not be read, so nobody is banned now. The old file was kept.',
  settings_unsaved: 'Your settings could not be saved. Check that your disk is not full and that you may write to it.',
  host_changed:
    'Another key answers where a room that you know was. Ask the host for their code before you join, or for a new invite.',
  known_broken:
    'Some of the hosts you know could not be read, so a changed key may go unnoticed. The file was kept; compare codes again.',
  known_unsaved:
    'This host could not be remembered, so a changed key will go unnoticed. Check that your disk is not full and that you may write to it.',
};

export const en = {
  language: 'English',
  appName: 'Earshot',
  problems,
  unknownProblem: (code: string) => `Something unexpected happened (${code}). Try again, or update Earshot.`,
  aboutRoom: (room: string) => `Room “${room}”`,
  dismiss: 'Dismiss',
  cancel: 'Cancel',
  close: 'Close',

  gone: {
    title: 'Earshot stopped',
    next: 'Start it again to go on. This page can be closed.',
  },
  noToken: {
    title: 'This page needs its own link',
    next: 'Open Earshot, or run “earshot web” and use the link it prints.',
  },
  loading: 'Opening Earshot…',

  lobby: {
    title: 'Rooms around you',
    yourName: 'Your name',
    editName: 'Change your name',
    settings: 'Settings',
    start: 'Start room',
    starting: 'Starting…',
    roomName: 'Name of the room',
    defaultRoom: (name: string) => `${name}’s room`,
    count: (rooms: number) => (rooms === 1 ? '1 room' : `${rooms} rooms`),
    joinRoom: (room: string) => `Join “${room}”`,
    join: 'Join',
    joining: 'Joining…',
    hostedBy: (host: string) => `Hosted by ${host}`,
    nobodyInside: 'Nobody inside yet',
    inside: (people: number) => (people === 1 ? '1 person inside' : `${people} people inside`),
    full: 'Full',
    yours: 'Yours',
    endYours: 'End room',
    needsPin: 'Needs a PIN',
    lock: 'Ask for a PIN',
    lockText: 'Whoever enters has to know it.',
    pinHint: '4 characters or more',
    path: {
      good: (ms: string) => `Very good connection, ${ms} ms`,
      fair: (ms: string) => `Good connection, ${ms} ms`,
      poor: (ms: string) => `Slow connection, ${ms} ms`,
    },
    byAddress: 'Have an invite or an address?',
    address: 'Invite or address',
    addressExample: 'earshot://…',
    addressHelp: 'A link, a short text, a whole chat message with one of them, or an address like 192.168.0.10:7788.',
    find: 'Find a room or a person',
    found: (rooms: number, of: number) => `${rooms} of ${of} rooms`,
    notFound: 'No room, host or person goes by that.',
    crowded:
      'More rooms are being advertised than can be shown; somebody may be flooding this network. If yours is missing, join it by invite.',
  },

  pin: {
    title: (room: string) => `PIN of “${room}”`,
    label: 'PIN',
    text: 'The host knows it. It is never sent over the network.',
    join: 'Join',
    cancel: 'Cancel',
    yours: (pin: string) => `Its PIN: ${pin}`,
  },

  empty: {
    title: 'It is quiet around here',
    invitation: 'Start the first room. Everybody on your network sees it at once and can walk in.',
    listening: (interfaces: string) => `Listening on ${interfaces}`,
    searching: 'Looking at your network…',
    whyTitle: 'Expecting a room that is not here?',
    why: {
      no_multicast:
        'This network or a firewall keeps computers from finding each other. Ask the host for the invite and paste it into the invite field.',
      nothing:
        'The host may be on another Wi-Fi or a guest network, or a firewall may hide the room. Ask for the invite and paste it into the invite field.',
    },
  },

  room: {
    people: (count: number) => (count === 1 ? '1 person' : `${count} people`),
    alone: 'Nobody else is here yet',
    aloneNext: 'People on your network see this room in their Earshot. Send the invite to anybody who does not.',
    leave: 'Leave',
    controls: 'My microphone, my ears and the room',
    more: 'More',
    menu: 'Menu',
    you: 'You',
    host: 'Host',
    muted: 'Muted',
    listener: 'Only listening',
    reconnecting: 'Reconnecting…',
    stage: 'Speaking now',
    nobodySpeaks: 'Nobody is speaking',
    everybody: 'Everybody in the room',
    joined: (names: string[]) => (names.length > 3 ? `${names.length} people joined` : `${list(names)} joined`),
    left: (names: string[]) => (names.length > 3 ? `${names.length} people left` : `${list(names)} left`),
  },

  chat: {
    title: 'Chat',
    unread: (count: number) => (count === 1 ? '1 new message' : `${count} new messages`),
    empty: 'Nothing written yet',
    emptyNext: 'Everybody in the room can read it, also those who come later, until the room ends.',
    label: (room: string) => `Message to “${room}”`,
    placeholder: 'Message to everybody',
    send: 'Send',
    sending: 'On its way…',
    refused: 'Not sent.',
    again: 'Send again',
    takeBack: 'Edit',
    newest: 'To the newest',
    tooLong: (over: number) => `${over} letters too long`,
    opens: (address: string) => `${address} (opens in your browser)`,
  },

  invite: {
    button: 'Invite',
    title: (room: string) => `Invite to “${room}”`,
    link: 'Link',
    copyLink: 'Copy link',
    copied: 'Copied',
    copiedLink: 'The link is copied. Paste it into a message.',
    notCopied: 'Copying was not allowed. Select the text and copy it by hand.',
    code: 'Short text, to read aloud or type',
    copyCode: 'Copy short text',
    qr: 'QR code of the link',
    copyMessage: 'Copy message',
    message: (room: string, link: string, code: string) =>
      `Join “${room}” in Earshot:\n${link}${code ? `\n\nOr type this into Earshot: ${code}` : ''}`,
    hint: 'Works wherever this computer can be reached, also from another network.',
    open: 'Whoever has it can join.',
    withPin: (pin: string) =>
      pin === ''
        ? 'Whoever joins needs the PIN too.'
        : `Whoever joins needs the PIN too, which is in none of these: ${pin}`,
    failed: 'The invite could not be made. Close this and try again.',
    switchTitle: (room: string) => `Join “${room}”?`,
    switchText: (from: string, to: string) => `You are in “${from}”. Leave it and join “${to}”?`,
    switchHosting: 'Your room stays open for the others while Earshot runs.',
    switch: 'Leave and join',
    stay: (room: string) => `Stay in “${room}”`,
  },

  doctor,
  sound,
  trust,
  recording,
  people,
  desktop,
  files,
  guests,

  microphone: {
    on: 'Microphone on',
    muted: 'Muted',
    asking: 'Waiting for the microphone…',
    none: 'Only listening',
    mute: 'Mute the microphone (M)',
    unmute: 'Turn the microphone on (M)',
    retry: 'Try the microphone again',
    hint: {
      asking: 'You can already hear the room. Allow the microphone when you are asked, and they can hear you too.',
      refused: 'You can hear everybody. To talk, the microphone has to be allowed.',
      missing: 'You can hear everybody. To talk, plug in a microphone or headset; it is used at once.',
      broken: 'You can hear everybody. To talk, close other programs that use the microphone, then try again.',
      nothing:
        'No microphone answers. Plug one in, then try again. If you hear nobody either, this computer’s sound system (PipeWire or PulseAudio) is not running.',
      soundless:
        'No sound comes or goes: this computer’s sound system does not answer. Start PipeWire or PulseAudio, and the sound comes back by itself; or open the room in a browser.',
    },
  },

  status: {
    reconnecting: 'The connection to the room broke. Coming back by itself…',
    interrupted: 'The sound is interrupted. Finding the way back…',
    connecting: 'Connecting the sound…',
    poor: 'Your connection is poor, so words may get lost. Move closer to the Wi-Fi access point, or plug in a cable.',
    failed: 'No sound gets through yet. Still trying; if it lasts, check the firewall on the host’s computer.',
  },
  soundBlocked: 'Click to hear the room',

  link: {
    title: 'Connections',
    words: { good: 'Good', fair: 'Fair', poor: 'Poor', lost: 'No connection' },
    measuring: 'Measuring…',
    person: 'Person',
    roundTrip: 'Round trip',
    lost: 'Lost on the way',
    up: 'To the room',
    down: 'From the room',
    jitter: 'Jitter',
    concealed: 'Filled in',
    legend:
      'What gets lost on the way to the room (↑) and back (↓) is sent again; what does not come in time is filled in by guessing. Up to 1 % filled in goes unnoticed, 5 % is an effort to listen to.',
    summary: (figures: { roundTrip: string; up: string; down: string; jitter: string; concealed: string }) =>
      `Round trip ${figures.roundTrip}, lost ↑ ${figures.up} ↓ ${figures.down}, jitter ${figures.jitter}, filled in ${figures.concealed}`,
  },

  quality: {
    title: 'Your voice',
    voice: 'Voice quality',
    voices: { 16000: 'Sparing', 32000: 'Normal', 64000: 'Fine', 96000: 'Finest' },
    costs: (kilobits: number, megabytes: string) =>
      `${kilobits} kbit/s: about ${megabytes} MB for each minute that you speak.`,
    music: 'Music',
    musicText:
      'Sends instruments and recordings as they are, in stereo. Echo and noise are no longer taken out, so wear headphones.',
    musicInstead: '128 kbit/s while Music is on: about 1.2 MB a minute, also while it is quiet.',
    lowDelay: 'Low delay',
    lowDelayText: 'The others hear you about 10 ms sooner, for twice as many packets and about half more traffic.',
  },

  moderation: {
    open: 'Room settings',
    title: 'Room settings',
    lock: 'Lock the room',
    lockText: 'Nobody new can enter. Whoever is inside stays, and may come back.',
    knock: 'Ask before entering',
    knockText: 'Whoever is new waits until you or a moderator lets them in.',
    noGuests: 'No guests',
    noGuestsText: 'Only people with an Earshot of their own can enter, who can be recognised again.',
    noRecording: 'No recording',
    noRecordingText: 'Earshot does not record in this room. Other programs can, as anywhere.',
    moderators: 'Moderators',
    noModerators: 'Nobody yet. Choose “Make moderator” in the menu of a person.',
    bans: 'Banned',
    noBans: 'Nobody is banned from your rooms.',
    unban: 'Unban',
    dismissModerator: 'Dismiss',
    bannedBy: (by: string) => `by ${by}`,
    end: 'End the room for everybody',
    endTitle: 'End the room for everybody?',
    endText: 'Everybody leaves, and the room closes.',
    menu: (name: string) => `What you can do with ${name}`,
    deeds: {
      mute: 'Mute for everybody',
      unmute: 'Let them speak again',
      lower: 'Lower hand',
      appoint: 'Make moderator',
      dismiss: 'Dismiss as moderator',
      remove: 'Remove…',
      ban: 'Ban…',
    },
    removeTitle: (name: string) => `Remove ${name}?`,
    removeText: 'They leave the room now. They can come back unless the room is locked.',
    removeDo: 'Remove',
    banTitle: (name: string) => `Ban ${name}?`,
    banText: 'They leave the room now and cannot enter your rooms until you unban them.',
    banDo: 'Ban',
    reason: 'Reason (they will read it)',
    asks: (name: string) => `${name} asks to come in`,
    waiting: 'People who wait to come in',
    admit: 'Let in',
    admitName: (name: string) => `Let in ${name}`,
    refuse: 'Refuse',
    refuseName: (name: string) => `Refuse ${name}`,
    moderator: 'Moderator',
    silenced: 'Muted by the host',
    recording: 'Recording',
    youAre: (by: string) => `${by} muted you for everybody.`,
    youAreNext: 'Only the host or a moderator can lift it.',
    askTitle: 'Asking to come in…',
    askText: 'Somebody inside has to let you in. Nobody hears you until then.',
    askStop: 'Stop asking',
    ask: 'Ask to join',
    locked: 'Locked',
  },

  leaving: {
    title: 'This room is on your computer',
    text: 'If you leave it open, the others go on talking while Earshot runs. If you end it, everybody leaves.',
    keep: 'Leave and keep it open',
    end: 'End the room for everybody',
  },

  instead: {
    text: 'No sound in this window? It needs PipeWire or PulseAudio.',
    open: 'Open the room in a browser',
  },
  elsewhere: {
    title: (room: string) => `“${room}” is open in another window`,
    text: 'You are talking there. To talk from here instead, move the room over.',
    move: 'Move it here',
    moving: 'Moving…',
  },
  outside: {
    title: (browser: string) => (browser === '' ? 'The room opened in your browser' : `The room opened in ${browser}`),
    text: 'This window carries no sound on this computer, so you talk there.',
    hosting: 'Keep this window open too: it runs your room for everybody.',
    again: 'Open it again',
    back: 'Back to the rooms',
  },

  settings: {
    title: 'Settings',
    language: 'Language',
    look: 'Language and appearance',
    theme: 'Appearance',
    system: 'Same as the system',
    light: 'Light',
    dark: 'Dark',
    about: 'About',
    aboutText: 'Earshot is free software under the MIT licence.',
    licences: 'Licences',
    network: 'Network',
    openInBrowser: 'Open rooms in the browser',
    openInBrowserText: 'For when talking in this window makes trouble. It takes effect when Earshot is started again.',
    passOn: 'Pass on rooms between networks',
    passOnText:
      'When this computer is on two networks, people on either one see the rooms of the other. Only who is hosting what is passed on, never voices.',
  },
};

function list(names: string[]): string {
  return new Intl.ListFormat('en', { type: 'conjunction' }).format(names);
}

export type Messages = typeof en;
