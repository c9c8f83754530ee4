import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Tab, TabList, TabPanel, Tabs } from "react-aria-components";
import type { BankNotice, MbWayRequest, PaidMoney, SandboxMessage } from "@/lib/api/types";
import { civilDate } from "@/lib/civil";
import { formatMoney, formatTime } from "@/lib/format";
import { problemText } from "@/lib/i18n";
import { formatPhone } from "@/lib/phone";
import { useLanguage } from "@/lib/useLanguage";
import { useServerNow } from "@/lib/useNow";
import { useWords } from "@/lib/useWords";
import { Button, Select } from "@/ui";
import { mbWayQuery, messagesQuery, paidQuery, useAnswerMbWay, useDispute } from "./data";
import { Linked } from "./Linked";
import styles from "./Phone.module.css";

const EVERYBODY = "all";

/** The patient's phone: text messages, the MB WAY app and the bank's. */
export function Phone({ notice }: { notice: BankNotice }) {
  const { t } = useTranslation("sandbox");
  const messages = useQuery(messagesQuery);
  const [owner, setOwner] = useState("");
  const requests = useQuery(mbWayQuery(owner));
  const sms = (messages.data ?? []).filter((message) => message.channel === "sms");
  const numbers = [...new Set([...sms.map((message) => message.to), owner].filter(Boolean))];
  const waiting = requests.data?.filter((request) => request.status === "pending") ?? [];

  return (
    <section className={styles.place} aria-label={t("phone.label")}>
      <div className={styles.owner}>
        <Select
          label={t("phone.whose")}
          value={owner || EVERYBODY}
          onChange={(value) => setOwner(value === EVERYBODY ? "" : value)}
          options={[
            { value: EVERYBODY, label: t("phone.everybody") },
            ...numbers.map((number) => ({ value: number, label: formatPhone(number) })),
          ]}
        />
      </div>
      <div className={styles.device}>
        <div className={styles.screen}>
          <StatusBar />
          <Tabs className={styles.apps}>
            <TabList className={styles.dock} aria-label={t("phone.apps")}>
              <Tab id="sms" className={styles.dockItem}>
                {t("phone.sms")}
              </Tab>
              <Tab id="mbway" className={styles.dockItem}>
                {t("phone.mbway")}
                {waiting.length ? <span className={styles.count}>{waiting.length}</span> : null}
              </Tab>
              <Tab id="bank" className={styles.dockItem}>
                {t("phone.bank")}
              </Tab>
            </TabList>
            <TabPanel id="sms" className={styles.app}>
              <Messages
                messages={sms.filter((message) => !owner || message.to === owner)}
                isDown={messages.isError}
                showOwner={!owner}
              />
            </TabPanel>
            <TabPanel id="mbway" className={styles.app}>
              <MbWay requests={waiting} notice={notice} />
            </TabPanel>
            <TabPanel id="bank" className={styles.app}>
              <Bank notice={notice} />
            </TabPanel>
          </Tabs>
        </div>
      </div>
    </section>
  );
}

function StatusBar() {
  const now = useServerNow(5000);
  return (
    <div className={styles.status} aria-hidden="true">
      <span>{formatTime(now)}</span>
      <span className={styles.notch} />
      <svg width="42" height="14" viewBox="0 0 42 14" fill="currentColor">
        <path d="M0 10h3v4H0zM5 7h3v7H5zM10 4h3v10h-3zM15 0h3v14h-3z" />
        <rect x="22.5" y="1.5" width="16" height="11" rx="3" fill="none" stroke="currentColor" />
        <rect x="24.5" y="3.5" width="10" height="7" rx="1.5" />
      </svg>
    </div>
  );
}

