// A bad network cable: between a computer and the switch of its office sits test/impair, which loses, delays, doubles,
// reorders and throttles the UDP packets that pass (all but mDNS) and leaves everything else alone.
import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import { Program } from './program.js';

const binary = resolve(process.env.EARSHOT_IMPAIR ?? '../build/bin/impair');
const ip = (...args) => execFileSync('ip', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

export class Cable {
  #program;
  #ready;
  #turn = Promise.resolve();

  /**
   * Joins the two interfaces of this machine, the computer's and a new one on the switch. `only` is udp or all; the same
   * `seed` loses the same packets.
   */
  constructor(office, name, end, { only = 'udp', seed = 1 } = {}) {
    const [lan, port] = [`lan-${name}`, `port-${name}`];
    ip('link', 'add', 'name', lan, 'type', 'veth', 'peer', 'name', port);
    ip('link', 'set', port, 'master', 'lan', 'up');
    // The ends belong to the cable alone: no address, not even a link-local one.
    for (const link of [end, lan]) ip('link', 'set', link, 'addrgenmode', 'none', 'up');
    this.lan = lan;
    this.#program = new Program(
      `${name}: the cable`,
      binary,
      ['--computer', end, '--lan', lan, '--only', only, '--seed', String(seed)],
      { input: true },
    );
    office.programs.push(this.#program);
    this.#ready = this.#program.event('the cable is ready', (event) => event.event === 'ready');
    this.#ready.catch(() => undefined); // told to whoever uses it
  }

  /**
   * Sets how bad it is, each way by itself: `{ up, down }` of conditions as test/impair/line describes them, `both` for the
   * same each way; {} is a good cable, a direction that is not named stays as it is. Holds for packets that come after it
   * has resolved. Resolves with the counters, `{ up, down }`.
   */
  async set({ both, up = both, down = both }) {
    return this.#ask({ up, down });
  }

  /** The counters since the cable was plugged in: entered, passed, dropped, overflowed, duplicated, reordered, delayed... */
  async counters() {
    return this.#ask({});
  }

  /** One question at a time: answers carry no number. */
  #ask(wish) {
    const answer = this.#turn.then(async () => {
      await this.#ready;
      const asked = this.#program.events.length;
      this.#program.say(JSON.stringify(wish));
      const { error, up, down } = await this.#program.event(
        'the cable obeys',
        (event) => event.event === 'set' && this.#program.events.indexOf(event) >= asked,
      );
      if (error) throw new Error(`the cable refused ${JSON.stringify(wish)}: ${error}`);
      return { up, down };
    });
    this.#turn = answer.catch(() => undefined);
    return answer;
  }

  async unplug() {
    await this.#program.stop();
    ip('link', 'del', this.lan);
  }
}
