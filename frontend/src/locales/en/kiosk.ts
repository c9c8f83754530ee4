import type { pt } from "../pt/kiosk";
import type { Words } from "../words";

export const en: Words<typeof pt> = {
  greeting: { morning: "Good morning", afternoon: "Good afternoon", evening: "Good evening" },
  here: "I'm here for my appointment",
  face: "Recognise me",
  face_note: "only if you agreed to it",
  code: "I have a code",
  code_note: "it is in your SMS",
  help: "I need help",
  erased: "The picture is erased right away",
  back: "Back",
  finish: "Done",
  erase: "Erase",
  send: "Continue",
  again: "Try again",
  other_code: "Use another code",
  desk: "Talk to reception",
  camera: {
    starting: "Starting the camera…",
    look: "Look at the camera",
    dark: "It's dark: turn to the light",
    still: "Hold still for a moment",
    title: "Put your face in the circle",
  },
  sending: { title: "One moment…", text: "We are looking up your appointment." },
  code_step: {
    title: "Type the code from your SMS",
    text: "Six letters and digits.",
    wrong: "That code isn't right. Check it in your SMS or ask at reception.",
    throttled: "Too many attempts. Wait a minute or ask at reception.",
    offline: "No connection. Try again or go to reception.",
  },
  confirm_step: {
    title: "Just to be sure",
    birth_year: "In which year were you born?",
    code: "Type the code from your SMS",
    use_code: "I'd rather use the code",
    use_birth_year: "I'd rather give the year",
    wrong: "That doesn't match. Try again.",
    throttled: "Too many attempts. Please ask at reception.",
    offline: "No connection. Try again or go to reception.",
  },
  arrived: {
    title: "You are checked in",
    again: "You were checked in already",
    ticket: "Ticket",
    room: "Room",
    place: "Where",
    wait: "Wait",
    any_moment: "any moment now",
    up_to: "up to {{high}} min",
    range: "{{low}}–{{high}} min",
    sit: "Take a seat in the waiting room. We call on the screen and by sound.",
  },
  outcome: {
    not_recognised: {
      title: "We didn't recognise you",
      text: "No matter. Use the code from your SMS: it is just as quick.",
    },
    no_appointment: {
      title: "We found no appointment today",
      text: "Check the date in your SMS or ask at reception.",
    },
    old_code: {
      title: "This code is no longer valid",
      text: "The appointment is over or was cancelled. Look for a newer SMS or ask at reception.",
    },
    not_confirmed: {
      title: "We couldn't confirm it's you",
      text: "No matter. Use the code from your SMS or ask at reception.",
    },
    too_early: {
      title: "It is still early",
      text: "Your appointment is later. See the day and time in your SMS or ask at reception.",
    },
    no_face: {
      title: "We saw no face",
      text: "Come closer and look straight at the camera.",
    },
    multiple_faces: {
      title: "There is more than one person",
      text: "Only one person in front of the camera, please.",
    },
    poor_image: {
      title: "The picture isn't clear",
      text: "Come closer, turn to the light and hold still for a moment.",
    },
    unavailable: {
      title: "Recognition isn't available",
      text: "Use the code from your SMS: it is just as quick.",
    },
  },
  no_camera: {
    title: "The camera isn't available",
    text: "Use the code from your SMS or ask at reception.",
  },
  offline: {
    title: "No connection",
    text: "Please go to reception. We'll sort everything out there.",
  },
  help_step: {
    title: "Talk to us at reception",
    text: "The team checks you in and answers your questions.",
  },
  more_time: {
    title: "Do you need more time?",
    text: "If you don't answer we go back to the start and erase what you typed.",
    yes: "Yes, go on",
    no: "No, finish",
  },
  pairing: {
    title: "Connect this kiosk",
    text: "At reception: Screens, new kiosk, then type the six digits here.",
    checking: "Checking…",
    wrong_code: "This code is wrong or has expired. Ask reception for another.",
    too_many: "Too many attempts. Ask reception for a new code.",
    offline: "No connection to the server. Check the network and try again.",
  },
  typed: "Typed: {{text}}",
};