function Messages({
  messages,
  isDown,
  showOwner,
}: {
  messages: readonly SandboxMessage[];
  isDown: boolean;
  showOwner: boolean;
}) {
  const { t } = useTranslation("sandbox");
  const words = useWords();
  return (
    <>
      <h2 className={styles.appTitle}>{t("phone.sms")}</h2>
      {isDown ? (
        <p className={styles.quiet} role="status">
          {t("phone.failed")}
        </p>
      ) : null}
      {messages.length === 0 && !isDown ? <p className={styles.quiet}>{t("phone.empty")}</p> : null}
      <ul className={styles.messages} aria-live="polite">
        {messages.map((message) => (
          <li key={message.id} className={styles.message}>
            <p className={styles.meta}>
              {words.day(civilDate(message.created_at))} {formatTime(message.created_at)}
              {showOwner ? ` · ${t("phone.to", { phone: formatPhone(message.to) })}` : ""}
            </p>
            <p className={styles.bubble}>
              <Linked text={message.body} />
            </p>
          </li>
        ))}
      </ul>
    </>
  );
}

function MbWay({ requests, notice }: { requests: readonly MbWayRequest[]; notice: BankNotice }) {
  const { t } = useTranslation("sandbox");
  return (
    <>
      <h2 className={styles.appTitle}>{t("phone.mbway")}</h2>
      {requests.length === 0 ? <p className={styles.quiet}>{t("mbway.empty")}</p> : null}
      <ul className={styles.requests} aria-live="polite">
        {requests.map((request) => (
          <Request key={request.id} request={request} notice={notice} />
        ))}
      </ul>
    </>
  );
}

function Request({ request, notice }: { request: MbWayRequest; notice: BankNotice }) {
  const { t } = useTranslation("sandbox");
  const language = useLanguage();
  const answer = useAnswerMbWay();
  return (
    <li className={styles.request}>
      <p className={styles.requestTitle}>{t("mbway.ask")}</p>
      <p className={styles.requestAmount}>{formatMoney(request.amount, language)}</p>
      <p className={styles.meta}>
        {t("mbway.to", { phone: formatPhone(request.phone) })} ·{" "}
        {t("mbway.until", { time: formatTime(request.expires_at) })}
      </p>
      {answer.isError ? <p role="alert">{problemText(answer.error)}</p> : null}
      <div className={styles.requestButtons}>
        <Button
          variant="quiet"
          isDisabled={answer.isPending}
          onPress={() => answer.mutate({ id: request.id, action: "refuse", notice })}
        >
          {t("mbway.refuse")}
        </Button>
        <Button
          isDisabled={answer.isPending}
          onPress={() => answer.mutate({ id: request.id, action: "approve", notice })}
        >
          {t("mbway.approve")}
        </Button>
      </div>
    </li>
  );
}

/** What was paid, by whatever means and whoever's phone this is. */
function Bank({ notice }: { notice: BankNotice }) {
  const { t } = useTranslation("sandbox");
  const paid = useQuery(paidQuery);
  return (
    <>
      <h2 className={styles.appTitle}>{t("bank.title")}</h2>
      {paid.data?.length === 0 ? <p className={styles.quiet}>{t("bank.empty")}</p> : null}
      <ul className={styles.requests} aria-live="polite">
        {paid.data?.map((money) => (
          <Paid key={money.transaction_id} money={money} notice={notice} />
        ))}
      </ul>
    </>
  );
}

function Paid({ money, notice }: { money: PaidMoney; notice: BankNotice }) {
  const { t } = useTranslation("sandbox");
  const language = useLanguage();
  const words = useWords();
  const dispute = useDispute();
  return (
    <li className={styles.request}>
      <p className={styles.requestTitle}>
        {t(`bank.${money.method}`)} · {formatMoney(money.amount, language)}
      </p>
      <p className={styles.meta}>
        {words.day(civilDate(money.occurred_at))} {formatTime(money.occurred_at)}
      </p>
      {dispute.isError ? <p role="alert">{problemText(dispute.error)}</p> : null}
      {money.charged_back_at ? (
        <p>{t("bank.disputed")}</p>
      ) : (
        <Button
          variant="quiet"
          isPending={dispute.isPending}
          onPress={() => dispute.mutate({ transaction_id: money.transaction_id, notice })}
        >
          {t("bank.dispute")}
        </Button>
      )}
    </li>
  );
}
