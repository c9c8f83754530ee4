import "i18next";
import type { pt as common } from "@/locales/pt/common";
import type { pt as kiosk } from "@/locales/pt/kiosk";
import type { pt as money } from "@/locales/pt/money";
import type { pt as patient } from "@/locales/pt/patient";
import type { pt as privacy } from "@/locales/pt/privacy";
import type { pt as sandbox } from "@/locales/pt/sandbox";
import type { pt as staff } from "@/locales/pt/staff";

declare module "i18next" {
  interface CustomTypeOptions {
    defaultNS: "common";
    resources: {
      common: typeof common;
      patient: typeof patient;
      staff: typeof staff;
      money: typeof money;
      privacy: typeof privacy;
      kiosk: typeof kiosk;
      sandbox: typeof sandbox;
    };
    enableSelector: false;
  }
}
