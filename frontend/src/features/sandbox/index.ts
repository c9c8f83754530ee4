export { CashMachine } from "./CashMachine";
export { Mailbox } from "./Mailbox";
export { Phone } from "./Phone";
