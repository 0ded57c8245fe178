import '../app/form-styles.ts';
import { Modal, type ModalProps } from '@mantine/core';
import { m } from '../paraglide/messages.js';

/** Mantine's modal with a named close button. */
export function Dialog(props: ModalProps) {
  return <Modal {...props} closeButtonProps={{ 'aria-label': m.close() }} />;
}
