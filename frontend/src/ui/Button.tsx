import type { ReactNode, Ref } from "react";
import {
  Button as AriaButton,
  Link as AriaLink,
  type ButtonProps as AriaButtonProps,
  type LinkProps as AriaLinkProps,
} from "react-aria-components";
import { classes } from "./classes";
import { Spinner } from "./Spinner";
import styles from "./Button.module.css";

export type ButtonVariant = "pine" | "terra" | "quiet" | "plain" | "danger";

interface Look {
  variant?: ButtonVariant;
  size?: "small" | "medium" | "large";
  wide?: boolean;
  className?: string;
}

function look({ variant = "pine", size = "medium", wide, className }: Look): string {
  return classes(
    styles.button,
    styles[variant],
    size !== "medium" && styles[size],
    wide && styles.wide,
    className,
  );
}

export interface ButtonProps
  extends Omit<AriaButtonProps, "className" | "children" | "style">, Look {
  children: ReactNode;
  ref?: Ref<HTMLButtonElement>;
}

/**
 * A press does one thing. `terra` is kept for the patient's one committing action on a page. While
 * pending it keeps its place and its focus, and a second press does nothing.
 *
 * (React Aria's own pending state leaves announcements behind that point at a button which may be
 * gone by then; what follows a press is announced by the page.)
 */
export function Button({
  variant,
  size,
  wide,
  className,
  children,
  isPending = false,
  onPress,
  type,
  ...rest
}: ButtonProps) {
  const classNames = look({ variant, size, wide, className });
  return (
    <AriaButton
      {...rest}
      type={isPending ? "button" : type}
      onPress={isPending ? undefined : onPress}
      aria-disabled={isPending || undefined}
      className={isPending ? classes(classNames, styles.pending) : classNames}
    >
      {isPending ? <Spinner /> : null}
      {children}
    </AriaButton>
  );
}

export interface ButtonLinkProps
  extends Omit<AriaLinkProps, "className" | "children" | "style">, Look {
  children: ReactNode;
}

/** A link that looks like a button: it goes somewhere, it does nothing. */
export function ButtonLink({ variant, size, wide, className, children, ...rest }: ButtonLinkProps) {
  return (
    <AriaLink {...rest} className={look({ variant, size, wide, className })}>
      {children}
    </AriaLink>
  );
}
