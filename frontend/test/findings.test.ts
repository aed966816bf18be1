import { describe, expect, it } from 'vitest';
import type { Examination, Finding } from '../src/app/api';
import { en } from '../src/i18n/en';
import { ko } from '../src/i18n/ko';
import { byUse, reportOf, textsOf } from '../src/ui/findings';

const examination: Examination = {
  interfaces: [
    { name: 'lo', kind: 'loopback', addresses: ['127.0.0.1/8'], up: true, used: false, multicast: 'unused', apps: 0, rooms: 0 },
    { name: 'docker0', kind: 'virtual', addresses: [], up: false, used: false, multicast: 'unused', apps: 0, rooms: 0 },
    { name: 'tun0', kind: 'vpn', addresses: ['10.8.0.2/32'], up: true, used: false, multicast: 'unused', apps: 0, rooms: 0 },
    { name: 'eth0', kind: 'ethernet', addresses: ['10.0.0.5/24', '203.0.113.9/29', 'fe80::1234/64', '2001:db8::77/64'], up: true, used: true, multicast: 'silent', apps: 1, rooms: 2 },
  ],
  reach: { port: 7788, tcp: 'no', udp: 'unknown', by: 'Kim Secret' },
  sound: { microphone: 'yes', speaker: 'unknown' },
  findings: [
    { code: 'tcp_blocked', level: 'problem', params: { port: '7788', by: 'Kim Secret' } },
    { code: 'room_silent', level: 'warning', params: { address: '10.0.0.77:7788', port: '7788' } },
    { code: 'firewall_blocks', level: 'problem', params: { product: 'ufw', command: 'sudo ufw allow 7788' } },
  ],
}; // prettier-ignore

describe('a finding', () => {
  it('is told with what it is about', () => {
    const texts = textsOf(en, { code: 'unheard', level: 'problem', params: { name: 'Kim' } });
    expect(texts.what).toBe('Kim can see you, but you cannot see Kim.');
    expect(textsOf(en, { code: 'apps_without_rooms', level: 'note', params: { count: '1' } }).what).toContain(
      'One other',
    );
  });

  it('of a newer app has words all the same', () => {
    const unknown = { code: 'toString', level: 'note' } as unknown as Finding;
    for (const t of [en, ko]) expect(textsOf(t, unknown).what).toContain('toString');
  });
});

it('lists the networks in use first, and loopback never', () => {
  expect(byUse(examination.interfaces).map(({ name }) => name)).toEqual(['eth0', 'tun0', 'docker0']);
});

describe('the report', () => {
  const text = reportOf(en, examination, new Date(0), 'Browser 1');
  it('has what a colleague needs', () => {
    for (const part of [
      '1970-01-01 00:00 UTC',
      'Browser 1',
      'tcp_blocked',
      'sudo ufw allow 7788',
      '10.0.0.0/24, */29, fe80::/64, 2000::/64',
      '7788',
    ])
      expect(text).toContain(part);
  });
  it('names nobody, nor an address, of others or of this computer', () => {
    expect(text).not.toMatch(/Kim|Secret|10\.0\.0\.(77|5)|203\.0|1234|db8|10\.8\.0\.2/);
  });
});
