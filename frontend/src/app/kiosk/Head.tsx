import type { ReactNode } from "react";
import { TilePattern } from "@/ui";

export function Head({ name, children }: { name: string; children?: ReactNode }) {
  return (
    <header className="head">
      <TilePattern tile={72} />
      <p className="head-name">{name}</p>
      {children}
    </header>
  );
}
