export { Booking, specialtyName, type Choice } from "./Booking";
export { SlotPicker } from "./SlotPicker";
