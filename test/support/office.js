// An office in a box: computers with their own addresses on one LAN, all inside this machine.
// Each computer is a network namespace with a cable (veth) to one switch (a bridge). scripts/private-network gives the
// test a network of its own to build them in.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Cable } from './cable.js';
import { Program } from './program.js';

/** The reason why tests that need several computers cannot run here, or false. For node's `skip`. */
export const needsRoot = process.env.EARSHOT_TEST_NETWORK === 'private' ? false : 'skipped: needs root';

/** How the pages of `earshot web` carry their voices, unless a test says otherwise: webrtc, or loopback as the window on Linux. */
export const transport = process.env.EARSHOT_TEST_VOICE ?? 'webrtc';

const binary = resolve(process.env.EARSHOT_BIN ?? '../build/bin/earshot-race');
const run = (command, ...args) => execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

/** Opens an office that closes when the test `t` ends: every program it started is ended and checked for races. */
export function openOffice(t) {
  const office = new Office();
  t.after(() => office.close());
  return office;
}

export class Office {
  folder = mkdtempSync(join(tmpdir(), 'earshot-test-'));
  programs = [];
  /** The computer the test itself runs on; it is on the LAN too. */
  here;
  /** The network that computers are on unless another is named. */
  lan;
  #computers = [];
  #networks = [];
  #closing = [];

  constructor() {
    this.here = new Computer(this, 'here', needsRoot ? '127.0.0.1' : '10.77.0.1', undefined);
    if (needsRoot) return;
    this.lan = this.network('lan', '10.77.0');
    run('ip', 'route', 'add', 'default', 'dev', 'lan'); // Firefox offers the address of the way out only
  }

  /**
   * Sets up another network with a switch of its own, `subnet` being the first three numbers of its addresses. This machine
   * is on it (`.1`) and routes between the networks once `route` was called; multicast never leaves one.
   */
  network(name, subnet) {
    run('ip', 'link', 'add', 'name', name, 'type', 'bridge', 'mcast_snooping', '0');
    run('ip', 'addr', 'add', `${subnet}.1/24`, 'dev', name);
    run('ip', 'link', 'set', name, 'up');
    const network = { name, subnet };
    this.#networks.push(network);
    return network;
  }

  /** Makes this machine the router between the networks. */
  route() {
    writeFileSync('/proc/sys/net/ipv4/ip_forward', '1');
  }

  /**
   * Sets up a computer on the LAN, or on another `network`. Unplugged, it has no network but loopback until plugIn, which `cable` is for. Where
   * namespaces are not permitted it is this machine, for the tests that can do with that.
   */
  computer(name, { plugged = true, cable, network = this.lan } = {}) {
    if (needsRoot) return new Computer(this, name, '127.0.0.1', undefined);
    const computer = new Computer(this, name, `${network.subnet}.${String(10 + this.#computers.length)}`, name);
    this.#computers.push(computer);
    run('ip', 'netns', 'add', name);
    run('ip', '-n', name, 'link', 'set', 'lo', 'up');
    computer.network = network;
    if (plugged) computer.plugIn({ cable });
    return computer;
  }

  /** Calls `close` before the programs are ended: for browsers, which want to be closed their own way. */
  onClose(close) {
    this.#closing.push(close);
  }

  async close() {
    const problems = [];
    for (const close of this.#closing.reverse()) {
      try {
        await close();
      } catch (error) {
        problems.push(String(error));
      }
    }
    for (const program of [...this.programs].reverse()) {
      try {
        await program.stop();
      } catch (error) {
        problems.push(String(error));
      }
      const fault = program.fault();
      if (fault) problems.push(fault);
    }
    if (!needsRoot) {
      for (const computer of this.#computers) {
        // The cable first: with the namespace it would go later, when the kernel gets round to it.
        for (const { name } of computer.second) run('ip', 'link', 'del', `${name}-${computer.name}`);
        if (computer.plugged) await computer.unplug();
        run('ip', 'netns', 'del', computer.namespace);
      }
      for (const { name } of this.#networks) run('ip', 'link', 'del', name);
      writeFileSync('/proc/sys/net/ipv4/ip_forward', '0');
    }
    // A browser that is ending still writes into its profile.
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
    if (problems.length > 0) throw new Error(problems.join('\n'));
  }
}

export class Computer {
  #office;
  /** The bad cable it is connected by, if it is. */
  cable;
  /** The network that eth0 is for. */
  network;
  /** The networks it is on besides. */
  second = [];

  constructor(office, name, address, namespace) {
    this.#office = office;
    this.name = name;
    this.address = address;
    this.namespace = namespace;
    this.home = join(office.folder, name);
    mkdirSync(this.home, { recursive: true });
  }

