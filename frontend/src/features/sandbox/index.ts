export { CashMachine } from "./CashMachine";
export { Mailbox } from "./Mailbox";
export { NOTICES } from "./data";
export { Phone } from "./Phone";
