import type { Methods } from './api';

/** Every method that the app has. A missing or an unknown one does not compile. */
const names: Record<keyof Methods, true> = {
  GetState: true,
  GetVoiceWay: true,
  GetSoundCard: true,
  GetRooms: true,
  ChangeSettings: true,
  ResetSettings: true,
  StartRoom: true,
  EndRoom: true,
  Look: true,
  Join: true,
  AddCandidate: true,
  Restart: true,
  SetVoice: true,
  RaiseHand: true,
  Report: true,
  Say: true,
  GetChat: true,
  StartRecording: true,
  StopRecording: true,
  ShowRecordings: true,
  GetFiles: true,
  OfferFile: true,
  PutFile: true,
  AnswerFile: true,
  CancelFile: true,
  ShowDownloads: true,
  OpenLink: true,
  Leave: true,
  StartCheck: true,
  EndCheck: true,
  Moderate: true,
  StopWaiting: true,
  Dismiss: true,
  OpenInBrowser: true,
  TakeInvite: true,
  InviteCard: true,
  Licences: true,
  GetHosts: true,
  ForgetHosts: true,
  HostCode: true,
  SetVerified: true,
  GetDiagnostics: true,
  SaveDiagnostics: true,
  Notify: true,
  MiniWindow: true,
  CloseWindow: true,
  Examine: true,
  Act: true,
};

/** Returns the app's methods over one way to call them, which gets all arguments as they are. */
export function methodsOver(call: (method: keyof Methods, args: unknown[]) => Promise<unknown>): Methods {
  const all = Object.keys(names).map((name) => [name, (...args: unknown[]) => call(name as keyof Methods, args)]);
  return Object.fromEntries(all) as Methods;
}
