export { keptDetailsQuery, useInvoiceMemory } from "./details";
export { InvoiceDetailsPage } from "./InvoiceDetailsPage";
export { InvoicesPage, invoicesQuery } from "./InvoicesPage";
