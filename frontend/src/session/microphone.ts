import { MicrophoneError } from './transport';

/** Voice in, cleaned by the browser. One channel at Opus' own rate, so that nothing is resampled twice. */
const constraints: MediaTrackConstraints = {
  echoCancellation: true,
  noiseSuppression: true,
  autoGainControl: true,
  channelCount: 1,
  sampleRate: 48000,
};

/** Asks for the microphone and returns its track. Rejects with a MicrophoneError. */
export async function openMicrophone(devices: MediaDevices | undefined): Promise<MediaStreamTrack> {
  if (!devices) throw new MicrophoneError('refused', 'this page may not use media devices');
  let stream: MediaStream;
  try {
    stream = await devices.getUserMedia({ audio: constraints });
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
