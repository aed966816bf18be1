/** What the doctor found, in English: what it is, why it matters, and the one thing to do. */
import type { Answer, FindingAction, FindingCode, FindingLevel, InterfaceKind, Multicast } from '../app/api';

/** What a finding may mention; "" where it does not. */
export interface FindingParams {
  interface: string;
  interfaces: string;
  address: string;
  port: string;
  name: string;
  by: string;
  count: string;
  product: string;
  command: string;
}

type Text = string | ((about: FindingParams) => string);

/** The three sentences of a finding. */
export interface FindingWords {
  what: Text;
  why: Text;
  next: Text;
}

const findings: Record<FindingCode, FindingWords> = {
  all_well: {
    what: 'Everything looks well on this computer.',
    why: 'Rooms on your network appear by themselves.',
    next: 'If a room is missing, it is on another network: ask its host for the invite.',
  },
  no_network: {
    what: 'This computer is not on a network.',
    why: 'Rooms are found and heard over Wi-Fi or a cable. The internet is not needed.',
    next: 'Connect to Wi-Fi or plug in a cable; rooms then appear by themselves.',
  },
  only_virtual: {
    what: ({ interfaces }) => `Only a VPN or a virtual network is connected (${interfaces}).`,
    why: 'It does not lead to the computers around you.',
    next: 'Connect to the Wi-Fi that the others use, or plug in a cable.',
  },
  vpn_up: {
    what: (about) => `A VPN is on (${about.interface}).`,
    why: 'It may carry away what is meant for your own network, and then rooms near you stay out of sight.',
    next: 'If a room is missing, turn the VPN off for a moment, or allow access to the local network in its settings.',
  },
  multicast_blocked: {
    what: (about) => `Earshot searches on ${about.interface}, but hears nothing back, not even itself.`,
    why: 'A firewall on this computer holds back mDNS (UDP port 5353), by which rooms are found.',
    next: 'Allow Earshot in the firewall of this computer. Until then, join by invite.',
  },
  multicast_not_possible: {
    what: (about) => `The system does not let Earshot search on ${about.interface}.`,
    why: 'Without a search, rooms do not appear by themselves.',
    next: 'Join by invite, or use another network.',
  },
  nobody_heard: {
    what: (about) => `${about.interface} works, but no other Earshot is heard on it.`,
    why: 'Nobody else may have it open. Or the network keeps computers apart, as guest Wi-Fi does, or the others are on another network.',
    next: 'Check that you are on the same network as the host. If you are, ask for the invite.',
  },
  apps_without_rooms: {
    what: ({ count }) =>
      count === '1'
        ? 'One other computer has Earshot open, and nobody has started a room.'
        : `${count} other computers have Earshot open, and nobody has started a room.`,
    why: 'Everything works; there is only nothing to join yet.',
    next: 'Start a room: they see it at once.',
  },
  room_silent: {
    what: ({ address }) => `A room is announced at ${address}, but does not answer.`,
    why: 'Most likely the firewall of that computer keeps others out.',
    next: ({ port }) => `Ask its host to allow Earshot in their firewall (TCP and UDP port ${port}).`,
  },
  unheard: {
    what: ({ name }) => `${name} can see you, but you cannot see ${name}.`,
    why: 'Your search goes out, and the answers are held back on their way in: by the firewall of this computer.',
    next: 'Allow Earshot in the firewall of this computer.',
  },
  not_heard_by_others: {
    what: ({ name }) => `${name} answers when asked directly, but does not hear your search.`,
    why: 'The network between you does not pass on the search (multicast), so rooms stay out of sight.',
    next: 'Use invites, or ask whoever runs the network to allow mDNS between its computers.',
  },
  tcp_blocked: {
    what: ({ by, port }) => `${by} does not get through to this computer (TCP port ${port}).`,
    why: 'Nobody could join a room that you start.',
    next: 'Allow Earshot in the firewall of this computer.',
  },
  udp_blocked: {
    what: ({ by, port }) => `Voices from ${by} do not get through to this computer (UDP port ${port}).`,
    why: 'In a room that you start, they take the slower way over TCP and may arrive late.',
    next: 'Allow Earshot in the firewall of this computer, for UDP as well.',
  },
  reachable: {
    what: ({ by, port }) => `${by} got through to this computer (port ${port}).`,
    why: 'Others can join the rooms that you start.',
    next: 'There is nothing to do.',
  },
  nobody_to_ask: {
    what: 'Nobody was there to try whether others get through to this computer.',
    why: 'Trying it takes another computer with Earshot open on this network.',
    next: 'Open Earshot on a second computer, then check again.',
  },
  port_taken: {
    what: ({ port }) => `Another program uses port ${port}.`,
    why: 'A room of yours takes another port, to which a firewall may not let others through.',
    next: 'Quit the other program, or allow Earshot itself in the firewall instead of one port.',
  },
  crowded: {
    what: 'More rooms are announced than can be shown.',
    why: 'Somebody may be flooding this network with rooms that do not exist.',
    next: 'Join by invite, and tell whoever runs the network.',
  },
  firewall_blocks: {
    what: ({ product }) => `${product} keeps other computers out.`,
    why: 'Then rooms here may not be found, and nobody could join yours.',
    next: ({ command }) =>
      command === '' ? 'Allow Earshot in it.' : 'Run this command in a terminal; it asks for your password:',
  },
  firewall_on: {
    what: ({ product }) => `${product} is on.`,
    why: 'Earshot could not find out whether it lets other computers in.',
    next: 'If others cannot join your room, allow Earshot in it.',
  },
  public_network: {
    what: (about) => `Windows takes ${about.interface} for a public network.`,
    why: 'There it hides this computer from the others, so rooms are not found and yours cannot be joined.',
    next: 'If you trust this network, make it a private one in the network settings.',
  },
  local_network_denied: {
    what: 'macOS does not let Earshot onto the local network.',
    why: 'Without that permission no room is found, and nobody can join yours.',
    next: 'Turn Earshot on in System Settings, under Privacy & Security, Local Network.',
  },
  no_microphone: {
    what: 'No microphone is connected.',
    why: 'You hear everybody, but nobody hears you.',
    next: 'Plug in a microphone or headset; it is used at once.',
  },
  no_speaker: {
    what: 'No speaker and no headphones are connected.',
    why: 'Everybody hears you, but you hear nobody.',
    next: 'Plug in headphones or a speaker.',
  },
  microphone_denied: {
    what: 'Earshot may not use the microphone.',
    why: 'You hear everybody, but nobody hears you.',
    next: 'Allow the microphone for Earshot, in the browser’s address bar or the system’s privacy settings.',
  },
};