  /**
   * Connects the cable: the computer gets its address and a way out. `cable` is `{}`, or `{ seed, only }`, for one that can
   * be made bad by `computer.cable.set`.
   */
  plugIn({ cable } = {}) {
    const end = `to-${this.name}`;
    this.plugged = true;
    run('ip', 'link', 'add', 'name', end, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', this.namespace);
    if (cable) this.cable = new Cable(this.#office, this.name, end, cable);
    else run('ip', 'link', 'set', end, 'master', this.network.name, 'up');
    run('ip', '-n', this.namespace, 'addr', 'add', `${this.address}/24`, 'dev', 'eth0');
    run('ip', '-n', this.namespace, 'link', 'set', 'eth0', 'up');
    run('ip', '-n', this.namespace, 'route', 'add', 'default', 'via', `${this.network.subnet}.1`);
  }

  /** Connects it to one more network, as `device`; returns its address there. */
  plugInto(network, device = 'eth1') {
    const end = `${network.name}-${this.name}`; // at most 15 characters
    const address = `${network.subnet}.${this.address.split('.')[3]}`;
    this.second.push(network);
    run('ip', 'link', 'add', 'name', end, 'type', 'veth', 'peer', 'name', device, 'netns', this.namespace);
    run('ip', 'link', 'set', end, 'master', network.name, 'up');
    run('ip', '-n', this.namespace, 'addr', 'add', `${address}/24`, 'dev', device);
    run('ip', '-n', this.namespace, 'link', 'set', device, 'up');
    return address;
  }

  /** Keeps it from the other computers of its network that are isolated too, as an access point with client isolation does. */
  isolate() {
    run('bridge', 'link', 'set', 'dev', `to-${this.name}`, 'isolated', 'on');
  }

  /** Loads nftables rules on this computer: its firewall. */
  firewall(rules) {
    const [file, argv] = this.command('nft', ['-f', '-']);
    execFileSync(file, argv, { input: rules, stdio: ['pipe', 'ignore', 'pipe'] });
  }

  /** Runs a command on this computer to its end. */
  run(command, args) {
    const [file, argv] = this.command(command, args);
    return run(file, ...argv);
  }

  /** Pulls the cable out; the interface goes with it, as a USB adapter's does. A bad cable is gone when it resolves. */
  unplug() {
    const cable = this.cable;
    this.cable = undefined;
    this.plugged = false;
    run('ip', 'link', 'del', `to-${this.name}`);
    return cable?.unplug();
  }

  /** The command line that runs `command` on this computer. */
  command(command, args) {
    return this.namespace ? ['ip', ['netns', 'exec', this.namespace, command, ...args]] : [command, args];
  }

  /** How many datagrams the kernel has thrown away because a program did not read in time: the machine stood still. */
  unread() {
    const [file, argv] = this.command('cat', ['/proc/net/snmp']);
    const [names, values] = run(file, ...argv)
      .split('\n')
      .filter((line) => line.startsWith('Udp:'))
      .map((line) => line.split(' '));
    return Number(values[names.indexOf('RcvbufErrors')]);
  }

  /** The environment of a user who has nothing configured but what is given. */
  environment(extra = {}) {
    const env = Object.fromEntries(Object.entries(process.env).filter(([key]) => !key.startsWith('EARSHOT_')));
    delete env.DISPLAY;
    delete env.WAYLAND_DISPLAY;
    return {
      ...env,
      HOME: this.home,
      XDG_CONFIG_HOME: join(this.home, '.config'),
      XDG_CACHE_HOME: join(this.home, '.cache'),
      ...extra,
    };
  }

  start(command, args, { env = {}, name, input } = {}) {
    const [file, argv] = this.command(command, args);
    const program = new Program(name ?? `${this.name}: ${command} ${args.join(' ')}`, file, argv, {
      env: this.environment(env),
      input,
    });
    this.#office.programs.push(program);
    return program;
  }

  /** Starts Earshot, by default with one configuration folder for the whole computer. */
  earshot(args, { config = 'config', env = {} } = {}) {
    return this.start(binary, args, {
      name: `${this.name}: earshot ${args.join(' ')}`,
      env: { EARSHOT_CONFIG_DIR: join(this.home, config), ...env },
    });
  }

  /** Hosts a room without a window; resolves when it is ready. */
  async host(name, args = []) {
    const program = this.earshot(['host', '--json', '--name', name, ...args], { config: `host-${name}` });
    const { room } = await program.event('ready', (event) => event.event === 'ready');
    return { program, room };
  }

  /** Lists the rooms once. */
  async rooms(wait = '2s') {
    const program = this.earshot(['rooms', '--json', '--wait', wait]);
    const end = await program.exited;
    if (end.code !== 0) throw new Error(`rooms ended with ${JSON.stringify(end)}\n${program.report()}`);
    return program.events.filter((event) => event.event === 'room').map((event) => event.room);
  }

  watchRooms() {
    return this.earshot(['rooms', '--json', '--watch']);
  }

  /** Joins without a window; resolves when it is in. */
  async join(room, name, args = []) {
    const program = this.earshot(['join', room, '--json', '--name', name, ...args], { config: `join-${name}` });
    const joined = await program.event('joined', (event) => event.event === 'joined' && event.you);
    return { program, you: joined.you, room: joined.room, took: joined.took_ms };
  }

  /** Serves the page as `earshot web` does; resolves with its address. `voice` is the way of its voice. */
  async web(config = 'web', { voice = transport } = {}) {
    const program = this.earshot(['web', '--json', '--no-open', '--voice', voice], { config });
    const { url } = await program.event('ready', (event) => event.event === 'ready');
    return { program, url };
  }

  /** Writes an executable script that runs `command` on this computer, for tools that want one file to start. */
  script(name, command) {
    const [file, argv] = this.command(command, []);
    const path = join(this.home, name);
    writeFileSync(path, `#!/bin/sh\nexec ${[file, ...argv].join(' ')} "$@"\n`, { mode: 0o755 });
    return path;
  }
}
