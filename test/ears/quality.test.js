// What somebody chooses to send is what the others' browsers receive: bit rate, packets of 10 ms, music in stereo; changed in
// the middle of a call by one more offer each, without leaving. And where a cable loses packets, each frame comes twice.
// By loopback it is anna's page that sends so, to a browser.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openChromium } from '../support/browsers.js';
import { needsRoot, openOffice, transport } from '../support/office.js';
import { tapLoopback } from '../support/page-ears.js';
import { pause, until } from '../support/program.js';
import { enterRoom, letItPlay, setName } from '../support/room-page.js';

const left = 440;
const right = 660;

/** A microphone with another tone on each channel, as many as are asked for; what was asked for; and all connections. */
function singInStereo([left, right]) {
  if (window.top.location.hostname !== '127.0.0.1') return;
  const asked = (window.top.asked ??= []);
  navigator.mediaDevices.getUserMedia = ({ audio }) => {
    asked.push(audio);
    const context = new AudioContext({ sampleRate: 48000 });
    void context.resume();
    const microphone = new MediaStreamAudioDestinationNode(context, { channelCount: audio.channelCount });
    const both = new ChannelMergerNode(context, { numberOfInputs: 2 });
    const volume = new GainNode(context, { gain: 0.3 });
    [left, right].forEach((frequency, channel) => {
      const tone = new OscillatorNode(context, { frequency });
      tone.connect(both, 0, channel);
      tone.start();
    });
    both.connect(volume).connect(microphone);
    return Promise.resolve(microphone.stream);
  };
  // The page makes them in a frame of its own.
  const connections = (window.top.connections ??= []);
  const Native = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Native {
    offers = 0;
    constructor(...args) {
      super(...args);
      connections.push(this);
    }
    setLocalDescription(description) {
      this.offers++;
      return super.setLocalDescription(description);
    }
  };
}

/** The sums of one kind of statistics over the live connection, with the seconds of sound that went in. */
function count(page, kind) {
  return page.evaluate(async (kind) => {
    const live = window.connections.find(({ connectionState }) => connectionState === 'connected');
    const sum = { bytes: 0, packets: 0, sung: 0, offers: live.offers, at: performance.now() };
    for (const entry of (await live.getStats()).values()) {
      if (entry.type === 'media-source') sum.sung += entry.totalSamplesDuration ?? 0;
      if (entry.type !== kind) continue;
      sum.bytes += entry.bytesReceived ?? entry.bytesSent;
      sum.packets += entry.packetsReceived ?? entry.packetsSent;
    }
    return sum;
  }, kind);
}

/** What arrives over three seconds: bytes in a packet, packets and kbit a second. The first does not mind a slow machine. */
async function receive(page) {
  const before = await count(page, 'inbound-rtp');
  await pause(3000);
  const after = await count(page, 'inbound-rtp');
  const [bytes, packets, seconds] = [
    after.bytes - before.bytes,
    after.packets - before.packets,
    (after.at - before.at) / 1000,
  ];
  return { perPacket: bytes / packets, perSecond: packets / seconds, kbps: (8 * bytes) / seconds / 1000 };
}

/** The tones on the left and on the right of everything the page plays. */
function channels(page, tones) {
  return page.evaluate(async (tones) => {
    window.ears ??= new AudioContext({ sampleRate: 48000 });
    await Promise.race([window.ears.resume(), new Promise((done) => setTimeout(done, 300))]);
    const both = [new Set(), new Set()];
    for (const { srcObject } of document.querySelectorAll('audio[data-seat]')) {
      const split = new ChannelSplitterNode(window.ears, { numberOfOutputs: 2 });
      // A mono track is played on both sides.
      const source = new MediaStreamAudioSourceNode(window.ears, { mediaStream: srcObject });
      const stereo = new GainNode(window.ears, { channelCount: 2, channelCountMode: 'explicit' });
      source.connect(stereo).connect(split);
      const analysers = [0, 1].map((side) => {
        const analyser = new AnalyserNode(window.ears, { fftSize: 8192, smoothingTimeConstant: 0 });
        split.connect(analyser, side);
        return analyser;
      });
      await new Promise((done) => setTimeout(done, 400));
      analysers.forEach((analyser, side) => {
        const spectrum = new Float32Array(analyser.frequencyBinCount);
        analyser.getFloatFrequencyData(spectrum);
        for (const tone of tones) if (spectrum[Math.round((tone * 8192) / 48000)] > -50) both[side].add(tone);
      });
      source.disconnect();
    }
    return both.map((side) => [...side].sort((a, b) => a - b).join());
  }, tones);
}

async function choose(page, label) {
  await page.getByTestId('settings').click();
  await page.getByText(label, { exact: true }).click();
  await page.keyboard.press('Escape');
}

