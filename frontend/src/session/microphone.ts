import { MicrophoneError } from './transport';

/**
 * A voice is cleaned by the browser, unless it is cleaned here, and has one channel. Music is left as it is: what is made
 * for voices takes held notes for noise. Both at Opus' own rate, so that nothing is resampled twice.
 */
function constraintsFor(music: boolean, clean: boolean): MediaTrackConstraints {
  return {
    echoCancellation: clean,
    noiseSuppression: clean,
    autoGainControl: clean,
    channelCount: music ? 2 : 1,
    sampleRate: 48000,
  };
}

/** Asks for the microphone, for music or for a voice, and returns its track. Rejects with a MicrophoneError. */
export async function openMicrophone(
  devices: MediaDevices | undefined,
  music = false,
  clean = !music,
): Promise<MediaStreamTrack> {
  if (!devices) throw new MicrophoneError('refused', 'this page may not use media devices');
  let stream: MediaStream;
  try {
    stream = await devices.getUserMedia({ audio: constraintsFor(music, clean) });
  } catch (thrown) {
    const name = thrown instanceof DOMException ? thrown.name : '';
    throw new MicrophoneError(troubleOf(name), `getUserMedia: ${name} ${String(thrown)}`);
  }
  const track = stream.getAudioTracks()[0];
  if (!track) throw new MicrophoneError('missing', 'a stream without audio');
  return track;
}

function troubleOf(name: string): MicrophoneError['trouble'] {
  switch (name) {
    case 'NotAllowedError':
    case 'SecurityError':
      return 'refused';
    case 'NotFoundError':
    case 'OverconstrainedError':
      return 'missing';
    default:
      return 'broken';
  }
}
