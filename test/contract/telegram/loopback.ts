import type { Loopback } from '../loopback.ts';
import { bytes } from '../stand-ins.ts';
import { BotApi, type Mischief, TOKEN } from './bot-api.ts';

const HERE = bytes('A plan of the flat, план квартиры');

/** What each misbehaviour looks like at Telegram. */
const MISCHIEF: Readonly<Record<'later' | 'refuse' | 'lose-answer', Mischief>> = {
  later: {
    method: 'sendMessage',
    code: 429,
    description: 'Too Many Requests: retry after 7',
    parameters: { retry_after: 7 },
  },
  refuse: { method: 'sendMessage', code: 403, description: 'Forbidden: bot was blocked by the user' },
  'lose-answer': { method: 'sendMessage', loseAnswer: true },
};

export async function openTelegram(): Promise<Loopback> {
  const api = await new BotApi().open();
  api.files.set('here', { path: 'documents/file 1.txt', bytes: HERE });
  let updateId = 700_000_000;
  return {
    settings: { botToken: TOKEN, apiRoot: api.apiRoot },
    to: { reach: { chatId: 111222333 } },
    got: () =>
      api.sent.map(({ payload, file }) => ({
        text: String(payload.text ?? payload.caption ?? ''),
        files: file === undefined ? [] : [{ name: file.name, bytes: file.bytes }],
      })),
    misbehave: (how) => void api.mischief.push(MISCHIEF[how]),
    files: {
      here: { name: 'plan.txt', ref: { fileId: 'here' } },
      bytes: HERE,
      gone: { name: 'gone.txt', ref: { fileId: 'gone' } },
    },
    arrive: async (text) => {
      updateId += 1;
      const person = { id: 111222333, first_name: 'Ivan' };
      api.push({
        update_id: updateId,
        message: {
          message_id: updateId - 700_000_000,
          from: { ...person, is_bot: false },
          chat: { ...person, type: 'private' },
          date: 1_767_225_600,
          text,
        },
      });
    },
    carries: ({ body }, text) => new TextDecoder().decode(body).includes(`"text":${JSON.stringify(text)}`),
    drop: async () => api.drop(),
    close: () => api.close(),
  };
}
