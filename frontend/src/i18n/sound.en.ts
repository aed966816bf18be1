/** Words about microphones, loudspeakers and what is done to sound, in English. */
export const sound = {
  title: 'Microphone and speaker',
  menu: 'Choose microphone and speaker',
  devices: 'Devices',
  microphone: 'Microphone',
  speaker: 'Speaker',
  usual: (name: string) => (name === '' ? 'The system’s default' : `The system’s default (${name})`),
  away: (name: string) => `${name} (not connected)`,
  unnamed: 'The names are shown once you have allowed the microphone.',
  speakersElsewhere:
    'This window cannot choose a speaker. Earshot plays where the system plays; change that in the system’s sound settings.',

  cleaning: 'What the others hear of you',
  noise: 'Take out noise',
  levels: { off: 'Off', standard: 'Standard', strong: 'Strong' },
  noiseText: {
    off: 'Your room is sent as it sounds.',
    standard: 'Takes out steady noise, such as a fan.',
    strong: 'Takes out keyboards, dishes and streets too. The others hear you a little later.',
  },
  echo: 'Take out echo',
  echoText: 'So that the others do not hear themselves from your speaker. Leave it on without headphones.',
  gain: 'Even out loudness',
  gainText: 'Makes a quiet voice louder, and a loud one quieter.',
  musicInstead: 'Off while Music is on: sound is sent as it is.',

  told: {
    microphone: {
      gone: (name: string, now: string) =>
        now === ''
          ? `${name} is gone. The system’s default microphone is used.`
          : `${name} is gone. You speak into ${now} now.`,
      back: (name: string) => `${name} is back. You speak into it again.`,
      moved: (_name: string, now: string) => `You speak into ${now} now, as the system does.`,
      echo: () =>
        'Echo is not taken out here: that part of Earshot did not start. Wear headphones, so that the others do not hear themselves.',
      noise: () =>
        'Noise is not taken out here: that part of Earshot did not start. The others hear your room as it sounds.',
    },
    speaker: {
      gone: (name: string, now: string) =>
        now === ''
          ? `${name} is gone. The system’s default speaker is used.`
          : `${name} is gone. You hear the room from ${now} now.`,
      moved: (_name: string, now: string) => `You hear the room from ${now} now, as the system does.`,
      offered: (name: string) => `${name} is connected. You still hear the room from where you did.`,
    },
  },
  useIt: 'Use it',
  unheard: (name: string) =>
    `We hear nothing from your microphone, ${name}. Look for a mute switch on it or its cable, or choose another one.`,
  unheardUnnamed:
    'We hear nothing from your microphone. Look for a mute switch on it or its cable, or choose another one.',
  silenced: (name: string) =>
    `${name} is muted in this computer’s sound settings or by a switch of its own: nobody hears you. Switch it on there, or choose another one.`,
  chooseAnother: 'Choose another',

  offer: {
    title: 'Check your microphone first?',
    text: 'See that it hears you, and how you sound to the others. It takes half a minute.',
    open: 'Check microphone',
    later: 'Not now',
  },
  check: {
    open: 'Check microphone and speaker',
    title: 'Microphone check',
    inRoom: 'You are muted in the room meanwhile.',
    speak: 'Say something. The bar should pass the mark.',
    level: 'Loudness of your microphone',
    states: {
      waiting: 'Waiting for the microphone…',
      quiet: 'Quiet',
      speaking: 'We hear you',
      loud: 'Very loud: move back a little',
    },
    play: 'Play a sound',
    playing: 'Playing…',
    hear: 'Hear myself',
    hearText:
      'Your voice goes through a room of your own on this computer and comes back, as the others would hear it. Wear headphones, or it may howl.',
    hearing: 'Stop hearing myself',
    starting: 'Connecting…',
    failed: 'You could not be connected to yourself. Close the check and open it again.',
    measuring: 'Speak, and the delay is measured.',
    delay: (milliseconds: number) =>
      `From microphone to ear it takes ${milliseconds} ms, and what your sound devices add.`,
    cannotHear: 'This page cannot play your own voice back to you.',
    done: 'Done',
    refused: 'The microphone is not allowed. Allow it as described below, then try again.',
    missing: 'There is no microphone. Plug one in; it is used at once.',
    voiceless:
      'This window carries no sound on this computer, so rooms open in a browser. Check your microphone there.',
    outside: 'Open a browser',
    broken: 'The microphone does not open. Close other programs that use it, then try again.',
  },
  allow: {
    chromium: 'Click the sign at the left of the address bar, switch the microphone on there, then try again.',
    firefox: 'Click the crossed-out microphone in the address bar, take the block away, then try again.',
    safari: 'In the menu Safari, choose Settings for this website, allow the microphone, then try again.',
    mac: 'Open System Settings, Privacy & Security, Microphone, switch Earshot on, then restart Earshot.',
    windows: 'Open Settings, Privacy & security, Microphone, and let desktop apps use it, then try again.',
    linux: 'Check that the system’s privacy settings allow the microphone, then try again.',
  },
};
