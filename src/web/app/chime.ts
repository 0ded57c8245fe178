import { preference } from './preferences.ts';

let audio: AudioContext | undefined;
const QUIET_MS = 1500;
let lastMs = Number.NEGATIVE_INFINITY;

/**
 * Two soft notes; made on the spot, so there is no file to load. Silent until the person has clicked anything once.
 */
export function chime(force = false): void {
  if (!force && (preference('sound') !== 'on' || performance.now() - lastMs < QUIET_MS)) return;
  lastMs = performance.now();
  audio ??= new AudioContext();
  if (audio.state === 'suspended') void audio.resume();
  [660, 880].forEach((pitch, index) => {
    const at = audio!.currentTime + index * 0.13;
    const tone = new OscillatorNode(audio!, { type: 'sine', frequency: pitch });
    const volume = new GainNode(audio!, { gain: 0 });
    volume.gain.setValueAtTime(0, at);
    volume.gain.linearRampToValueAtTime(0.14, at + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.0001, at + 0.45);
    tone.connect(volume).connect(audio!.destination);
    tone.start(at);
    tone.stop(at + 0.5);
  });
}

/** A notice of the system while the tab is in the background. It names the queue, never a person. */
export function notifyDesktop(title: string, body: string): void {
  if (preference('desktop') !== 'on' || !document.hidden) return;
  if (!('Notification' in window) || Notification.permission !== 'granted') return;
  const notice = new Notification(title, { body, tag: 'inlet-lead', icon: '/favicon.svg' });
  notice.onclick = () => {
    window.focus();
    notice.close();
  };
}
