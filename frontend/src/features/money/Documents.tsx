import { useQuery, type UseMutationResult } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { DocumentType, InvoicingRules, PaymentMechanism, Series } from "@/lib/api/types";
import { formatMonthLong } from "@/lib/format";
import { useLanguage } from "@/lib/useLanguage";
import { useRefusal } from "@/lib/useRefusal";
import {
  Awaited,
  Banner,
  Button,
  Dialog,
  DownloadIcon,
  Pill,
  ProblemBanner,
  Select,
  SkeletonList,
  TextField,
  toast,
} from "@/ui";
import {
  rulesQuery,
  seriesQuery,
  today,
  useChangeRules,
  useOpenSeries,
  useSaft,
  useStatement,
  type Period,
} from "./data";
import styles from "./Money.module.css";

const MECHANISMS = ["OU", "TB", "MB"] as const satisfies readonly PaymentMechanism[];
const TYPES = ["FR", "NC"] as const satisfies readonly DocumentType[];

/** How documents are issued, and the file of them for the accountant. */
export function Documents() {
  const { t } = useTranslation(["money", "common"]);
  const rules = useQuery(rulesQuery);
  const series = useQuery(seriesQuery);
  if (!rules.data || !series.data || rules.error || series.error) {
    return (
      <Awaited of={[rules, series]} title={t("load_failed")}>
        <SkeletonList count={4} />
      </Awaited>
    );
  }
  return (
    <>
      <Standing rules={rules.data} series={series.data} />
      <div className={styles.settings}>
        <Rules rules={rules.data} />
        <div className={styles.stack}>
          <SeriesList series={series.data} />
          <Saft />
        </div>
      </div>
    </>
  );
}

function Standing({ rules, series }: { rules: InvoicingRules; series: readonly Series[] }) {
  const { t } = useTranslation("money");
  if (rules.issuer !== "own") {
    return (
      <Banner title={t("documents.others_title", { issuer: rules.issuer })}>
        <p>{t("documents.others_text")}</p>
      </Banner>
    );
  }
  if (rules.certificate_number) {
    return <Banner title={t("documents.certified", { number: rules.certificate_number })} />;
  }
  const year = Number(today().slice(0, 4));
  const real = series.filter((each) => !each.training && each.year === year);
  const steps = [
    { text: t("documents.training_step_1"), isDone: false },
    { text: t("documents.training_step_2"), isDone: rules.can_sign },
    {
      text: t("documents.training_step_3"),
      isDone: TYPES.every((type) => real.some((each) => each.document_type === type)),
    },
    { text: t("documents.training_step_4"), isDone: false },
  ];
  return (
    <Banner tone="amber" title={t("documents.training_title")}>
      <p>{t("documents.training_text")}</p>
      <ol className={styles.steps}>
        {steps.map(({ text, isDone }) => (
          <li key={text}>
            {text} {isDone && <Pill>{t("documents.done")}</Pill>}
          </li>
        ))}
      </ol>
    </Banner>
  );
}

function Rules({ rules }: { rules: InvoicingRules }) {
  const { t } = useTranslation(["money", "common"]);
  const [draft, setDraft] = useState({
    certificate_number: rules.certificate_number,
    producer_name: rules.producer_name,
    producer_tax_id: rules.producer_tax_id,
    mb_way_mechanism: rules.mb_way_mechanism,
  });
  const change = useChangeRules();
  const set = (part: Partial<typeof draft>) => setDraft((now) => ({ ...now, ...part }));
  const refusal = useRefusal(change.error, draft);
  return (
    <section className={styles.panel} aria-labelledby="money-rules">
      <h2 id="money-rules">{t("documents.rules")}</h2>
      <div className={styles.form}>
        <TextField
          label={t("documents.certificate")}
          hint={t("documents.certificate_hint")}
          value={draft.certificate_number}
          onChange={(certificate_number) => set({ certificate_number })}
          inputMode="numeric"
          maxLength={4}
          autoComplete="off"
          error={refusal.at("certificate_number")}
        />
        <TextField
          label={t("documents.producer")}
          value={draft.producer_name}
          onChange={(producer_name) => set({ producer_name })}
          maxLength={200}
          autoComplete="off"
          error={refusal.at("producer_name")}
        />
        <TextField
          label={t("documents.producer_tax_id")}
          value={draft.producer_tax_id}
          onChange={(producer_tax_id) => set({ producer_tax_id })}
          inputMode="numeric"
          autoComplete="off"
          error={refusal.at("producer_tax_id")}
        />
        <Select
          label={`${t("documents.mechanism")}. ${t("documents.mechanism_hint")}`}
          options={MECHANISMS.map((value) => ({
            value,
            label: t(`documents.mechanisms.${value}`),
          }))}
          value={draft.mb_way_mechanism}
          onChange={(value) => set({ mb_way_mechanism: value as PaymentMechanism })}
          error={refusal.at("mb_way_mechanism")}
        />
        <ProblemBanner error={refusal.rest} />
        <Button
          isPending={change.isPending}
          onPress={() =>
            change.mutate(draft, { onSuccess: () => toast({ text: t("documents.saved") }) })
          }
        >
          {t("common:action.save")}
        </Button>
      </div>
    </section>
  );
}

