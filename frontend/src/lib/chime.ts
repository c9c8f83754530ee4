/** Two soft notes, made in the browser. Says whether it may be heard. */

const NOTES = [
  { frequency: 659.25, at: 0 },
  { frequency: 523.25, at: 0.28 },
];

let context: AudioContext | null = null;

function audio(): AudioContext | null {
  if (!context && typeof AudioContext !== "undefined") context = new AudioContext();
  return context;
}

/** False while the browser waits for a touch before it allows sound. */
export function soundAllowed(): boolean {
  return audio()?.state === "running";
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
