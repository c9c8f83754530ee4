import type { RouteObject } from "react-router";
import { useParams, useSearchParams } from "react-router";
import { ContactState, useMe } from "@/features/auth";
import { Crash, LatePage } from "@/ui";
import { nextPath } from "./choice";
import { placeOf, useClinic } from "./clinic";
import { Book } from "./pages/Book";
import { Missing } from "./pages/Missing";
import { RequireLogin } from "./RequireLogin";
import { Shell } from "./Shell";

function useId(): string {
  return useParams().id ?? "";
}

/** Booking comes with the first load; every other page comes when it is asked for. */
export const routes: RouteObject[] = [
  {
    Component: Shell,
    ErrorBoundary: Crash,
    children: [
      {
        ErrorBoundary: Crash,
        HydrateFallback: () => <LatePage />,
        children: [
          { path: "/", Component: Book },
          {
            path: "/entrar",
            lazy: async () => ({ Component: (await import("./pages/Login")).Login }),
          },
          {
            path: "/entrar/codigo",
            lazy: async () => ({ Component: (await import("./pages/SignInCode")).SignInCode }),
          },
          {
            path: "/recuperar",
            lazy: async () => ({ Component: (await import("./pages/Recover")).Recover }),
          },
          {
            path: "/repor/:token",
            lazy: async () => ({ Component: (await import("./pages/Reset")).Reset }),
          },
          {
            path: "/registar",
            lazy: async () => ({ Component: (await import("./pages/Register")).Register }),
          },
          {
            path: "/pay/:token",
            lazy: async () => {
              const { CheckoutPage } = await import("@/features/checkout");
              const { useInvoiceMemory } = await import("@/features/invoices");
              return {
                Component: function Pay() {
                  const me = useMe();
                  return (
                    <CheckoutPage
                      token={useParams().token ?? ""}
                      phone={me.data?.phone ?? ""}
                      memory={useInvoiceMemory(me.data?.role === "patient")}
                      place={placeOf(useClinic())}
                    />
                  );
                },
              };
            },
          },
          {
            path: "/v/:token",
            lazy: async () => {
              const { LinkedVisitPage } = await import("@/features/visits/pages");
              return {
                Component: function LinkedVisit() {
                  const token = useParams().token ?? "";
                  return (
                    <LinkedVisitPage
                      key={token}
                      token={token}
                      address={placeOf(useClinic()).address}
                    />
                  );
                },
              };
            },
          },
          {
            path: "/consultas",
            lazy: async () => {
              const { AppointmentsPage } = await import("@/features/visits/pages");
              return {
                Component: () => <RequireLogin>{() => <AppointmentsPage />}</RequireLogin>,
              };
            },
          },
          {
            path: "/consultas/:id",
            lazy: async () => {
              const { VisitPage } = await import("@/features/visits/pages");
              return {
                Component: function Visit() {
                  const id = useId();
                  const hours = useClinic()?.cancel_free_hours ?? 24;
                  return (
                    <RequireLogin>
                      {(user) => <VisitPage key={id} id={id} user={user} cancelFreeHours={hours} />}
                    </RequireLogin>
                  );
                },
              };
            },
          },
          {
            path: "/consultas/:id/mudar",
            lazy: async () => {
              const { Reschedule } = await import("./pages/Reschedule");
              return {
                Component: function Move() {
                  const id = useId();
                  return <RequireLogin>{() => <Reschedule id={id} />}</RequireLogin>;
                },
              };
            },
          },
          {
            path: "/faturas",
            lazy: async () => {
              const { InvoicesPage } = await import("@/features/invoices");
              return { Component: () => <RequireLogin>{() => <InvoicesPage />}</RequireLogin> };
            },
          },
          {
            path: "/eu",
            lazy: async () => {
              const { Account } = await import("./pages/Account");
              return {
                Component: () => <RequireLogin>{(user) => <Account user={user} />}</RequireLogin>,
              };
            },
          },
          {
            path: "/eu/dados",
            lazy: async () => {
              const { DetailsPage } = await import("@/features/profile");
              return {
                Component: function Details() {
                  const [params] = useSearchParams();
                  const next = params.has("next") ? nextPath(params) : null;
                  return (
                    <RequireLogin>
                      {(user) => (
                        <DetailsPage
                          key={user.id}
                          user={user}
                          next={next}
                          proof={(contact) => <ContactState user={user} contact={contact} />}
                        />
                      )}
                    </RequireLogin>
                  );
                },
              };
            },
          },
          {
            path: "/eu/palavra-passe",
            lazy: async () => {
              const { Password } = await import("./pages/Password");
              return { Component: () => <RequireLogin>{() => <Password />}</RequireLogin> };
            },
          },
          {
            path: "/eu/sessoes",
            lazy: async () => {
              const { Sessions } = await import("./pages/Sessions");
              return { Component: () => <RequireLogin>{() => <Sessions />}</RequireLogin> };
            },
          },
          {
            path: "/eu/fatura",
            lazy: async () => {
              const { InvoiceDetailsPage } = await import("@/features/invoices");
              return {
                Component: () => <RequireLogin>{() => <InvoiceDetailsPage />}</RequireLogin>,
              };
            },
          },
          {
            path: "/eu/ecras",
            lazy: async () => {
              const { ScreensPage } = await import("@/features/profile");
              return {
                Component: () => (
                  <RequireLogin>{(user) => <ScreensPage user={user} />}</RequireLogin>
                ),
              };
            },
          },
          {
            path: "/eu/rosto",
            lazy: async () => {
              const { FacePage } = await import("@/features/face");
              return { Component: () => <RequireLogin>{() => <FacePage />}</RequireLogin> };
            },
          },
          {
            path: "/eu/acessos",
            lazy: async () => {
              const { AccessesPage } = await import("@/features/profile");
              return { Component: () => <RequireLogin>{() => <AccessesPage />}</RequireLogin> };
            },
          },
          {
            path: "/eu/apagar",
            lazy: async () => {
              const { Erase } = await import("./pages/Erase");
              return { Component: () => <RequireLogin>{() => <Erase />}</RequireLogin> };
            },
          },
          {
            path: "/conta-apagada",
            lazy: async () => {
              const { Erased } = await import("./pages/Erased");
              return { Component: Erased };
            },
          },
          { path: "*", Component: Missing },
        ],
      },
    ],
  },
];
