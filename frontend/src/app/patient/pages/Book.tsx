import { useCallback } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate, useSearchParams } from "react-router";
import { ContactProofDialog, useMe } from "@/features/auth";
import { Booking, type Choice } from "@/features/booking";
import { checkoutPath } from "@/features/visits";
import { Page } from "@/ui";
import { choiceFrom, choiceParams } from "../choice";
import { useClinic } from "../clinic";

export function Book() {
  const { t } = useTranslation("patient");
  const navigate = useNavigate();
  const [params, setParams] = useSearchParams();
  const me = useMe();
  const clinic = useClinic();

  const setChoice = useCallback(
    (choice: Choice) =>
      setParams(choiceParams(choice), { replace: true, preventScrollReset: true }),
    [setParams],
  );

  return (
    <Page title={t("book.title")}>
      <Booking
        choice={choiceFrom(params)}
        onChoice={setChoice}
        canReserve={Boolean(me.data)}
        onLoginNeeded={() =>
          void navigate(`/entrar?${new URLSearchParams({ next: `/?${params}` })}`)
        }
        onReserved={(appointment) =>
          void navigate(
            appointment.checkout_url
              ? checkoutPath(appointment.checkout_url)
              : `/consultas/${appointment.id}`,
          )
        }
        phone={clinic?.phone ?? ""}
        phoneProof={(asked) =>
          me.data ? (
            <ContactProofDialog
              {...asked}
              user={me.data}
              contact="phone"
              changeHref={`/eu/dados?${new URLSearchParams({ next: `/?${params}` })}`}
            />
          ) : null
        }
      />
    </Page>
  );
}
