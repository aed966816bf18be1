/** What the doctor finds out (app/doctor). */

/** What an interface most likely is (internal/lan). */
export type InterfaceKind = 'ethernet' | 'wifi' | 'vpn' | 'virtual' | 'loopback';

/** How multicast, by which rooms are found, fares on an interface. "silent": not even our own came back. */
export type Multicast = 'works' | 'silent' | 'not_sent' | 'unused';

/** One network interface, as the doctor saw it. */
export interface InterfaceCheck {
  name: string;
  kind: InterfaceKind;
  /** IP/BITS */
  addresses: string[];
  up: boolean;
  /** Rooms are looked for on it. */
  used: boolean;
  multicast: Multicast;
  /** Other computers with Earshot heard on it lately. */
  apps: number;
  rooms: number;
}

export type Answer = 'yes' | 'no' | 'unknown';

/** Whether other computers get through to a room on this one, proved by another app that dialled back. */
export interface Reach {
  port: number;
  tcp: Answer;
  udp: Answer;
  /** Who dialled back; "" when nobody could be asked. */
  by: string;
}

/** Whether there is something to speak into and something to hear from. */
export interface SoundCheck {
  microphone: Answer;
  speaker: Answer;
}

export type FindingLevel = 'problem' | 'warning' | 'note' | 'good';

/** Codes of findings (app/doctor/report.go). */
export type FindingCode =
  | 'all_well'
  | 'no_network'
  | 'only_virtual'
  | 'vpn_up'
  | 'multicast_blocked'
  | 'multicast_not_possible'
  | 'nobody_heard'
  | 'apps_without_rooms'
  | 'room_silent'
  | 'unheard'
  | 'not_heard_by_others'
  | 'tcp_blocked'
  | 'udp_blocked'
  | 'reachable'
  | 'nobody_to_ask'
  | 'port_taken'
  | 'crowded'
  | 'firewall_blocks'
  | 'firewall_on'
  | 'public_network'
  | 'local_network_denied'
  | 'no_microphone'
  | 'no_speaker'
  | 'microphone_denied';

/** What Act does for the user; the page does copy_command, join_by_address and start_room itself. */
export type FindingAction =
  | ''
  | 'copy_command'
  | 'open_firewall'
  | 'allow_in_firewall'
  | 'open_network'
  | 'open_local_network'
  | 'open_microphone'
  | 'open_sound'
  | 'join_by_address'
  | 'start_room';

/** One thing that the doctor found. A newer app may send a code that is not listed. */
export interface Finding {
  code: FindingCode;
  level: FindingLevel;
  params?: Record<string, string>;
  action?: FindingAction;
}

/** What the doctor found out about this computer and its networks (app/doctor: Report). */
export interface Examination {
  interfaces: InterfaceCheck[];
  reach: Reach;
  sound: SoundCheck;
  /** Never empty; the likeliest reason that no room is found comes first. */
  findings: Finding[];
}
