/** What a page lets be heard, all through one output. Says whether it may be heard. */

const NOTES = [
  { frequency: 659.25, at: 0 },
  { frequency: 523.25, at: 0.28 },
];
export const CHIME_MS = 1500;

let context: AudioContext | null = null;

function audio(): AudioContext | null {
  if (!context && typeof AudioContext !== "undefined") context = new AudioContext();
  return context;
}

/** False while the browser waits for a touch before it allows sound. */
export function soundAllowed(): boolean {
  return audio()?.state === "running";
}

/** Tells whenever sound is allowed or taken away; a kiosk browser allows it a moment late. */
export function watchSound(listener: (allowed: boolean) => void): () => void {
  const output = audio();
  function tell() {
    listener(soundAllowed());
  }
  output?.addEventListener("statechange", tell);
  tell();
  return () => output?.removeEventListener("statechange", tell);
}

/** Call it from a touch or key press. */
export async function unlockSound(): Promise<boolean> {
  const output = audio();
  if (output?.state === "suspended") await output.resume();
  return soundAllowed();
}

export function chime(volume = 0.35): void {
  const output = audio();
  if (output?.state !== "running") return;
  for (const note of NOTES) {
    const start = output.currentTime + note.at;
    const oscillator = output.createOscillator();
    const gain = output.createGain();
    oscillator.type = "sine";
    oscillator.frequency.value = note.frequency;
    gain.gain.setValueAtTime(0, start);
    gain.gain.linearRampToValueAtTime(volume, start + 0.02);
    gain.gain.exponentialRampToValueAtTime(0.001, start + 1.1);
    oscillator.connect(gain);
    gain.connect(output.destination);
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
    const output = audio();
    if (output?.state !== "running") {
      done();
      return;
    }
    const source = output.createBufferSource();
    source.buffer = sound;
    source.connect(output.destination);
    source.onended = () => done();
    source.start();
    setTimeout(done, sound.duration * 1000 + 1000);
  });
}
