/** What the doctor finds in the scenes, and an invite. */
import type { Examination, Finding, FindingAction, FindingCode, FindingLevel } from '../src/app/api';

export const sceneCode = 'EAR-4G0C-1Z8K-2N6P-X3QD-7VTM-H5RW';

/** The code of earshot://192.168.0.12:7788/q7xk2m4fzd?fp=BvJX0mHn3C2bG1q1i1v5s1gZz8YfQm0c0m3l5n7p9rs, a row a number. */
export const sceneQR = [
  '1fcf4e3b27f 105e87b6b41 1748bf0f05d 174acf9da5d 1750f70ea5d 104dc6a6641',
  '1fd5555557f 0000cd89f00 1548feedd12 1e8c6c0c8c1 10749d5597f 0a89cc98861',
  '076012fcb43 1c8ad2f6f86 085fd074f1b 09349a9adb3 1e5c5cb0ec9 010cec1d4c3',
  '0e551485929 008a7f2c16a 00c01717068 0b3a1d3d04b 1bf81994807 16869e9df28',
  '16744edee6b 08bfbcc4469 18404d50dbd 05834caebe3 0041dda38aa 08a0bfa3a8b',
  '15ee03c74af 0cadfdede4b 16704bca9f9 001da1f3919 1fc3795875d 104812d1d12',
  '175211405f8 174743d8c1c 175c08595bf 104617cbfb2 1fdaa2ccf1b',
].flatMap((rows) => rows.split(' ').map((row) => BigInt(`0x${row}`).toString(2).padStart(41, '0')));

const known: Partial<Record<FindingCode, [FindingLevel, FindingAction, Record<string, string>?]>> = {
  all_well: ['good', 'join_by_address'],
  no_network: ['problem', 'open_network'],
  only_virtual: ['problem', 'open_network', { interfaces: 'tun0, docker0' }],
  vpn_up: ['note', '', { interface: 'tun0' }],
  multicast_blocked: ['problem', 'open_firewall', { interface: 'en0' }],
  multicast_not_possible: ['problem', 'join_by_address', { interface: 'en0' }],
  nobody_heard: ['warning', 'join_by_address', { interface: 'Wi-Fi' }],
  apps_without_rooms: ['note', 'start_room', { count: '3' }],
  room_silent: ['warning', 'join_by_address', { address: '192.168.0.31:7788', port: '7788' }],
  unheard: ['problem', 'open_firewall', { name: '김지은' }],
  not_heard_by_others: ['warning', 'join_by_address', { name: 'Maya Lindqvist' }],
  tcp_blocked: ['problem', 'open_firewall', { port: '7788', by: '박서준' }],
  udp_blocked: ['warning', 'open_firewall', { port: '7788', by: '박서준' }],
  reachable: ['good', '', { port: '7788', by: '박서준' }],
  nobody_to_ask: ['note', ''],
  port_taken: ['note', '', { port: '7788' }],
  crowded: ['warning', 'join_by_address'],
  firewall_blocks: [
    'problem',
    'copy_command',
    { product: 'ufw', command: 'sudo ufw allow 7788 && sudo ufw allow 5353/udp' },
  ],
  firewall_on: ['warning', 'open_firewall', { product: 'Windows Defender Firewall' }],
  public_network: ['problem', 'open_network', { interface: 'Wi-Fi' }],
  local_network_denied: ['problem', 'open_local_network'],
  no_microphone: ['warning', 'open_sound'],
  no_speaker: ['warning', 'open_sound'],
  microphone_denied: ['problem', 'open_microphone'],
};

export function sceneExamination(codes: string): Examination {
  const wanted =
    codes === 'all' ? Object.keys(known) : codes === '' ? ['nobody_heard', 'nobody_to_ask'] : codes.split(',');
  const findings = wanted.map((code): Finding => {
    const [level, action, params] = known[code as FindingCode] ?? ['note', ''];
    return { code: code as FindingCode, level, action, params: params ?? {} };
  });
  const silent = wanted.includes('multicast_blocked');
  return {
    interfaces: [
      {
        name: 'en0', kind: 'ethernet', addresses: ['192.168.0.12/24', 'fe80::1c2d:3e4f:5a6b:7c8d/64'], up: true, used: true,
        multicast: silent ? 'silent' : 'works', apps: 3, rooms: 0,
      },
      { name: 'Wi-Fi', kind: 'wifi', addresses: ['10.20.7.133/22'], up: true, used: true, multicast: 'works', apps: 0, rooms: 0 },
      { name: 'tun0', kind: 'vpn', addresses: ['172.29.4.2/32'], up: true, used: false, multicast: 'unused', apps: 0, rooms: 0 },
      { name: 'docker0', kind: 'virtual', addresses: ['172.17.0.1/16'], up: false, used: false, multicast: 'unused', apps: 0, rooms: 0 },
    ],
    reach: { port: 7788, tcp: 'yes', udp: wanted.includes('udp_blocked') ? 'no' : 'unknown', by: wanted.includes('reachable') ? '박서준' : '' },
    sound: { microphone: 'yes', speaker: 'unknown' },
    findings,
  }; // prettier-ignore
}
