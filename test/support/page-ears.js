// What is put into the page under test before its own code: a microphone that sings one tone, and ears.
// The functions run in the browser and see nothing of this file. They know both ways of a page's voice: WebRTC, which
// plays each seat in an audio element, and loopback, which mixes the seats in an audio thread (frontend/src/session).

/**
 * Of a page whose voice goes by loopback, `window.loopback` has {context, core}: its AudioContext and its audio thread.
 * With a tone for a microphone it goes without what is made for voices.
 */
export function tapLoopback(singing) {
  if (window !== window.top || !/^[0-9.]+$/.test(location.hostname)) return;
  const NativeNode = window.AudioWorkletNode;
  window.AudioWorkletNode = class extends NativeNode {
    constructor(context, name, options) {
      super(context, name, options);
      if (name === 'earshot-core') window.loopback = { context, core: this };
    }
  };
  // A tone is an echo of nothing and no voice: like a browser's own processing, the page's would take it out.
  if (singing) {
    const { addModule } = AudioWorklet.prototype;
    AudioWorklet.prototype.addModule = function (url, ...rest) {
      const cleans = /\/(echo|noise)-/.test(String(url));
      return cleans ? Promise.reject(new Error('not in this test')) : addModule.call(this, url, ...rest);
    };
  }
}

/**
 * Replaces the microphone by an oscillator (processing meant for voices would take a tone out of a fake device), unless
 * there is no frequency, and counts what every peer connection negotiates, in the page and its frames.
 */
export function singAndCount(frequency) {
  if (!/^[0-9.]+$/.test(window.top.location.hostname)) return; // an app's page, or a guest's
  let loudness = 0.3;
  /** How loud the microphone sings from now on: 0.3 unless told, 0 is silence. */
  window.sing = (gain) => (loudness = gain);
  if (frequency !== undefined)
    navigator.mediaDevices.getUserMedia = () => {
      const context = new AudioContext({ sampleRate: 48000 });
      // A real microphone needs no gesture; this one may have to wait for one after a reload.
      void context.resume();
      addEventListener('click', () => void context.resume(), { capture: true });
      const tone = new OscillatorNode(context, { frequency });
      const volume = new GainNode(context, { gain: loudness });
      window.sing = (gain) => (volume.gain.value = gain);
      const microphone = new MediaStreamAudioDestinationNode(context, { channelCount: 1 });
      tone.connect(volume).connect(microphone);
      tone.start();
      return Promise.resolve(microphone.stream);
    };

  // The page makes them in a frame of its own in some browsers.
  const connections = (window.top.connections ??= []);
  const Native = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Native {
    constructor(...args) {
      super(...args);
      this.counted = { local: [], remote: [], negotiationNeeded: 0 };
      connections.push(this);
      this.addEventListener('negotiationneeded', () => this.counted.negotiationNeeded++);
      this.addEventListener('connectionstatechange', () => {
        if (this.connectionState === 'connected')
          this.counted.connectedAt ??= performance.timeOrigin + performance.now();
      });
    }
    setLocalDescription(...args) {
      return super.setLocalDescription(...args).then(() => void this.counted.local.push(this.localDescription.type));
    }
    setRemoteDescription(...args) {
      return super.setRemoteDescription(...args).then(() => void this.counted.remote.push(this.remoteDescription.type));
    }
  };

  /** What a thread of the loopback says when it is asked to count. */
  const counted = (port) =>
    new Promise((resolve) => {
      const take = ({ data }) => {
        if (data.kind !== 'counts') return;
        port.removeEventListener('message', take);
        resolve(data.counts);
      };
      port.addEventListener('message', take);
      port.postMessage({ kind: 'count' });
    });

  /** The negotiations of the connections that carry or carried media, without those only prepared. */
  window.negotiations = () =>
    connections
      .filter((pc) => pc.counted.remote.length > 0)
      .map((pc) => ({ state: pc.connectionState, ...pc.counted }));

  /**
   * What the live connection says of its voices (W3C webrtc-stats, with the codec's name in place of its id):
   * {inbound: [inbound-rtp of each seat that anything came in], outbound: outbound-rtp}.
   */
  window.voices = async () => {
    if (window.loopback) {
      const played = await counted(window.loopback.core.port);
      const inbound = {
        packetsReceived: played.received,
        packetsLost: played.lost,
        totalSamplesReceived: played.total,
        concealedSamples: played.concealed,
        silentConcealedSamples: 0,
        jitterBufferDelay: played.waited / 48_000,
        jitterBufferEmittedCount: played.total,
      };
      return { inbound: [inbound], outbound: {} };
    }
    const live = connections.find((pc) => pc.connectionState === 'connected');
    const all = new Map(await live.getStats());
    const ofType = (type) =>
      [...all.values()]
        .filter((each) => each.type === type)
        .map((each) => ({ ...each, codec: all.get(each.codecId)?.mimeType }));
    return { inbound: ofType('inbound-rtp'), outbound: ofType('outbound-rtp')[0] };
  };
  window.clicks = [];
  addEventListener('click', () => window.clicks.push(performance.timeOrigin + performance.now()), { capture: true });
}