function SeriesList({ series }: { series: readonly Series[] }) {
  const { t } = useTranslation("money");
  const [opening, setOpening] = useState(false);
  return (
    <section className={styles.panel} aria-labelledby="money-series">
      <h2 id="money-series">{t("documents.series")}</h2>
      {series.length === 0 && <p className={styles.quiet}>{t("documents.series_none")}</p>}
      <ul className={styles.series}>
        {series.map((each) => (
          <li key={`${each.document_type} ${each.name}`}>
            <strong>
              {each.document_type} {each.name}
            </strong>
            <span className={styles.quiet}>
              {t(`documents.types.${each.document_type}`)} ·{" "}
              {each.training
                ? t("documents.series_training")
                : t("documents.series_code", { code: each.validation_code })}{" "}
              · {t("documents.series_last", { count: each.last_number })}
            </span>
          </li>
        ))}
      </ul>
      <Button variant="quiet" onPress={() => setOpening(true)}>
        {t("documents.open_series")}
      </Button>
      {opening && <SeriesDialog onClose={() => setOpening(false)} />}
    </section>
  );
}

function SeriesDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation(["money", "common"]);
  const now = Number(today().slice(0, 4));
  const [type, setType] = useState<DocumentType>("FR");
  const [year, setYear] = useState(String(now));
  const [name, setName] = useState(`${now}A`);
  const [code, setCode] = useState("");
  const open = useOpenSeries();
  const refusal = useRefusal(open.error, { name, validation_code: code });

  function submit() {
    open.mutate(
      { document_type: type, name, year: Number(year), validation_code: code },
      {
        onSuccess: () => {
          toast({ text: t("documents.series_opened", { name }) });
          onClose();
        },
      },
    );
  }

  return (
    <Dialog
      title={t("documents.open_series")}
      isOpen
      onClose={onClose}
      isDismissable={false}
      actions={
        <>
          <Button onPress={submit} isPending={open.isPending}>
            {t("documents.open_series")}
          </Button>
          <Button variant="plain" onPress={onClose}>
            {t("common:action.cancel")}
          </Button>
        </>
      }
    >
      <div className={styles.form}>
        <p>{t("documents.open_series_text")}</p>
        <Select
          label={t("documents.type")}
          options={TYPES.map((value) => ({ value, label: t(`documents.types.${value}`) }))}
          value={type}
          onChange={(value) => setType(value as DocumentType)}
        />
        <Select
          label={t("documents.year")}
          options={[now, now + 1].map((each) => ({ value: String(each), label: String(each) }))}
          value={year}
          onChange={setYear}
        />
        <TextField
          label={t("documents.name")}
          hint={t("documents.name_hint")}
          value={name}
          onChange={(text) => setName(text.toUpperCase())}
          maxLength={20}
          autoComplete="off"
          error={refusal.at("name")}
        />
        <TextField
          label={t("documents.code")}
          hint={t("documents.code_hint")}
          value={code}
          onChange={(text) => setCode(text.toUpperCase())}
          maxLength={20}
          autoComplete="off"
          error={refusal.at("validation_code")}
        />
        <ProblemBanner error={refusal.rest} />
      </div>
    </Dialog>
  );
}

const WHOLE = "whole";
const YEARS = 3;

export function Saft() {
  const { t } = useTranslation("money");
  const language = useLanguage();
  const now = Number(today().slice(0, 4));
  const [year, setYear] = useState(String(now));
  const [month, setMonth] = useState(String(Number(today().slice(5, 7))));
  const period = { year: Number(year), month: month === WHOLE ? null : Number(month) };
  const saft = useSaft();
  const statement = useStatement();
  return (
    <section className={styles.panel} aria-labelledby="money-saft">
      <h2 id="money-saft">{t("documents.saft")}</h2>
      <p className={styles.quiet}>{t("documents.saft_text")}</p>
      <div className={styles.pair}>
        <Select
          label={t("documents.year")}
          options={Array.from({ length: YEARS }, (_, back) => ({
            value: String(now - back),
            label: String(now - back),
          }))}
          value={year}
          onChange={setYear}
        />
        <Select
          label={t("documents.saft_month")}
          options={[
            { value: WHOLE, label: t("documents.saft_whole") },
            ...Array.from({ length: 12 }, (_, before) => ({
              value: String(before + 1),
              label: formatMonthLong(`${year}-${String(before + 1).padStart(2, "0")}-01`, language),
            })),
          ]}
          value={month}
          onChange={setMonth}
        />
      </div>
      <Download period={period} file={saft}>
        {t("documents.saft_get")}
      </Download>
      <p className={styles.quiet}>{t("documents.statement_text")}</p>
      <Download period={period} file={statement}>
        {t("documents.statement_get")}
      </Download>
    </section>
  );
}

function Download({
  period,
  file,
  children,
}: {
  period: Period;
  file: UseMutationResult<void, Error, Period>;
  children: string;
}) {
  return (
    <>
      <Button variant="quiet" isPending={file.isPending} onPress={() => file.mutate(period)}>
        {!file.isPending && <DownloadIcon />}
        {children}
      </Button>
      <ProblemBanner error={file.error} />
    </>
  );
}
