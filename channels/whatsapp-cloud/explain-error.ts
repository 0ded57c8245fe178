/**
 * Meta's error codes in plain words. The code decides, never the title: Meta rewords titles. The same table explains
 * the answer to `send` and the `failed` status that may follow it.
 */

export interface Explained {
  /** Try again after so many seconds. Absent: it will not get better by itself. */
  readonly laterSeconds?: number;
  readonly words: string;
}

const MINUTE = 60;
const HOUR = 3600;

const TOKEN = 'The access token is no longer valid: an administrator has to enter a new one in the settings.';
const PERMISSION = 'The access token may not do this: it needs the permission whatsapp_business_messaging.';
const BUSY = 'WhatsApp is out of order for the moment.';
const TOO_FAST = 'Too many messages at once: WhatsApp asked to slow down.';
const INVALID = 'WhatsApp did not accept the content of the message.';
const BLOCKED = 'Meta has restricted this WhatsApp account: look into WhatsApp Manager.';
const NOT_REGISTERED = 'The phone number is not ready for sending: finish its registration in WhatsApp Manager.';
const TEMPLATE_CONTENT = 'The variables do not fit the template: compare it with the one in WhatsApp Manager.';

const later = (laterSeconds: number, words: string): Explained => ({ laterSeconds, words });
const never = (words: string): Explained => ({ words });

const KNOWN: ReadonlyMap<number, Explained> = new Map([
  [0, later(5 * MINUTE, TOKEN)],
  [190, later(5 * MINUTE, TOKEN)],
  [3, never(PERMISSION)],
  [10, never(PERMISSION)],
  [131005, never(PERMISSION)],
  [1, later(MINUTE, BUSY)],
  [2, later(MINUTE, BUSY)],
  [131000, later(MINUTE, BUSY)],
  [131016, later(MINUTE, BUSY)],
  [131057, later(10 * MINUTE, 'The WhatsApp account is under maintenance.')],
  [133004, later(MINUTE, BUSY)],
  [4, later(MINUTE, TOO_FAST)],
  [80007, later(MINUTE, TOO_FAST)],
  [130429, later(MINUTE, TOO_FAST)],
  // One message in 6 seconds to the same client, and bursts that have to be made up for.
  [131056, later(MINUTE, 'Too many messages to this client at once: WhatsApp asked to slow down.')],
  // Eases when the quality of the number does, not within minutes; each try counts.
  [131048, later(HOUR, 'WhatsApp limits this number because clients blocked it or reported spam.')],
  [33, never('The phone number of this endpoint no longer exists at Meta.')],
  [100, never(INVALID)],
  [131008, never(INVALID)],
  [131009, never(INVALID)],
  [135000, never(INVALID)],
  [131051, never('WhatsApp does not support this kind of message.')],
  [368, never(BLOCKED)],
  [131031, never(BLOCKED)],
  [130497, never('Meta does not let this account write to clients in this country.')],
  [130472, never('WhatsApp holds back marketing messages to this client as an experiment.')],
  [131021, never('The client has the number of this endpoint: nobody can write to themselves.')],
  [131026, never('The client cannot get the message: no WhatsApp on this number, or a very old version of it.')],
  [131030, never('This is a test number: add the client to its list of recipients (5 at most) first.')],
  [131037, never('The display name of the number is not approved yet: look into WhatsApp Manager.')],
  [131042, never('Meta could not charge for the message: check the payment method in WhatsApp Manager.')],
  [131045, never(NOT_REGISTERED)],
  [133000, never(NOT_REGISTERED)],
  [133010, never(NOT_REGISTERED)],
  [131047, never("More than 24 hours have passed since the client's last message: only a template can be sent now.")],
  [131049, never('WhatsApp held the message back: the client gets too much marketing. Try on another day.')],
  [131050, never('The client does not want marketing messages from this business.')],
  [131052, never('The file could not be downloaded from WhatsApp.')],
  [131053, never('WhatsApp could not take the file: its type or size does not suit.')],
  [131062, never('This kind of message cannot go to a client who hides their phone number.')],
  [132000, never(TEMPLATE_CONTENT)],
  [132012, never(TEMPLATE_CONTENT)],
  [132018, never(TEMPLATE_CONTENT)],
  [132001, never('WhatsApp knows no approved template of this name and language.')],
  [132005, never('The template becomes too long with these variables.')],
  [132007, never("The template breaks WhatsApp's rules: look into WhatsApp Manager.")],
  [132015, never('The template is paused because clients marked it as unwanted.')],
  [132016, never('The template is switched off for good because clients marked it as unwanted.')],
  [137000, never('The client changed their device key: confirm it in WhatsApp first.')],
]);

/** `undefined`: a code that is in no list. */
export function explainError(code: number): Explained | undefined {
  const known = KNOWN.get(code);
  if (known !== undefined) return known;
  if (code >= 200 && code <= 299) return never(PERMISSION);
  if (code >= 132000 && code <= 132999) return never('WhatsApp did not accept the template.');
  return undefined;
}
