import { m } from '../paraglide/messages.js';

const REASONS: Readonly<Record<string, () => string>> = {
  'no-answer': m.sent_no_answer,
  interrupted: m.sent_interrupted,
  'no-channel': m.sent_no_channel,
  'too-large': m.sent_too_large,
  'gave-up': m.sent_gave_up,
};

/** Why a message did not go out. The house's own words are translated; a provider's are shown as they came. */
export const sendReason = (reason: string): string => REASONS[reason]?.() ?? reason;
