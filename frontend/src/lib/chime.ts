/** What a page lets be heard, all through one output. Says whether it may be heard. */

const NOTES = [
  { frequency: 659.25, at: 0 },
  { frequency: 523.25, at: 0.28 },
];
export const CHIME_MS = 1500;
const CHIME_LEVEL = 0.35;

let context: AudioContext | null = null;
let output: GainNode | null = null;
let volume = 1;

function audio(): AudioContext | null {
  if (!context && typeof AudioContext !== "undefined") context = new AudioContext();
  return context;
}

/** Where every sound goes through, at the page's volume. */
function outlet(of: AudioContext): GainNode {
  if (!output) {
    output = of.createGain();
    output.gain.value = volume;
    output.connect(of.destination);
  }
  return output;
}

/** How loud this page is, from 0 to 1. */
export function setVolume(level: number): void {
  volume = level;
  if (output) output.gain.value = level;
}

export function getVolume(): number {
  return volume;
}

/** False while the browser waits for a touch before it allows sound. */
export function soundAllowed(): boolean {
  return audio()?.state === "running";
}

/** Tells whenever sound is allowed or taken away; a kiosk browser allows it a moment late. */
export function watchSound(listener: (allowed: boolean) => void): () => void {
  const sound = audio();
  function tell() {
    listener(soundAllowed());
  }
  sound?.addEventListener("statechange", tell);
  tell();
  return () => sound?.removeEventListener("statechange", tell);
}

/** Call it from a touch or key press. */
export async function unlockSound(): Promise<boolean> {
  const sound = audio();
  if (sound?.state === "suspended") await sound.resume();
  return soundAllowed();
}

export function chime(): void {
  const sound = audio();
  if (sound?.state !== "running") return;
  for (const note of NOTES) {
    const start = sound.currentTime + note.at;
    const oscillator = sound.createOscillator();
    const gain = sound.createGain();
    oscillator.type = "sine";
    oscillator.frequency.value = note.frequency;
    gain.gain.setValueAtTime(0, start);
    gain.gain.linearRampToValueAtTime(CHIME_LEVEL, start + 0.02);
    gain.gain.exponentialRampToValueAtTime(0.001, start + 1.1);
    oscillator.connect(gain);
    gain.connect(outlet(sound));
    oscillator.start(start);
    oscillator.stop(start + 1.2);
  }
}

/** A sound file of the server; null where it can't be played. */
export async function decode(data: ArrayBuffer): Promise<AudioBuffer | null> {
  try {
    return (await audio()?.decodeAudioData(data)) ?? null;
  } catch {
    return null;
  }
}

/** Plays it and resolves at its end, also where the browser forgets to tell. */
export function play(sound: AudioBuffer): Promise<void> {
  return new Promise((done) => {
    const player = audio();
    if (player?.state !== "running") {
      done();
      return;
    }
    const source = player.createBufferSource();
    source.buffer = sound;
    source.connect(outlet(player));
    source.onended = () => done();
    source.start();
    setTimeout(done, sound.duration * 1000 + 1000);
  });
}