test('the others receive what was chosen', { timeout: 170_000 }, async (t) => {
  const office = openOffice(t);
  const { room } = await office.computer('server').host('Studio');
  const pages = {};
  const computers = {};
  for (const name of ['anna', 'ben']) {
    const computer = office.computer(name, { cable: name === 'anna' && !needsRoot ? {} : undefined });
    const { url } = await computer.web('web', { voice: name === 'ben' ? 'webrtc' : transport });
    const { context } = await openChromium(office, computer);
    context.setDefaultTimeout(30_000);
    const page = await context.newPage();
    await page.addInitScript(tapLoopback, true);
    await page.addInitScript(singInStereo, [left, right]);
    await page.goto(url);
    await setName(page, name);
    await enterRoom(page, { name: room.name });
    pages[name] = page;
    computers[name] = computer;
  }
  const { anna, ben } = pages;
  await letItPlay(ben);
  await letItPlay(anna);
  await ben.getByTestId('mute').click(); // one voice is enough to measure

  /** Until what arrives has about that many bytes in a packet. */
  const expectPackets = async (what, bytes) => {
    let seen;
    await until(
      `packets of about ${String(bytes)} bytes`,
      async () => {
        seen = await receive(ben);
        return seen.perPacket > 0.8 * bytes && seen.perPacket < 1.25 * bytes;
      },
      { within: 25_000 },
    ).catch((error) => {
      throw new Error(`${what}: ${JSON.stringify(seen)}`, { cause: error });
    });
    t.diagnostic(`${what}: ${JSON.stringify(seen)}`);
  };

  await t.test('a normal voice: 32 kbit/s, both sides alike', async () => {
    await expectPackets('normal', 80);
    assert.deepEqual(await channels(ben, [left, right]), [`${left},${right}`, `${left},${right}`]);
  });

  await t.test('the finest voice: 96 kbit/s', async () => {
    await choose(anna, 'Finest');
    await expectPackets('finest', 240);
  });

  await t.test('low delay: packets of 10 ms, half as large', async () => {
    await choose(anna, 'Low delay');
    await expectPackets('low delay', 120);
    let perSungSecond;
    if (transport === 'webrtc') {
      const before = await count(anna, 'outbound-rtp');
      await pause(3000);
      const after = await count(anna, 'outbound-rtp');
      perSungSecond = (after.packets - before.packets) / (after.sung - before.sung);
    } else perSungSecond = (await receive(ben)).perSecond;
    assert.ok(perSungSecond > 85 && perSungSecond < 115, `${perSungSecond.toFixed(0)} packets for a second of sound`);
    await choose(anna, 'Low delay');
    await expectPackets('finest again', 240);
  });

  await t.test('music: 128 kbit/s, left and right apart, nothing taken out', async () => {
    await choose(anna, 'Music');
    await expectPackets('music', 320);
    await until('left and right apart', async () => {
      const [l, r] = await channels(ben, [left, right]);
      return l === String(left) && r === String(right);
    });
    const asked = await anna.evaluate(() => window.asked.at(-1));
    const { echoCancellation, noiseSuppression, autoGainControl, channelCount } = asked;
    assert.deepEqual([echoCancellation, noiseSuppression, autoGainControl, channelCount], [false, false, false, 2]);
    await choose(anna, 'Music');
    await expectPackets('a voice again', 240);
  });

  const offers = 'each change was one more offer on the one connection';
  await t.test(offers, { skip: transport !== 'webrtc' }, async () => {
    const { offers } = await count(anna, 'outbound-rtp');
    assert.equal(offers, 6);
    assert.equal((await count(ben, 'inbound-rtp')).offers, 1);
  });

  await t.test(
    'a cable that loses packets: each frame is sent twice, and the others see a weak link',
    { skip: needsRoot },
    async () => {
      const sizeOnCable = async () => {
        const { up: before } = await computers.anna.cable.counters();
        await pause(2000);
        const { up: after } = await computers.anna.cable.counters();
        return (after.bytes - before.bytes) / (after.entered - before.entered);
      };
      const size = async () => {
        if (transport === 'loopback') return sizeOnCable();
        const before = await count(anna, 'outbound-rtp');
        await pause(2000);
        const after = await count(anna, 'outbound-rtp');
        return (after.bytes - before.bytes) / (after.packets - before.packets);
      };
      await computers.anna.cable.set({ up: { loss: 0.15 } });
      await until('anna sends each frame twice', async () => (await size()) > 430, { within: 40_000 });
      await until(
        'ben sees a weak link',
        async () => {
          const tile = ben.locator('[data-testid="participant"][data-name="anna"]');
          return ['fair', 'poor'].includes(await tile.getAttribute('data-link'));
        },
        { within: 20_000 },
      );
    },
  );
});
