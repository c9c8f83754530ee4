import type { ReactNode } from "react";
import { Dialog as AriaDialog, Heading, Modal, ModalOverlay } from "react-aria-components";
import { Button, type ButtonVariant } from "./Button";
import styles from "./Dialog.module.css";

export interface DialogProps {
  title: ReactNode;
  isOpen: boolean;
  onClose: () => void;
  children: ReactNode;
  /** The buttons; the first is the one that goes on. */
  actions?: ReactNode;
  isDismissable?: boolean;
  role?: "dialog" | "alertdialog";
}

/** A sheet from below on a phone, a panel in the middle elsewhere. */
export function Dialog({
  title,
  isOpen,
  onClose,
  children,
  actions,
  isDismissable = true,
  role = "dialog",
}: DialogProps) {
  return (
    <ModalOverlay
      className={styles.overlay}
      isOpen={isOpen}
      isDismissable={isDismissable}
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
    >
      <Modal className={styles.modal}>
        <AriaDialog className={styles.dialog} role={role}>
          <Heading slot="title" level={2} className={styles.title}>
            {title}
          </Heading>
          {children}
          {actions ? <div className={styles.actions}>{actions}</div> : null}
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}

/** Asks once before something that can't be taken back. */
export function ConfirmDialog({
  title,
  isOpen,
  onClose,
  onConfirm,
  confirmLabel,
  keepLabel,
  variant = "terra",
  isPending,
  children,
}: Omit<DialogProps, "actions" | "role"> & {
  onConfirm: () => void;
  confirmLabel: string;
  keepLabel: string;
  variant?: ButtonVariant;
  isPending?: boolean;
}) {
  return (
    <Dialog
      title={title}
      isOpen={isOpen}
      onClose={onClose}
      role="alertdialog"
      actions={
        <>
          <Button variant="quiet" onPress={onClose}>
            {keepLabel}
          </Button>
          <Button variant={variant} onPress={onConfirm} isPending={isPending}>
            {confirmLabel}
          </Button>
        </>
      }
    >
      {children}
    </Dialog>
  );
}
