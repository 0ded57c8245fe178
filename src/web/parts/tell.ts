import { notifications } from '@mantine/notifications';
import { m } from '../paraglide/messages.js';
import { problemWords } from './problem-words.ts';

const show = (color: string, message: string, title?: string): void => {
  notifications.show({ color, message, title, closeButtonProps: { 'aria-label': m.close() } });
};

export const tellDone = (message: string): void => show('tide', message);
export const tellNotice = (message: string, title?: string): void => show('amber', message, title);
export const tellProblem = (error: unknown): void => show('red', problemWords(error));
