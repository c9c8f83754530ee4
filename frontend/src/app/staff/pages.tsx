import { useMe } from "@/features/auth";
import { AgendaPage } from "@/features/queue/AgendaPage";
import { TodayPage } from "@/features/queue/TodayPage";

// They stand within the shell, which shows a page only to somebody whom it knows.

export function Today() {
  const me = useMe().data;
  return me ? <TodayPage me={me} /> : null;
}

export function Agenda() {
  const me = useMe().data;
  return me ? <AgendaPage me={me} /> : null;
}
