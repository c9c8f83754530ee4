export { chime, soundAllowed, unlockSound } from "@/lib/chime";