const levels: Record<FindingLevel, string> = {
  problem: 'Problem',
  warning: 'Possible problem',
  note: 'Good to know',
  good: 'All right',
};

const actions: Record<Exclude<FindingAction, ''>, string> = {
  copy_command: 'Copy command',
  open_firewall: 'Open firewall settings',
  allow_in_firewall: 'Allow Earshot',
  open_network: 'Open network settings',
  open_local_network: 'Open privacy settings',
  open_microphone: 'Open microphone settings',
  open_sound: 'Open sound settings',
  join_by_address: 'Join by invite',
  start_room: 'Start room',
};

const kinds: Record<InterfaceKind, string> = {
  ethernet: 'Cable',
  wifi: 'Wi-Fi',
  vpn: 'VPN',
  virtual: 'Virtual network',
  loopback: 'This computer only',
};

const multicast: Record<Multicast, string> = {
  works: 'Search works',
  silent: 'Search hears nothing back',
  not_sent: 'Search is not allowed',
  unused: 'Not used',
};

const reach: Record<Answer, string> = {
  yes: 'Others get through',
  no: 'Others do not get through',
  unknown: 'Not tried',
};

const sound: Record<Answer, string> = { yes: 'Connected', no: 'None', unknown: 'Not known' };

export const doctor = {
  title: 'Network check',
  open: 'Check the network',
  missing: 'Is a room missing?',
  checking: 'Looking at your networks, firewall and sound…',
  failed: 'The check could not be finished. Try again in a moment.',
  again: 'Check again',
  copyReport: 'Copy report',
  reportCopied: 'Report copied',
  notCopied: 'Copying was not allowed. Select the text and copy it by hand:',
  commandCopied: 'Command copied',
  notOpened: 'That cannot be opened from here. Open it in the settings of your system.',
  more: 'More',
  findings,
  unknownFinding: {
    what: (code: string) => `Something else was found (${code}).`,
    why: 'This page is older than the app and does not know the words for it.',
    next: 'Restart Earshot.',
  },
  levels,
  actions,
  networks: 'Networks',
  noNetworks: 'None',
  kinds,
  multicast,
  down: 'Not connected',
  apps: (count: number) => (count === 1 ? '1 other Earshot' : `${count} other Earshots`),
  rooms: (count: number) => (count === 1 ? '1 room' : `${count} rooms`),
  reachTitle: 'Getting through to this computer',
  port: (port: number) => `Port ${port}`,
  by: (name: string) => `Tried by ${name}`,
  reach,
  soundTitle: 'Sound',
  microphone: 'Microphone',
  speaker: 'Speaker',
  sound,
  somebody: 'another computer',
};
