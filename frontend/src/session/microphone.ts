import { MicrophoneError, type SoundWish } from './transport';

/** How a microphone is opened. "strong" is nothing that a browser knows: whoever wants it cleans what it gets. */
export type MicrophoneWish = Omit<SoundWish, 'speaker'> & {
  /** It is left as it is, in stereo. */
  music: boolean;
};

/**
 * A voice is cleaned by the browser as far as it is asked to, and has one channel. Music is left as it is: what is made for
 * voices takes held notes for noise. Both at Opus' own rate, so that nothing is resampled twice.
 */
function constraintsFor({ music, echo, noise, gain, microphone }: MicrophoneWish): MediaTrackConstraints {
  return {
    echoCancellation: echo && !music,
    noiseSuppression: noise === 'standard' && !music,
    autoGainControl: gain && !music,
    channelCount: music ? 2 : 1,
    sampleRate: 48000,
    ...(microphone !== '' && { deviceId: { exact: microphone } }),
  };
}

/** Asks for a microphone and returns its track. Rejects with a MicrophoneError. */
export async function openMicrophone(
  devices: MediaDevices | undefined,
  wish: MicrophoneWish,
): Promise<MediaStreamTrack> {
  if (!devices) throw new MicrophoneError('refused', 'this page may not use media devices');
  let stream: MediaStream;
  try {
    stream = await devices.getUserMedia({ audio: constraintsFor(wish) });
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