/**
 * Puts `window.ears` into the page: what is heard is read by FFT, from the streams of its audio elements, seat by seat; by
 * loopback from the mix, which counts as a seat of each tone's own.
 */
export function growEars() {
  if (window !== window.top || !/^[0-9.]+$/.test(location.hostname)) return;
  const analysers = new WeakMap(); // MediaStream -> AnalyserNode
  let context;

  /** Of the pages that mix their seats: the ear on the mix. */
  const mixes = new WeakMap(); // AudioWorkletNode -> AnalyserNode

  async function listenToMix(fillFirst) {
    const { context, core } = window.loopback;
    let analyser = mixes.get(core);
    if (!analyser) {
      analyser = new AnalyserNode(context, { fftSize: 8192, smoothingTimeConstant: 0 });
      core.connect(analyser);
      mixes.set(core, analyser);
      if (fillFirst) await new Promise((done) => setTimeout(done, 400));
    }
    return [{ analyser, mix: context }];
  }

  async function listen({ fillFirst = true } = {}) {
    if (window.loopback) return listenToMix(fillFirst);
    context ??= new AudioContext({ sampleRate: 48000 });
    if (context.state !== 'running')
      await Promise.race([context.resume(), new Promise((done) => setTimeout(done, 300))]);
    const seats = [];
    let fresh = false;
    for (const element of document.querySelectorAll('audio[data-seat]')) {
      const stream = element.srcObject;
      if (!stream || stream.getAudioTracks().length === 0) continue;
      let analyser = analysers.get(stream);
      if (!analyser) {
        analyser = new AnalyserNode(context, { fftSize: 8192, smoothingTimeConstant: 0 });
        new MediaStreamAudioSourceNode(context, { mediaStream: stream }).connect(analyser);
        analysers.set(stream, analyser);
        fresh = true;
      }
      seats.push({ seat: element.dataset.seat, element, analyser });
    }
    if (fresh && fillFirst) await new Promise((done) => setTimeout(done, 400)); // a new ear has heard nothing yet
    return seats;
  }

  /** How far a tone stands above the median of its neighbourhood, in dB; -Infinity where there is no sound at all. */
  function prominence(spectrum, frequency) {
    const bin = Math.round((frequency * 8192) / 48000);
    const peak = Math.max(...spectrum.slice(bin - 1, bin + 2));
    if (peak < -75) return -Infinity;
    const around = [...spectrum.slice(bin - 25, bin - 5), ...spectrum.slice(bin + 6, bin + 26)].sort((a, b) => a - b);
    return peak - around[around.length / 2];
  }

  function loudness(analyser, samples) {
    const wave = new Float32Array(analyser.fftSize);
    analyser.getFloatTimeDomainData(wave);
    let sum = 0;
    for (const sample of wave.subarray(wave.length - samples)) sum += sample * sample;
    return Math.sqrt(sum / samples);
  }

  /** How loud a tone is among those of a mix: the sines that fit the last 10 ms best, by least squares. */
  function partOf(analyser, tone, tones) {
    const wave = new Float32Array(analyser.fftSize);
    analyser.getFloatTimeDomainData(wave);
    const last = wave.subarray(wave.length - 480);
    const turn = (frequency, i) => (2 * Math.PI * frequency * i) / 48000;
    const waves = tones.flatMap((frequency) => [
      (i) => Math.sin(turn(frequency, i)),
      (i) => Math.cos(turn(frequency, i)),
    ]);
    const rows = waves.map(() => new Array(waves.length + 1).fill(0));
    last.forEach((sample, i) => {
      const at = waves.map((each) => each(i));
      at.forEach((a, row) => {
        at.forEach((b, column) => (rows[row][column] += a * b));
        rows[row][waves.length] += a * sample;
      });
    });
    for (const [k, pivot] of rows.entries())
      for (const [r, row] of rows.entries()) {
        const factor = row[k] / pivot[k];
        if (r !== k) for (let c = k; c < row.length; c++) row[c] -= factor * pivot[c];
      }
    const amplitude = rows.map((row, k) => row[waves.length] / row[k]);
    const at = 2 * tones.indexOf(tone);
    return Math.hypot(amplitude[at], amplitude[at + 1]) / Math.SQRT2;
  }

  window.ears = {
    /**
     * Which of the tones each seat's element plays now: [{seat, tones, playing}], seats with none left out. A mix has a seat
     * for each of its tones, which is named after it.
     */
    async hear(tones) {
      const heard = [];
      for (const { seat, element, analyser, mix } of await listen()) {
        const spectrum = new Float32Array(analyser.frequencyBinCount);
        analyser.getFloatFrequencyData(spectrum);
        const found = tones.filter((tone) => prominence(spectrum, tone) > 20);
        if (mix) {
          if (mix.state !== 'running') continue; // what was heard last
          for (const tone of found) heard.push({ seat: `${tone} of ${tones.join()}`, tones: [tone], playing: true });
        } else if (found.length > 0)
          heard.push({ seat, tones: found, playing: !element.paused && !element.muted && element.volume > 0 });
      }
      return heard;
    },
    /** How far a tone stands above all else that is heard in one second, in dB, in the seat where it does most. */
    async purity(frequency) {
      const seats = await listen();
      const pieces = seats.map(() => []);
      const length = 8192;
      // One look after the other: each is long enough for its own least-squares sine.
      for (let look = 0; look < 6; look++) {
        await new Promise((done) => setTimeout(done, 171));
        seats.forEach(({ analyser }, index) => {
          const wave = new Float32Array(length);
          analyser.getFloatTimeDomainData(wave);
          // The sine that fits best by least squares, through a window that fades in and out.
          let [ss, sc, cc, xs, xc, all] = [0, 0, 0, 0, 0, 1e-12];
          for (let i = 0; i < length; i++) {
            const fade = 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / length);
            const turn = (2 * Math.PI * frequency * i) / 48000;
            const [x, s, c] = [wave[i] * fade, fade * Math.sin(turn), fade * Math.cos(turn)];
            ss += s * s;
            sc += s * c;
            cc += c * c;
            xs += x * s;
            xc += x * c;
            all += x * x;
          }
          const a = (xs * cc - xc * sc) / (ss * cc - sc * sc);
          const b = (xc * ss - xs * sc) / (ss * cc - sc * sc);
          pieces[index].push([Math.min(all, a * xs + b * xc), all]);
        });
      }
      return Math.max(
        ...pieces.map((looks) => {
          const tone = looks.reduce((sum, [each]) => sum + each, 0);
          const all = looks.reduce((sum, [, each]) => sum + each, 0);
          return 10 * Math.log10(tone / Math.max(1e-12, all - tone));
        }),
      );
    },
    state: () => (window.loopback?.context ?? context)?.state,

    /**
     * Follows how loud one seat's element plays (root mean square of the last 5 ms; of a mix, 10 ms) every few milliseconds
     * until stopped, and returns [time, loudness] pairs.
     */
    async follow(seat) {
      const [, tone, tones] = /^(\d+) of ([\d,]+)$/.exec(seat) ?? [];
      const { element, analyser } = (await listen()).find((candidate) => tones || candidate.seat === seat);
      const audible = tones
        ? () => partOf(analyser, Number(tone), tones.split(',').map(Number))
        : () => (element.muted || element.paused ? 0 : element.volume * loudness(analyser, 240));
      const curve = [];
      const timer = setInterval(() => curve.push([performance.timeOrigin + performance.now(), audible()]), 2);
      window.ears.stopFollowing = () => {
        clearInterval(timer);
        return curve;
      };
    },

    /** Resolves with the time at which the first sound is heard in any seat. */
    async firstSound() {
      for (;;) {
        for (const { analyser } of await listen({ fillFirst: false })) {
          if (loudness(analyser, 240) > 0.005) return performance.timeOrigin + performance.now();
        }
        await new Promise((done) => setTimeout(done, 1));
      }
    },
  };
}
